"""OpenID Connect identities: which account they lead to, and whose they never open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kb.bootstrap import Kb
from kb.errors import InvalidAccount, NotSignedIn
from kb.services.identities import Claims
from kb.values import OPERATOR, NewAccount
from tests.support import people
from tests.support.people import PASSWORD

ANNA = Claims(
    issuer="https://id.example", subject="42", email="Anna@comune.example", email_verified=True, name="Anna V."
)


def test_somebody_new_gets_a_members_account_and_finds_it_again(kb: Kb) -> None:
    first = kb.identities.account(ANNA)
    assert (first.role, first.name, first.verified) == ("member", "Anna V.", True)
    # Her address at the provider may change or lose its confirmation: the subject is what counts.
    moved = replace(ANNA, email="other@comune.example", email_verified=False)
    assert kb.identities.account(moved).account_id == first.account_id


def test_an_address_both_sides_confirmed_leads_to_the_account_that_is_there(kb: Kb) -> None:
    anna = people.add(kb, "curator", "anna")
    assert kb.identities.account(ANNA).account_id == anna.account_id


def test_an_address_the_provider_has_not_confirmed_opens_nothing(kb: Kb) -> None:
    people.add(kb, "curator", "anna")
    for claims in (replace(ANNA, email_verified=False), replace(ANNA, email="")):
        with pytest.raises(NotSignedIn) as refused:
            kb.identities.account(claims)
        assert refused.value.facts["why"] == "address-unconfirmed"
    with pytest.raises(InvalidAccount):
        kb.identities.account(replace(ANNA, email="no address"))
    assert len(kb.accounts.list()) == 1


def test_an_account_that_was_never_confirmed_here_is_not_taken_over(kb: Kb) -> None:
    """Whoever prepared it, with a password of his own, would have her data."""
    kb.accounts.add(NewAccount(email=ANNA.email, password=PASSWORD))
    with pytest.raises(NotSignedIn) as refused:
        kb.identities.account(ANNA)
    assert refused.value.facts["why"] == "account-unconfirmed"


def test_the_same_subject_of_another_provider_is_somebody_else(kb: Kb) -> None:
    first = kb.identities.account(ANNA)
    other = replace(ANNA, issuer="https://other.example", email="bea@comune.example")
    assert kb.identities.account(other).account_id != first.account_id


def test_a_closed_account_stays_closed(kb: Kb) -> None:
    account = kb.identities.account(ANNA)
    kb.accounts.disable(account.account_id, OPERATOR)
    with pytest.raises(NotSignedIn) as refused:
        kb.identities.account(ANNA)
    assert refused.value.facts["why"] == "closed"
