"""Who a person is at an OpenID Connect provider, and which account that makes her here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.people import Account, Identity
from kb.errors import NotSignedIn
from kb.services import accounts, decisions
from kb.values import AccountView, NewAccount, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a provider vouches for; `subject` is its own name for her, which never changes (OIDC Core 5.7)."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    language: str = "it"


class Identities:
    """Leads from a provider's name for a person to her account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, claims: Claims) -> AccountView:
        """Her account: the one this identity has, else the one of her address, else a new one of a member.

        An address leads to an account that is there only where both sides have confirmed it: whoever may name any
        address at the provider, or opened an account here for one that is not theirs, gets into nobody else's.

        Raises:
            NotSignedIn: her account is closed, or `why` says what the address lacks.
        """
        with self._database.write() as session:
            account = _known(session, claims) or _by_address(session, claims) or _new(session, claims)
            if account.disabled_at is not None:
                raise NotSignedIn("This account is closed.", why="closed")
            return accounts.view(account)


def _known(session: Session, claims: Claims) -> Account | None:
    chosen = select(Account).join(Identity, Identity.account_id == Account.id)
    same = (Identity.issuer == claims.issuer) & (Identity.subject == claims.subject)
    return session.execute(chosen.where(same)).scalar()


def _by_address(session: Session, claims: Claims) -> Account | None:
    if not claims.email or not claims.email_verified:
        raise NotSignedIn("The provider has not confirmed an e-mail address of hers.", why="address-unconfirmed")
    email = accounts.address(claims.email)
    account = session.execute(select(Account).where(Account.email == email)).scalar()
    if account is None:
        return None
    if account.verified_at is None:
        raise NotSignedIn("The account of this address was never confirmed here.", why="account-unconfirmed")
    _link(session, account, claims)
    return account


def _new(session: Session, claims: Claims) -> Account:
    new = NewAccount(email=claims.email, name=claims.name, verified=True, language=claims.language)
    account = accounts.opened(session, new, Reader())
    _link(session, account, claims)
    return account


def _link(session: Session, account: Account, claims: Claims) -> None:
    session.add(Identity(account_id=account.id, issuer=claims.issuer, subject=claims.subject))
    decisions.log(session, Reader(account_id=account.id), "identity-linked", "account", account.id)
