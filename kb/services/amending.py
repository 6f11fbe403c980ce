"""Proposed changes of published records: records of their own until they are accepted into the one they amend."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kb.db.entities import Document, Record
from kb.errors import InvalidState, NotFound
from kb.files import Files
from kb.services import decisions, publishing, revisions, working
from kb.services.catalog import RECORD_TYPE
from kb.services.describing import describe
from kb.services.fields import COLUMNS, PROVISIONAL, check
from kb.services.revisions import stated
from kb.values import Reader

WAITING = (*working.OPEN, "submitted")
"""States of an amendment that nobody has decided on."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an amendment is accepted, and the version of the amended record that the curator has looked at.

    Without one it is the version that the amendment set out from.
    """

    why: str = ""
    version: int | None = None


def begin(session: Session, record: Record, reader: Reader) -> int:
    """The reader's open amendment of a published record, else a new one: its fields are the record's, it has no files.

    Raises:
        InvalidState: the record is not published.
    """
    if record.state != "published":
        raise InvalidState(f"Record {record.id} is {record.state}: it is corrected itself.", record=record.id)
    mine = Record.submitter_id.is_(None) if reader.account_id is None else Record.submitter_id == reader.account_id
    known = select(Record.id).where(Record.amends_id == record.id, Record.state.in_(WAITING), mine)
    if (open_one := session.execute(known).scalar()) is not None:
        return open_one
    amendment = Record(
        key=working.new_key(),
        state="draft",
        submitter_id=reader.account_id,
        amends_id=record.id,
        amends_version=record.version,
        year=record.year,
        details=deepcopy(record.details),
        **{name: getattr(record, name) for name in COLUMNS},
    )
    session.add(amendment)
    describe(session, amendment)
    revisions.keep(session, amendment, reader)
    decisions.log(session, reader, "amendment-begun", "record", record.id, amendment=amendment.id)
    return amendment.id


def changes(session: Session, amendment: Record) -> dict[str, Any]:
    """The fields that an amendment states otherwise than the version it set out from."""
    base = _base(session, amendment)
    mine = stated(amendment)
    return {name: mine.get(name) for name in {**base, **mine} if mine.get(name) != base.get(name)}


def accept(session: Session, files: Files, amendment: Record, reader: Reader, reason: Reason) -> Record:
    """Let an amendment go into the record it amends: what it changed, and its files, with their passages.

    What was changed in the record meanwhile, and not in the amendment, stays. Returns the amended record.

    Raises:
        InvalidState: it is no amendment, or none that waits for a decision.
        Outdated: the record was changed since the version that the amendment, or the reason, names.
        InvalidFields: both changes together break the rules.
    """
    if amendment.amends_id is None or amendment.state not in WAITING:
        raise InvalidState(f"Record {amendment.id} is no amendment that waits.", record=amendment.id)
    record = session.get(Record, amendment.amends_id)
    if record is None:
        raise NotFound(f"The record that {amendment.id} amends is gone.", record=amendment.amends_id)
    seen = reason.version if reason.version is not None else amendment.amends_version
    revisions.require_version(record, seen or 0)
    changed = changes(session, amendment)
    settled = set(record.details.get(PROVISIONAL, ())) - set(amendment.details.get(PROVISIONAL, ()))
    working.put(session, files, record, check({**stated(record), **changed}), {*changed, *settled})
    _move_documents(session, amendment, record)
    revisions.keep(session, record, reader, reason.why)
    _close(session, amendment, record, reader)
    publishing.announce(session, record)
    return record


def _base(session: Session, amendment: Record) -> Mapping[str, Any]:
    return revisions.fields_of(session, amendment.amends_id or 0, amendment.amends_version or 0)


def _move_documents(session: Session, amendment: Record, record: Record) -> None:
    """Give the record the amendment's files but for those it has already."""
    session.flush()
    there = select(Document.sha256).where(Document.record_id == record.id)
    own = (Document.record_id == amendment.id) & (Document.media_type != RECORD_TYPE)
    known = list(session.execute(there).scalars())
    moved = update(Document).where(own, Document.sha256.not_in(known)).values(record_id=record.id)
    session.execute(moved.execution_options(synchronize_session=False))
    session.expire_all()


def _close(session: Session, amendment: Record, record: Record, reader: Reader) -> None:
    before, amendment.state, amendment.merged_into_id = amendment.state, "archived", record.id
    revisions.keep(session, amendment, reader)
    facts = {"amendment": amendment.id, "version": record.version}
    decisions.log(session, reader, "amendment-accepted", "record", record.id, **facts)
    decisions.log(session, reader, "archived", "record", amendment.id, before=before, version=amendment.version)
