"""Versions of a record: what it said after each change, by whom and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.db.editorial import Revision
from kb.db.entities import Document, Record
from kb.errors import NotFound, Outdated
from kb.services.catalog import RECORD_TYPE
from kb.services.fields import COLUMNS, INTERNAL
from kb.values import Reader

FILES = "files"
"""Key under which a version names the files that were handed in with the record."""


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


def fields_of(session: Session, record_id: int, number: int) -> dict[str, Any]:
    """The fields that a version stated, without its state and files; raises `NotFound` where there is none."""
    whole = version_of(session, record_id, number).fields
    return {name: value for name, value in whole.items() if name not in ("state", FILES)}


def version_of(session: Session, record_id: int, number: int) -> Revision:
    """A version of a record; raises `NotFound` where there is none."""
    chosen = select(Revision).where(Revision.record_id == record_id, Revision.number == number)
    found = session.execute(chosen).scalar()
    if found is None:
        raise NotFound(f"Record {record_id} has no version {number}.", record=record_id, version=number)
    return found


def _files(session: Session, record: Record) -> list[str]:
    own = select(Document.name).where(Document.record_id == record.id, Document.container_id.is_(None))
    names = session.execute(own.where(Document.media_type != RECORD_TYPE).order_by(Document.id)).scalars()
    return list(names)


def keep(session: Session, record: Record, reader: Reader, why: str = "") -> None:
    """Keep the record as it is now as its next version; whoever changes a record calls this in the same session."""
    session.flush()
    last = session.execute(select(func.max(Revision.number)).where(Revision.record_id == record.id)).scalar()
    record.version = 1 if last is None else max(last, record.version) + 1
    fields = {"state": record.state, FILES: _files(session, record), **stated(record)}
    session.add(
        Revision(record_id=record.id, number=record.version, account_id=reader.account_id, fields=fields, why=why)
    )
    session.flush()
