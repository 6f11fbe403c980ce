"""Accounts: who gets in, who does not, and sessions that end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from kb.bootstrap import Kb
from kb.db.editorial import Event
from kb.db.entities import now
from kb.db.people import Account, SignIn
from kb.errors import InvalidAccount, NotAllowed, NotFound, NotSignedIn
from kb.values import OPERATOR, NewAccount
from tests.support import people
from tests.support.people import PASSWORD


def test_a_person_gets_in_with_her_own_password_only(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    assert kb.accounts.authenticate(" Anna@Comune.example ", PASSWORD).account_id == anna.account_id
    for email, password in ((anna.email, PASSWORD + "x"), ("nobody@comune.example", PASSWORD), (anna.email, "")):
        with pytest.raises(NotSignedIn):
            kb.accounts.authenticate(email, password)


def test_a_refused_sign_in_is_logged_by_number_alone(kb: Kb, caplog: pytest.LogCaptureFixture) -> None:
    anna = people.add(kb, "member", "anna")
    for email in (anna.email, "nobody@comune.example"):
        with pytest.raises(NotSignedIn):
            kb.accounts.authenticate(email, "hunter2 hunter2")
    assert [one.getMessage() for one in caplog.records] == [
        f"A sign-in was refused: account {anna.account_id}",
        "A sign-in was refused: account unknown",
    ]


def test_an_address_that_is_not_confirmed_does_not_get_in(kb: Kb) -> None:
    kb.accounts.add(NewAccount(email="new@comune.example", password=PASSWORD))
    with pytest.raises(NotSignedIn):
        kb.accounts.authenticate("new@comune.example", PASSWORD)


def test_the_password_is_kept_as_an_argon2id_hash(kb: Kb) -> None:
    people.add(kb, "member")
    with kb.database.read() as session:
        kept = session.execute(select(Account.password_hash)).scalar_one()
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


@pytest.mark.parametrize("email", ["", "no address", "a@", "@b.example", "a@b@c.example", "a" * 300 + "@b.example"])
def test_what_is_no_address_is_refused(kb: Kb, email: str) -> None:
    with pytest.raises(InvalidAccount):
        kb.accounts.add(NewAccount(email=email))


def test_an_address_has_one_account_however_it_is_written(kb: Kb) -> None:
    people.add(kb, "member", "anna")
    with pytest.raises(InvalidAccount, match="already"):
        kb.accounts.add(NewAccount(email="ANNA@comune.example"))


@pytest.mark.parametrize("password", ["short", "x" * 129])
def test_a_password_too_short_or_too_long_is_refused(kb: Kb, password: str) -> None:
    with pytest.raises(InvalidAccount):
        kb.accounts.add(NewAccount(email="a@comune.example", password=password))
    assert list(kb.accounts.list()) == []


def test_a_session_ends_when_she_signs_out_is_away_too_long_or_is_closed_out(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    out, away, closed = (kb.accounts.sign_in(anna.account_id) for _ in range(3))
    assert kb.accounts.signed_in(out) == kb.accounts.view(anna.account_id)
    kb.accounts.sign_out(out)
    assert kb.accounts.signed_in(out) is None
    with kb.database.write() as session:
        first = select(SignIn.id).order_by(SignIn.id).limit(1)
        gone = now() - timedelta(seconds=1)
        session.execute(update(SignIn).where(SignIn.id == first.scalar_subquery()).values(expires_at=gone))
    assert kb.accounts.signed_in(away) is None
    assert kb.accounts.signed_in(closed) is not None
    kb.accounts.disable(anna.account_id, OPERATOR)
    assert kb.accounts.signed_in(closed) is None
    with pytest.raises(NotSignedIn):
        kb.accounts.authenticate(anna.email, PASSWORD)


def test_only_an_administrator_gives_roles_and_one_always_stays(kb: Kb) -> None:
    boss, anna = people.add(kb, "administrator"), people.add(kb, "member", "anna")
    for role in ("member", "contributor", "curator"):
        with pytest.raises(NotAllowed):
            kb.accounts.set_role(anna.account_id, "curator", people.add(kb, role, f"a-{role}").reader)
    kb.accounts.set_role(anna.account_id, "curator", boss.reader)
    assert kb.accounts.view(anna.account_id).role == "curator"
    for refuse in (
        lambda: kb.accounts.set_role(boss.account_id, "member", boss.reader),
        lambda: kb.accounts.disable(boss.account_id, boss.reader),
    ):
        with pytest.raises(InvalidAccount, match="last administrator"):
            refuse()
    with pytest.raises(NotFound):
        kb.accounts.set_role(999, "member", boss.reader)


def test_the_log_of_decisions_can_only_grow(kb: Kb) -> None:
    people.add(kb, "member")
    for statement in ("UPDATE event SET action = 'nothing'", "DELETE FROM event"):
        with pytest.raises(DatabaseError, match="append-only"), kb.database.write() as session:
            session.connection().exec_driver_sql(statement)
    with kb.database.read() as session:
        assert [one.action for one in session.execute(select(Event)).scalars()] == ["account-added"]
