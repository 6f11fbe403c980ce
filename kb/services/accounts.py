"""Accounts: who people are, how they sign in, and what they may do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import now
from kb.db.people import Account, SignIn
from kb.errors import InvalidAccount, NotFound, NotSignedIn
from kb.services import decisions, letters, passwords, rights
from kb.services.decisions import EventView
from kb.services.secrets import digest, fresh
from kb.values import OPERATOR, AccountView, Letter, NewAccount, Reader, Role
from kb.wording import letter

log = logging.getLogger(__name__)

STAYS = timedelta(days=14)
"""How long a browser stays signed in after it was last seen."""

SEEN_EVERY = timedelta(minutes=5)
"""A browser's last use is noted no more often than this."""


WISH = "wishes"
"""Where an account's preferences keep the role that a person asked for."""


SEARCHED = (Account.email, Account.name, Account.organisation)


class Accounts:
    """Keeps the people who may sign in."""

    def __init__(self, database: Database, site: str = "") -> None:
        self._database = database
        self._site = site

    def add(self, new: NewAccount, by: Reader = OPERATOR) -> AccountView:
        """Open an account.

        Raises:
            InvalidAccount: the address is none or taken, the password too short, or there is no such role.
        """
        try:
            with self._database.write() as session:
                return view(opened(session, new, by))
        except IntegrityError as error:
            raise InvalidAccount(f"There is an account for {new.email} already.", why="taken") from error

    def list(self, text: str = "", role: Role | None = None) -> Sequence[AccountView]:
        """The accounts that were not erased, by address: those whose name, address or organisation has `text` in it."""
        chosen = select(Account).where(Account.erased_at.is_(None))
        if text:
            chosen = chosen.where(or_(*(one.icontains(text, autoescape=True) for one in SEARCHED)))
        if role is not None:
            chosen = chosen.where(Account.role == role)
        with self._database.read() as session:
            return tuple(view(row) for row in session.execute(chosen.order_by(Account.email)).scalars())

    def find(self, email: str) -> AccountView:
        """The account of an address; raises `NotFound` when there is none."""
        with self._database.read() as session:
            return view(_ofaddress(session, email))

    def view(self, account_id: int) -> AccountView:
        """One account; raises `NotFound` when there is none."""
        with self._database.read() as session:
            return view(existing(session, account_id))

    def events(self, account_id: int, by: Reader) -> Sequence[EventView]:
        """What a person did and what was done with her account; raises `NotAllowed` unless `by` administers."""
        rights.require(by, "administer")
        with self._database.read() as session:
            return decisions.of_account(session, account_id)

    def set_role(self, account_id: int, role: Role, by: Reader) -> None:
        """Give an account another role.

        Raises:
            NotAllowed: `by` is no administrator.
            InvalidAccount: there is no such role, or she would be the last administrator to give hers up.
        """
        rights.require(by, "administer")
        with self._database.write() as session:
            account = existing(session, account_id)
            if role != "administrator":
                require_another(session, account)
            before, account.role = account.role, _role(role)
            account.preferences = {name: kept for name, kept in account.preferences.items() if name != WISH}
            decisions.log(session, by, "account-role", "account", account_id, before=before, after=role)
            if before != role and account.verified_at is not None:
                self._tell(session, account)

    def _tell(self, session: Session, account: Account) -> None:
        facts = {"name": account.name or account.email, "account": f"{self._site}/account"}
        subject, body = letter("account.role", account.language, **facts)
        letters.write(session, Letter(account_id=account.id, subject=subject, body=body))

    def disable(self, account_id: int, by: Reader, *, disabled: bool = True) -> None:
        """Close an account, and end its sessions, or open it again; raises as `set_role` does."""
        rights.require(by, "administer")
        with self._database.write() as session:
            account = existing(session, account_id)
            if disabled:
                require_another(session, account)
            account.disabled_at = now() if disabled else None
            if disabled:
                session.execute(delete(SignIn).where(SignIn.account_id == account_id))
            decisions.log(session, by, "account-disabled" if disabled else "account-enabled", "account", account_id)

    def authenticate(self, email: str, password: str) -> AccountView:
        """The account that address and password belong to; raises `NotSignedIn` with one sentence for every reason."""
        with self._database.read() as session:
            account = session.execute(select(Account).where(Account.email == email.strip().lower())).scalar()
        # The time it takes must not tell whether there is such an account.
        known = account.password_hash if account is not None and account.password_hash else passwords.nobody()
        if not passwords.matches(known, password) or account is None or account.disabled_at or not account.verified_at:
            log.warning("A sign-in was refused: account %s", "unknown" if account is None else account.id)
            raise NotSignedIn("Address and password do not belong together, or the address is not confirmed yet.")
        return view(account)

    def sign_in(self, account_id: int, *, agent: str = "") -> str:
        """Begin a session; returns the secret its cookie holds, of which only a hash is kept."""
        secret = fresh()
        with self._database.write() as session:
            existing(session, account_id)
            begun = SignIn(
                account_id=account_id, token_hash=digest(secret), agent=agent[:200], expires_at=now() + STAYS
            )
            session.add(begun)
        return secret

    def signed_in(self, secret: str) -> AccountView | None:
        """Who holds a session's secret; None when it has ended, or the account was closed."""
        chosen = select(SignIn, Account).join(Account, Account.id == SignIn.account_id)
        alive = (SignIn.token_hash == digest(secret)) & (SignIn.expires_at > now()) & Account.disabled_at.is_(None)
        with self._database.read() as session:
            row = session.execute(chosen.where(alive)).first()
        if row is None:
            return None
        if row.SignIn.seen_at < now() - SEEN_EVERY:
            self._see(row.SignIn.id)
        return view(row.Account)

    def _see(self, sign_in_id: int) -> None:
        with self._database.write() as session:
            if (seen := session.get(SignIn, sign_in_id)) is not None:
                seen.seen_at, seen.expires_at = now(), now() + STAYS

    def sign_out(self, secret: str) -> None:
        """End a session; one that has ended already is no error."""
        with self._database.write() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == digest(secret)))


