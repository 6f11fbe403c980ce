"""Versions of a record: what it said after each change, by whom and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.db.editorial import Revision
from kb.db.entities import Record
from kb.errors import Outdated
from kb.services.fields import COLUMNS, INTERNAL
from kb.values import Reader


def stated(record: Record) -> dict[str, Any]:
    """All that is stated of a record, by the names of the fields it is handed in with."""
    columns = {name: getattr(record, name) for name in COLUMNS}
    return {**columns, **{name: value for name, value in record.details.items() if name not in INTERNAL}}


def require_version(record: Record, version: int) -> None:
    """Raise `Outdated` when somebody changed the record since `version` was read."""
    if record.version != version:
        raise Outdated(
            f"Record {record.id} was changed by somebody else in the meantime: "
            "look at what is new, then make your change again.",
            record=record.id,
            found=record.version,
        )


def keep(session: Session, record: Record, reader: Reader, why: str = "") -> None:
    """Keep the record as it is now as its next version; whoever changes a record calls this in the same session."""
    session.flush()
    last = session.execute(select(func.max(Revision.number)).where(Revision.record_id == record.id)).scalar()
    record.version = 1 if last is None else max(last, record.version) + 1
    fields = {"state": record.state, **stated(record)}
    session.add(
        Revision(record_id=record.id, number=record.version, account_id=reader.account_id, fields=fields, why=why)
    )
    session.flush()
