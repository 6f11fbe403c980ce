"""What everything that changes a record by hand shares: finding it for its reader, and putting fields in."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db.entities import Record
from kb.errors import NotFound
from kb.files import Files
from kb.services import rights, uploads
from kb.services.catalog import possible
from kb.services.describing import describe
from kb.services.fields import COLUMNS, INTERNAL, LEFT_EMPTY, PROVISIONAL, RecordFields, check, details, year
from kb.services.revisions import stated
from kb.services.visibility import visible_to
from kb.values import Reader

OPEN = ("draft", "returned")
"""States in which a record lies with its submitter."""

STATES = {"submit": OPEN, "discard": OPEN, "take-back": ("submitted",), "amend": ("published",)}
"""Action → the states it makes sense in, whoever may take it."""

ACTIONS = ("edit", "submit", "discard", "take-back", "amend", "compare-versions", "review")


def found(session: Session, record_id: int, reader: Reader, action: str) -> Record:
    """The record, for one who may take an action on it.

    Raises:
        NotFound: there is none, or the reader may not know of it.
        NotAllowed: she may know of it, but not do this.
    """
    chosen = select(Record).where(Record.id == possible(record_id), visible_to(reader))
    record = session.execute(chosen).scalar()
    if record is None:
        raise NotFound(f"There is no record {record_id}; 'kb list' lists what there is.", record=record_id)
    rights.require(reader, action, record)
    return record


def actions(record: Record, reader: Reader) -> frozenset[str]:
    """What a reader may do with a record as it is now."""
    fitting = (one for one in ACTIONS if record.state in STATES.get(one, (record.state,)))
    able = {one for one in fitting if rights.may(reader, one, record)}
    if record.state == "published" and reader.account_id is not None and record.submitter_id == reader.account_id:
        able.add("ask-withdrawal")
    return frozenset(able)


def new_key() -> str:
    """A key that tells nothing and that nobody else has."""
    return f"r-{secrets.token_hex(8)}"


def begun(fields: RecordFields, reader: Reader, key: str | None = None) -> Record:
    """A draft of those fields, to be added to a session."""
    columns = {name: getattr(fields, name) for name in COLUMNS}
    return Record(
        key=key or new_key(),
        state="draft",
        submitter_id=reader.account_id,
        year=year(fields),
        details=details(fields),
        **columns,
    )


def changed(record: Record, changes: Mapping[str, Any]) -> RecordFields:
    """All that a record states after some changes; raises `InvalidFields` where that breaks the rules."""
    return check({**stated(record), **changes})


def put(session: Session, files: Files, record: Record, fields: RecordFields, names: Collection[str]) -> None:
    """Let a record state these fields; `names` are those that somebody has now stated, whatever proposed them."""
    was = record.details.get(PROVISIONAL, ())
    kept = {name: record.details[name] for name in INTERNAL if name in record.details}
    kept[PROVISIONAL] = [name for name in was if name not in names]
    emptied = [name for name in was if name in names and not getattr(fields, name)]
    still = [name for name in record.details.get(LEFT_EMPTY, ()) if not getattr(fields, name)]
    kept[LEFT_EMPTY] = [*still, *(name for name in emptied if name not in still)]
    for name in COLUMNS:
        setattr(record, name, getattr(fields, name))
    record.year = year(fields)
    record.details = {**details(fields), **{name: value for name, value in kept.items() if value}}
    describe(session, record)
    if record.amends_id is None:
        uploads.describe_anew(session, files, record, stated(record))
