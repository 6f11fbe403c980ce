"""Changes of a record's state, and what they mean for what can be found."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.db import feed
from kb.db.entities import Document, Passage, Record, now
from kb.errors import InvalidState, NotFound
from kb.services import decisions, revisions
from kb.values import OPERATOR, Reader

MOVES = {
    "draft": {"submitted", "published"},
    "submitted": {"draft", "returned", "rejected", "published"},
    "returned": {"submitted", "published"},
    "rejected": {"returned"},
    "published": {"withdrawn", "archived"},
    "withdrawn": {"published", "archived"},
    "archived": {"published"},
}
"""State → the states a record may go to from it."""


def move(session: Session, record_id: int, state: str, reader: Reader = OPERATOR, why: str = "") -> Record:
    """Change a record's state; its passages are found from, or gone by, the same commit.

    Who may do so is for the caller to know. The change is kept as a version and in the log of decisions.

    Raises:
        NotFound: there is no such record.
        InvalidState: the record cannot go there from where it is; an amendment is accepted, never published itself.
    """
    record = session.get(Record, record_id)
    if record is None:
        raise NotFound(f"There is no record {record_id}.", record=record_id)
    if state not in MOVES[record.state]:
        allowed = ", ".join(sorted(MOVES[record.state]))
        raise InvalidState(f"Record {record_id} is {record.state}: it can only become {allowed}.", record=record_id)
    if state == "published" and record.amends_id is not None:
        raise InvalidState(f"Record {record_id} amends another one: accept it there instead.", record=record_id)
    before, record.state = record.state, state
    stamp(record)
    revisions.keep(session, record, reader, why)
    decisions.log(session, reader, state, "record", record_id, before=before, version=record.version)
    announce(session, record)
    return record


def stamp(record: Record) -> None:
    """Note when a record came into the state it is in, where that counts."""
    if record.state == "submitted":
        record.submitted_at = now()
    if record.state == "published":
        record.published_at = record.published_at or now()


def announce(session: Session, record: Record) -> None:
    """Put all passages of a record on the feed again, after its state or its title changed."""
    ids = passage_ids(session, record.id)
    session.flush()
    feed.renew(session, ids, live=record.state == "published")


def passage_ids(session: Session, record_id: int) -> list[int]:
    """Ids of all passages of a record, ascending."""
    chosen = select(Passage.id).join(Document).where(Document.record_id == record_id).order_by(Passage.id)
    return list(session.execute(chosen).scalars())


def remove(session: Session, record_id: int) -> None:
    """Delete a record with its documents; raises `NotFound` when there is none."""
    record = session.get(Record, record_id)
    if record is None:
        raise NotFound(f"There is no record {record_id}.", record=record_id)
    feed.forget(session, passage_ids(session, record_id))
    # The database deletes what hangs on the record; relationships are never loaded by accident.
    session.execute(delete(Record).where(Record.id == record_id))
