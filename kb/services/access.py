"""How people come to their account: registering, being invited, choosing a password by a link that works once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import now
from kb.db.people import Account
from kb.errors import InvalidLink, NotSignedIn
from kb.services import accounts, decisions, letters, passwords
from kb.services.secrets import digest
from kb.services.sessions import end_others
from kb.values import AccountView, Letter, NewAccount, Reader
from kb.wording import letter

Purpose = Literal["invited", "reset"]

LASTS: dict[Purpose, timedelta] = {"invited": timedelta(days=7), "reset": timedelta(hours=2)}
"""How long a link works; it also ends when the password it was made for has changed."""

LETTER_EVERY = timedelta(minutes=10)
"""No more than one letter with a link is written to a person in this time, however often it is asked for."""


class Access:
    """Opens accounts and their passwords; `key` signs the links, `site` is what they begin with."""

    def __init__(self, database: Database, key: Callable[[], str], site: str) -> None:
        self._database = database
        self._key = key
        self._site = site

    def register(self, new: NewAccount, *, wishes_to_hand_in: bool = False) -> None:
        """Open an account of a member and write her the link to its password; what happened is told by letter alone.

        Nobody's password is taken here: an account is confirmed and used only by whoever reads the letter, so that
        nobody can prepare one for an address that is not theirs.

        Raises:
            InvalidAccount: the address is none.
        """
        email = accounts.address(new.email)
        with self._database.write() as session:
            account = session.execute(select(Account).where(Account.email == email)).scalar()
            if account is None:
                member = NewAccount(email=email, name=new.name, organisation=new.organisation, language=new.language)
                account = accounts.opened(session, member, Reader())
                account.preferences = {accounts.WISH: "contributor"} if wishes_to_hand_in else {}
            if account.verified_at is None:
                self._write_link(session, account, "invited")
            elif account.disabled_at is None:
                self._write(session, account, "account.known", "day", sign_in=f"{self._site}/sign-in")

    def invite(self, account_id: int) -> str:
        """Write to somebody whose account was opened for her, and return the link for whoever opened it."""
        with self._database.write() as session:
            account = accounts.existing(session, account_id)
            self._write_link(session, account, "invited")
            return self._link(account, "invited")

    def forgotten(self, email: str) -> None:
        """Write a link to a new password, if there is such an account; the caller cannot tell."""
        with self._database.write() as session:
            chosen = select(Account).where(Account.email == email.strip().lower(), Account.disabled_at.is_(None))
            account = session.execute(chosen).scalar()
            if account is not None:
                self._write_link(session, account, "invited" if account.verified_at is None else "reset")

    def link(self, account_id: int) -> str:
        """A link to a new password, for an operator to hand on."""
        with self._database.read() as session:
            account = accounts.existing(session, account_id)
            return self._link(account, "invited" if account.verified_at is None else "reset")

    def holder(self, token: str) -> AccountView:
        """Whose password a link opens; raises `InvalidLink` when it is wrong, was used, or is too old."""
        with self._database.read() as session:
            return accounts.view(self._account(session, token))

    def choose(self, token: str, password: str) -> AccountView:
        """Set the password a link opens, confirm the address it was sent to, and end every session.

        Raises:
            InvalidLink: it is wrong, was used, or is too old.
            InvalidAccount: the password is none that is taken.
        """
        with self._database.write() as session:
            account = self._account(session, token)
            account.verified_at = account.verified_at or now()
            _set(session, account, password, "")
            decisions.log(session, _herself(account), "password-chosen", "account", account.id)
            return accounts.view(account)

    def change(self, account_id: int, old: str, new: str, *, keep: str) -> None:
        """Change a password, end every session but that of the secret `keep`, and write to her that it was changed.

        Raises:
            NotSignedIn: the old password is wrong.
            InvalidAccount: the new one is none that is taken.
        """
        with self._database.write() as session:
            account = accounts.existing(session, account_id)
            if not passwords.matches(account.password_hash or passwords.nobody(), old):
                raise NotSignedIn("The old password is not right.")
            _set(session, account, new, keep)
            decisions.log(session, _herself(account), "password-changed", "account", account.id)
            self._write(session, account, "account.password-changed", "", forgotten=f"{self._site}/forgotten")

    def _write_link(self, session: Session, account: Account, purpose: Purpose) -> None:
        lasts = LASTS[purpose]
        facts = {"link": self._link(account, purpose), "days": lasts.days, "hours": lasts.seconds // 3600}
        self._write(session, account, f"account.{purpose}", "minutes", **facts)

    def _write(self, session: Session, account: Account, key: str, every: str, **facts: object) -> None:
        """Queue a letter; `every` says how often it may be written: once a `day`, in some `minutes`, or always."""
        subject, body = letter(key, account.language, name=account.name or account.email, **facts)
        moment = now()
        slot = {"day": f"{moment:%Y%m%d}", "minutes": str(int(moment.timestamp() // LETTER_EVERY.total_seconds()))}
        once = f"{key}:{account.id}:{slot[every]}" if every else None
        letters.write(session, Letter(account_id=account.id, subject=subject, body=body, key=once))

    def _link(self, account: Account, purpose: Purpose) -> str:
        token = self._signer().dumps([account.id, purpose, _state(account)])
        return f"{self._site}/password/{token}?lang={account.language}"

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._key(), salt="agora21.password", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def _account(self, session: Session, token: str) -> Account:
        try:
            (account_id, purpose, state), signed = self._signer().loads(token, return_timestamp=True)
        except BadData as error:
            raise InvalidLink("This link is not whole; copy all of it from the letter.", why="wrong") from error
        account = session.get(Account, account_id)
        if account is None or account.disabled_at is not None or state != _state(account):
            raise InvalidLink("This link was used already; ask for another one.", why="used")
        if signed + LASTS[purpose] < now():
            raise InvalidLink("This link is too old; ask for another one.", why="old")
        return account


def _set(session: Session, account: Account, password: str, keep: str) -> None:
    about = (account.email or "", account.name, account.organisation)
    account.password_hash = passwords.hashed(password, *about)
    end_others(session, account.id, keep)


def _herself(account: Account) -> Reader:
    return Reader(account_id=account.id)


def _state(account: Account) -> str:
    """Changes with the password, and with the address: links made for another one end."""
    return digest(f"{account.email}\n{account.password_hash}\n{account.verified_at is not None}")[:16]
