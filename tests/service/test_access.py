"""Coming to an account by letter: links that work once, tell nothing, and end with the password."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from kb.bootstrap import Kb
from kb.db.people import Account, Message
from kb.errors import InvalidAccount, InvalidLink, NotSignedIn
from kb.services import access
from kb.values import OPERATOR, NewAccount
from tests.support import people
from tests.support.people import PASSWORD

ANOTHER = "un treno verde in ritardo"


def written(kb: Kb) -> list[str]:
    with kb.database.read() as session:
        return list(session.execute(select(Message.body).order_by(Message.id)).scalars())


def token(link: str) -> str:
    found = re.search(r"/password/([^?\s]+)\?lang=", link)
    assert found
    return found[1]


def test_whoever_registers_chooses_her_password_by_the_letter(kb: Kb) -> None:
    kb.access.register(NewAccount(email="Anna@Comune.example", name="Anna", role="curator", language="fr"))
    account = kb.accounts.find("anna@comune.example")
    assert (account.role, account.verified) == ("member", False)
    (body,) = written(kb)
    assert body.startswith("Bonjour Anna")
    assert kb.access.holder(token(body)).email == "anna@comune.example"
    kb.access.choose(token(body), PASSWORD)
    assert kb.accounts.authenticate("anna@comune.example", PASSWORD).verified


def test_a_password_prepared_for_somebody_elses_address_opens_nothing(kb: Kb) -> None:
    kb.access.register(NewAccount(email="anna@comune.example", password=PASSWORD, verified=True))
    with pytest.raises(NotSignedIn):
        kb.accounts.authenticate("anna@comune.example", PASSWORD)


def test_registering_an_address_again_changes_nothing_and_writes_to_its_owner(kb: Kb) -> None:
    anna = people.add(kb, "curator", "anna")
    for _ in range(3):
        kb.access.register(NewAccount(email=anna.email, name="Mallory"))
    assert kb.accounts.view(anna.account_id).name == "anna"
    (body,) = written(kb)
    assert "/password/" not in body


def test_a_link_works_once_and_ends_every_session(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    secret = kb.accounts.sign_in(anna.account_id)
    kb.access.forgotten(" ANNA@comune.example")
    (body,) = written(kb)
    kb.access.choose(token(body), ANOTHER)
    assert kb.accounts.signed_in(secret) is None
    assert kb.accounts.authenticate(anna.email, ANOTHER)
    for use in (lambda: kb.access.choose(token(body), PASSWORD), lambda: kb.access.holder(token(body))):
        with pytest.raises(InvalidLink) as refused:
            use()
        assert refused.value.facts["why"] == "used"


def test_a_link_ends_when_the_password_was_changed_otherwise(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    link = kb.access.link(anna.account_id)
    kb.access.change(anna.account_id, PASSWORD, ANOTHER, keep="")
    with pytest.raises(InvalidLink):
        kb.access.choose(token(link), PASSWORD)


def test_a_link_that_is_old_cut_or_forged_opens_nothing(kb: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = people.add(kb, "member", "anna")
    good = token(kb.access.link(anna.account_id))
    other = access.Access(kb.database, lambda: "another key", "")
    for wrong in (good[:-3], "x", "", token(other.link(anna.account_id))):
        with pytest.raises(InvalidLink):
            kb.access.choose(wrong, ANOTHER)
    real = access.now
    monkeypatch.setattr(access, "now", lambda: real() + access.LASTS["reset"] + timedelta(seconds=5))
    with pytest.raises(InvalidLink) as refused:
        kb.access.choose(good, ANOTHER)
    assert refused.value.facts["why"] == "old"


def test_nobody_can_have_a_person_flooded_with_letters(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    for _ in range(5):
        kb.access.forgotten(anna.email)
    kb.access.forgotten("nobody@comune.example")
    assert len(written(kb)) in (1, 2)  # two where ten minutes ended in between


def test_a_closed_account_gets_no_link_and_an_old_one_opens_nothing(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    link = kb.access.link(anna.account_id)
    kb.accounts.disable(anna.account_id, OPERATOR)
    kb.access.forgotten(anna.email)
    kb.access.register(NewAccount(email=anna.email))
    assert written(kb) == []
    with pytest.raises(InvalidLink):
        kb.access.choose(token(link), ANOTHER)


def test_changing_the_password_needs_the_old_one_and_keeps_only_this_session(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    here, there = kb.accounts.sign_in(anna.account_id), kb.accounts.sign_in(anna.account_id)
    with pytest.raises(NotSignedIn):
        kb.access.change(anna.account_id, "wrong password indeed", ANOTHER, keep=here)
    with pytest.raises(InvalidAccount):
        kb.access.change(anna.account_id, PASSWORD, "short", keep=here)
    assert kb.accounts.signed_in(there) is not None
    kb.access.change(anna.account_id, PASSWORD, ANOTHER, keep=here)
    assert kb.accounts.signed_in(here) is not None
    assert kb.accounts.signed_in(there) is None
    assert "/forgotten" in written(kb)[0]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("undici-cars", "too-short"),
        ("x" * 129, "too-long"),
        ("passwordpassword", "common"),
        ("Password123456!", "common"),
        ("P4ssw0rd!2024?", "common"),
        ("Benvenuto2024!", "common"),
        ("qwertyuiopasdf", "common"),
        ("123456789012345", "common"),
        ("abababababab", "common"),
        ("aaaaaaaaaaaaaaa", "common"),
        ("comune di roma 2024", "common"),
        ("anna.verdi-2024!", "about-you"),
        ("AnnaVerdiAnnaVerdi1", "about-you"),
    ],
)
def test_passwords_that_are_tried_first_are_refused(kb: Kb, password: str, why: str) -> None:
    with pytest.raises(InvalidAccount) as refused:
        kb.accounts.add(NewAccount(email="anna.verdi@pesaro.example", name="Anna Verdi", password=password))
    assert refused.value.facts["why"] == why


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "kX9#vL2$qT7!", "la nonna va in comune a piedi", "ö" * 4 + "ab ßzñé kq"],
)
def test_other_passwords_are_taken_whatever_they_are_made_of(kb: Kb, password: str) -> None:
    kb.accounts.add(NewAccount(email="anna@pesaro.example", name="Anna", password=password, verified=True))
    assert kb.accounts.authenticate("anna@pesaro.example", password)


def test_the_wish_to_hand_in_is_kept_until_a_role_is_given(kb: Kb) -> None:
    kb.access.register(NewAccount(email="anna@comune.example"), wishes_to_hand_in=True)
    account = kb.accounts.find("anna@comune.example")
    assert account.preferences == {"wishes": "contributor"}
    kb.accounts.set_role(account.account_id, "contributor", OPERATOR)
    assert kb.accounts.view(account.account_id).preferences == {}


def test_a_new_role_is_told_by_letter(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    kb.accounts.set_role(anna.account_id, "contributor", OPERATOR)
    kb.accounts.set_role(anna.account_id, "contributor", OPERATOR)
    assert len(written(kb)) == 1
    with kb.database.read() as session:
        assert session.execute(select(Account.role).where(Account.id == anna.account_id)).scalar() == "contributor"
