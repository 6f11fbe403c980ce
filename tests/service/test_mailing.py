"""Letters: sent once, tried again later each time, and never with a password in the open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from kb.bootstrap import Kb
from kb.db.entities import now
from kb.db.people import Message
from kb.services import letters, mailing
from kb.services.mailing import DELAYS, UNDER_WAY, Mailing
from kb.smtp import Smtp
from kb.values import OPERATOR, Letter
from kb.worker import Worker
from tests.support import people
from tests.support.mail import Mailbox, mail_server
from tests.support.tiny import tiny_kb


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def kb(tmp_path: Path, box: Mailbox) -> Iterator[Kb]:
    """A product that hands its letters to `box`."""
    built = tiny_kb(tmp_path, smtp_url=f"smtp://127.0.0.1:{box.port}", public_url="https://buone.example.it")
    yield built
    built.close()


def write(kb: Kb, person: people.Person, key: str | None = None, subject: str = "Città") -> bool:
    with kb.database.write() as session:
        letter = Letter(account_id=person.account_id, subject=subject, body="Perché no?\n.\nFine\n", key=key)
        return letters.write(session, letter)


def message(kb: Kb) -> Message:
    with kb.database.read() as session:
        return session.execute(select(Message)).scalar_one()


def make_due(kb: Kb) -> None:
    with kb.database.write() as session:
        session.execute(update(Message).values(due_at=now() - timedelta(seconds=1)))


def test_a_letter_is_sent_once_and_its_body_is_not_kept(kb: Kb, box: Mailbox) -> None:
    anna = people.add(kb, "member", "anna")
    assert write(kb, anna, key="once")
    assert not write(kb, anna, key="once")
    assert Worker(kb).send_due() == 1
    assert Worker(kb).send_due() == 0
    (letter,) = box.letters
    assert (letter["To"], letter["Subject"]) == ("anna <anna@comune.example>", "Città")
    assert letter["From"] == "Agorà 21 <agora21@buone.example.it>"
    assert letter.get_content() == "Perché no?\n.\nFine\n"
    assert message(kb).body == ""
    assert not write(kb, anna, key="once")


def test_without_a_mail_server_letters_stay(tmp_path: Path) -> None:
    kb = tiny_kb(tmp_path / "other")
    write(kb, people.add(kb, "member"))
    assert not kb.mailing.able
    assert not kb.mailing.one()
    assert [one.state for one in kb.mailing.waiting()] == ["waiting"]
    kb.close()


def test_a_letter_that_is_not_taken_is_tried_later_each_time_and_given_up(kb: Kb, box: Mailbox) -> None:
    write(kb, people.add(kb, "member"))
    box.refuse["RCPT"] = "451 greylisted"
    waits = []
    for _ in range(len(DELAYS) + 1):
        make_due(kb)
        assert kb.mailing.one()
        assert not kb.mailing.one()
        waits.append(round((message(kb).due_at - now()).total_seconds() / 60))
    assert waits[: len(DELAYS)] == list(DELAYS)
    make_due(kb)
    assert not kb.mailing.one()
    (view,) = kb.mailing.waiting()
    assert (view.state, view.failure) == ("given-up", "451 greylisted")
    box.refuse.clear()
    kb.mailing.try_again(view.letter_id)
    assert kb.mailing.one()
    assert len(box.letters) == 1


def test_an_address_that_does_not_exist_is_tried_once(kb: Kb, box: Mailbox) -> None:
    write(kb, people.add(kb, "member"))
    box.refuse["RCPT"] = "550 no such person"
    assert kb.mailing.one()
    make_due(kb)
    assert not kb.mailing.one()
    assert kb.mailing.waiting()[0].state == "given-up"


def test_a_letter_whose_sender_died_is_not_sent_twice(kb: Kb, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    write(kb, people.add(kb, "member"))

    def die(*_: object) -> None:
        raise SystemExit  # the process ends after the server took the letter and before that is noted

    monkeypatch.setattr(mailing, "_note", die)
    with pytest.raises(SystemExit):
        kb.mailing.one()
    monkeypatch.undo()
    make_due(kb)
    assert not kb.mailing.one()
    assert len(box.letters) == 1
    assert message(kb).failure == UNDER_WAY
    assert kb.mailing.waiting()[0].state == "under-way"


def test_the_same_letter_has_the_same_id_at_every_attempt(kb: Kb, box: Mailbox) -> None:
    """Where the answer is lost the letter may arrive twice, and its receiver can tell."""
    write(kb, people.add(kb, "member"))
    box.refuse["(letter)"] = "hang up"
    assert kb.mailing.one()
    box.refuse.clear()
    make_due(kb)
    kb.mailing._rests_until = 0
    assert kb.mailing.one()
    assert len({letter["Message-ID"] for letter in box.letters}) == 1
    assert len(box.letters) == 2


def test_a_server_that_is_away_is_left_alone_for_a_while(kb: Kb, box: Mailbox) -> None:
    anna = people.add(kb, "member")
    write(kb, anna)
    write(kb, anna)
    box.refuse["EHLO"] = box.refuse["HELO"] = "hang up"
    assert Worker(kb).send_due() == 1
    assert len([one for one in box.commands if one.upper().startswith("EHLO")]) == 1


def test_nothing_is_mailed_to_a_closed_account(kb: Kb, box: Mailbox) -> None:
    anna = people.add(kb, "member", "anna")
    write(kb, anna)
    kb.accounts.disable(anna.account_id, OPERATOR)
    Worker(kb).send_due()
    assert box.letters == []


def test_a_name_cannot_add_headers(kb: Kb, box: Mailbox) -> None:
    people.add(kb, "member", "anna")
    write(kb, people.add(kb, "member", "anna"), subject="One\r\nBcc: spam@evil.example")
    Worker(kb).send_due()
    assert box.letters[0]["Bcc"] is None
    assert box.letters[0]["Subject"] == "One Bcc: spam@evil.example"


def test_the_password_travels_only_encrypted_and_to_a_server_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(tls=tmp_path) as box:
        kb = tiny_kb(tmp_path)
        address = f"smtp+starttls://kb:s%40fe@localhost:{box.port}"
        write(kb, people.add(kb, "member"))
        stranger = Mailing(kb.database, Smtp(address), "kb@localhost")
        assert stranger.one()
        assert "CERTIFICATE_VERIFY_FAILED" in (message(kb).failure or "")
        assert box.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        make_due(kb)
        assert Mailing(kb.database, Smtp(address), "kb@localhost").one()
        assert box.logins == ["\0kb\0s@fe"]
        assert len(box.letters) == 1
        kb.close()


def test_a_server_without_tls_gets_no_letter_where_tls_is_asked_for(kb: Kb, box: Mailbox) -> None:
    write(kb, people.add(kb, "member"))
    assert Mailing(kb.database, Smtp(f"smtp+starttls://kb:safe@localhost:{box.port}"), "kb@localhost").one()
    assert box.letters == []
    assert not any("AUTH" in one.upper() for one in box.commands)


def test_a_worker_sends_letters_beside_its_other_work(kb: Kb, box: Mailbox) -> None:
    import threading
    import time

    write(kb, people.add(kb, "member"))
    worker = Worker(kb)
    thread = threading.Thread(target=worker.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not box.letters and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert len(box.letters) == 1
