"""A person's own data: all of it in one file, and its erasure (GDPR, articles 15, 17 and 20)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.editorial import Assessment, Event, Feedback, Remark, Revision
from kb.db.entities import Collection, Entity, Record, now
from kb.db.people import Account, Identity, Message, SavedSearch, SignIn, Token
from kb.services import accounts, decisions, publishing, rights
from kb.values import Reader

OWNED: tuple[type[SignIn | Token | Identity | Message | SavedSearch], ...] = (
    SignIn,
    Token,
    Identity,
    Message,
    SavedSearch,
)
"""What exists for the person alone, and goes with her."""

TOLD: Mapping[str, tuple[type[Entity], str, tuple[str, ...]]] = {
    "sessions": (SignIn, "account_id", ("agent", "created_at", "seen_at", "expires_at")),
    "tokens": (Token, "account_id", ("name", "scopes", "created_at", "expires_at", "used_at", "revoked_at")),
    "identities": (Identity, "account_id", ("issuer", "subject", "created_at")),
    "letters": (Message, "account_id", ("subject", "created_at", "sent_at")),
    "saved_searches": (SavedSearch, "account_id", ("name", "address", "frequency", "created_at", "mailed_at")),
    "collections": (Collection, "owner_id", ("key", "title", "visibility", "created_at")),
    "records": (Record, "submitter_id", ("id", "key", "title", "state", "created_at", "submitted_at", "published_at")),
    "remarks": (Remark, "account_id", ("record_id", "at", "text")),
    "assessments": (Assessment, "account_id", ("record_id", "version", "at", "answers")),
    "versions": (Revision, "account_id", ("record_id", "number", "at", "why")),
    "decisions": (Event, "account_id", ("at", "action", "subject", "subject_id", "facts")),
}
"""Section of the file → table, whose column names her, and what is told of each row; never a secret or its hash."""

ACCOUNT = (
    "email",
    "name",
    "organisation",
    "role",
    "language",
    "preferences",
    "created_at",
    "verified_at",
    "disabled_at",
)


class PersonalData:
    """Hands out and erases what is kept of a person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def export(self, account_id: int, by: Reader) -> dict[str, Any]:
        """All that is kept of a person, as plain values; raises `NotAllowed` when she is somebody else."""
        rights.require_own(by, account_id)
        with self._database.read() as session:
            account = accounts.existing(session, account_id)
            own = {name: _plain(getattr(account, name)) for name in ACCOUNT}
            rows = {section: _rows(session, account_id, *told) for section, told in TOLD.items()}
            reported = select(Feedback).where(_reported_by(account.email))
            feedback = [{"at": _plain(one.at), "text": one.text} for one in session.execute(reported).scalars()]
            return {"account": own, **rows, "reports": feedback}

    def erase(self, account_id: int, by: Reader) -> None:
        """Empty an account for good.

        What was published stays, without her name; what never was, and what only she could see, goes. Her number stays
        in the log of decisions and means nobody any more.

        Raises:
            NotAllowed: she is somebody else.
            InvalidAccount: she is the last administrator.
        """
        rights.require_own(by, account_id)
        with self._database.write() as session:
            account = accounts.existing(session, account_id)
            accounts.require_another(session, account)
            _forget_works(session, account_id)
            session.execute(update(Feedback).where(_reported_by(account.email)).values(contact=None))
            for table in OWNED:
                session.execute(delete(table).where(table.account_id == account_id))
            _empty(account)
            decisions.log(session, by, "account-erased", "account", account_id)


def _forget_works(session: Session, account_id: int) -> None:
    hers = Record.submitter_id == account_id
    never = select(Record.id).where(hers, Record.published_at.is_(None), Record.state != "published")
    for record_id in session.execute(never).scalars().all():
        publishing.remove(session, record_id)
    session.execute(update(Record).where(hers).values(submitter_id=None))
    session.execute(update(Record).where(Record.assignee_id == account_id).values(assignee_id=None))
    session.execute(delete(Collection).where(Collection.owner_id == account_id, Collection.visibility == "private"))
    session.execute(update(Collection).where(Collection.owner_id == account_id).values(owner_id=None))


def _empty(account: Account) -> None:
    account.email = account.password_hash = account.verified_at = None
    account.name = account.organisation = ""
    account.preferences = {}
    account.role = "member"
    account.erased_at = account.disabled_at = now()


def _reported_by(email: str | None) -> ColumnElement[bool]:
    return func.lower(Feedback.contact) == (email or "")


def _rows(session: Session, account_id: int, table: Any, owner: str, told: tuple[str, ...]) -> list[dict[str, Any]]:
    chosen = select(table).where(getattr(table, owner) == account_id)
    return [{name: _plain(getattr(row, name)) for name in told} for row in session.execute(chosen).scalars()]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
