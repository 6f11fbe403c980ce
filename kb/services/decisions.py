"""The log of decisions and of administration: written in the transaction it tells of, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from kb.db.editorial import Event
from kb.db.people import Account
from kb.values import Reader


def log(session: Session, reader: Reader, action: str, subject: str, subject_id: int | None, **facts: object) -> None:
    """Add what `reader` did; `facts` must hold no personal data, for they stay when hers are erased."""
    session.add(
        Event(account_id=reader.account_id, action=action, subject=subject, subject_id=subject_id, facts={**facts})
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An entry of the log; `account_id` is whose act it was, None for the command line and for the site itself.

    `name` is what she is called, empty once her account is erased.
    """

    at: datetime
    account_id: int | None
    name: str
    action: str
    subject: str
    subject_id: int | None
    facts: Mapping[str, Any]


def of_account(session: Session, account_id: int, limit: int = 100) -> tuple[EventView, ...]:
    """What a person did and what was done with her account, the newest first."""
    about = (Event.subject == "account") & (Event.subject_id == account_id)
    named = func.coalesce(func.nullif(Account.name, ""), Account.email, "")
    chosen = select(Event, named).outerjoin(Account, Account.id == Event.account_id)
    chosen = chosen.where(or_(Event.account_id == account_id, about)).order_by(Event.id.desc()).limit(limit)
    return tuple(_view(row, name) for row, name in session.execute(chosen))


def _view(row: Event, name: str) -> EventView:
    return EventView(
        at=row.at,
        account_id=row.account_id,
        name=name,
        action=row.action,
        subject=row.subject,
        subject_id=row.subject_id,
        facts=row.facts,
    )
