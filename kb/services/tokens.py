"""Keys with which programs act for a person, within scopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import now
from kb.db.people import Account, Token
from kb.errors import InvalidAccount, NotFound
from kb.services import accounts, decisions, rights
from kb.services.secrets import digest, fresh
from kb.values import AccountView, Reader

PREFIX = "agora21_"
"""Begins every key, so that programs that look for leaked ones can tell ours."""

LONGEST_NAME = 120
MOST_DAYS = 366
MOST_KEYS = 50
USED_EVERY = timedelta(minutes=5)
"""A key's last use is noted no more often than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A key as its owner sees it; `expires` is None for one that does not end by itself."""

    token_id: int
    name: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None
    used: datetime | None
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who a key acts for, and within which scopes."""

    account: AccountView
    scopes: frozenset[str]

    @property
    def reader(self) -> Reader:
        """Who she is to the services while a program acts for her."""
        return Reader(role=self.account.role, account_id=self.account.account_id, scopes=self.scopes)


class Tokens:
    """Makes, lists and takes back keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, account_id: int, name: str, scopes: Sequence[str], by: Reader, *, days: int | None = 90) -> str:
        """Make a key and return it, the only time it can be seen; `days` None makes one that does not end by itself.

        Raises:
            NotAllowed: it is for somebody else, and `by` is no administrator.
            InvalidAccount: a scope is none, or goes beyond her role; the key has no name; or she has too many.
        """
        rights.require_own(by, account_id)
        name = " ".join(name.split())[:LONGEST_NAME]
        if not name or (days is not None and not 1 <= days <= MOST_DAYS):
            raise InvalidAccount(f"A key needs a name, and 1 to {MOST_DAYS} days.", why="no-name")
        secret = PREFIX + fresh()
        with self._database.write() as session:
            account = accounts.existing(session, account_id)
            wanted = rights.scopes_for(accounts.view(account).role, scopes)
            if len(_alive(session, account_id)) >= MOST_KEYS:
                raise InvalidAccount(f"{MOST_KEYS} keys are enough: take one back first.", why="too-many")
            until = None if days is None else now() + timedelta(days=days)
            token = Token(
                account_id=account_id, name=name, secret_hash=digest(secret), scopes=sorted(wanted), expires_at=until
            )
            session.add(token)
            session.flush()
            decisions.log(session, by, "token-made", "account", account_id, token=token.id, scopes=sorted(wanted))
        return secret

    def of(self, account_id: int) -> Sequence[TokenView]:
        """Her keys that were not taken back, the newest first."""
        chosen = select(Token).where(Token.account_id == account_id, Token.revoked_at.is_(None))
        with self._database.read() as session:
            return tuple(_view(row) for row in session.execute(chosen.order_by(Token.id.desc())).scalars())

    def revoke(self, account_id: int, token_id: int, by: Reader) -> None:
        """Take a key back for good; raises `NotFound` when she has none of that number."""
        rights.require_own(by, account_id)
        with self._database.write() as session:
            token = session.get(Token, token_id)
            if token is None or token.account_id != account_id:
                raise NotFound(f"There is no key {token_id}.", token=token_id)
            token.revoked_at = token.revoked_at or now()
            decisions.log(session, by, "token-revoked", "account", account_id, token=token_id)

    def bearer(self, secret: str) -> Bearer | None:
        """Who a key acts for; None when there is no such key, it has ended, or her account is closed."""
        chosen = select(Token, Account).join(Account, Account.id == Token.account_id)
        alive = (Token.secret_hash == digest(secret)) & Token.revoked_at.is_(None) & Account.disabled_at.is_(None)
        with self._database.read() as session:
            row = session.execute(chosen.where(alive, Account.erased_at.is_(None))).first()
        if row is None or not row.Account.verified_at or _over(row.Token):
            return None
        if row.Token.used_at is None or row.Token.used_at < now() - USED_EVERY:
            self._use(row.Token.id)
        view = accounts.view(row.Account)
        return Bearer(account=view, scopes=rights.allowed_scopes(view.role) & frozenset(row.Token.scopes))

    def _use(self, token_id: int) -> None:
        with self._database.write() as session:
            if (token := session.get(Token, token_id)) is not None:
                token.used_at = now()


def _alive(session: Session, account_id: int) -> list[Token]:
    rows = session.execute(select(Token).where(Token.account_id == account_id, Token.revoked_at.is_(None))).scalars()
    return [row for row in rows if not _over(row)]


def _over(token: Token) -> bool:
    return token.expires_at is not None and token.expires_at <= now()


def _view(row: Token) -> TokenView:
    return TokenView(
        token_id=row.id,
        name=row.name,
        scopes=tuple(row.scopes),
        created=row.created_at,
        expires=row.expires_at,
        used=row.used_at,
        ended=_over(row),
    )