def reader(account: AccountView | None) -> Reader:
    """The reader that an account makes; without one, a visitor."""
    return Reader() if account is None else Reader(role=account.role, account_id=account.account_id)


def opened(session: Session, new: NewAccount, by: Reader) -> Account:
    """Open an account within a transaction; raises as `Accounts.add` does, `IntegrityError` for an address taken."""
    account = _account(new)
    session.add(account)
    session.flush()
    decisions.log(session, by, "account-added", "account", account.id, role=new.role)
    return account


def existing(session: Session, account_id: int) -> Account:
    """The account of an id; raises `NotFound` when there is none, or it was erased."""
    account = session.get(Account, account_id)
    if account is None or account.erased_at is not None:
        raise NotFound(f"There is no account {account_id}.", account=account_id)
    return account


def view(row: Account) -> AccountView:
    """An account as pages and commands show it."""
    return AccountView(
        account_id=row.id,
        email=row.email or "",
        name=row.name,
        organisation=row.organisation,
        role=row.role,  # type: ignore[arg-type]
        language=row.language,
        verified=row.verified_at is not None,
        disabled=row.disabled_at is not None,
        preferences=row.preferences,
        created_at=row.created_at,
    )


def _account(new: NewAccount) -> Account:
    return Account(
        email=address(new.email),
        name=" ".join(new.name.split())[:120],
        organisation=" ".join(new.organisation.split())[:250],
        role=_role(new.role),
        language=new.language,
        password_hash=None if new.password is None else passwords.hashed(new.password, new.email, new.name),
        verified_at=now() if new.verified else None,
    )


def address(email: str) -> str:
    """An address as it is kept; raises `InvalidAccount` when it is none."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidAccount(
            f"'{email}' is no e-mail address; write one such as ufficio@comune.example.", why="no-address"
        ) from error


def _role(role: str) -> str:
    if role not in rights.LADDER[1:]:
        raise InvalidAccount(f"'{role}' is no role; there are: {', '.join(rights.LADDER[1:])}.", role=role)
    return role


def _ofaddress(session: Session, email: str) -> Account:
    found = session.execute(select(Account).where(Account.email == email.strip().lower())).scalar()
    if found is None:
        raise NotFound(f"There is no account for '{email}'; 'kb user list' lists them.", email=email)
    return found


def require_another(session: Session, account: Account) -> None:
    """Raise `InvalidAccount` when an account is the last administrator's that is open."""
    if account.role != "administrator":
        return
    others = select(Account.id).where(
        Account.role == "administrator", Account.disabled_at.is_(None), Account.id != account.id
    )
    if session.execute(others).first() is None:
        raise InvalidAccount("She is the last administrator: make somebody else one first.", why="last")
