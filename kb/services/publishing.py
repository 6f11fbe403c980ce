"""Changes of a record's state, and what they mean for what can be found."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.db import feed
from kb.db.entities import Document, Passage, Record
from kb.errors import InvalidState, NotFound

MOVES = {
    "draft": {"submitted", "published"},
    "submitted": {"returned", "published"},
    "returned": {"submitted", "published"},
    "published": {"withdrawn", "archived"},
    "withdrawn": {"published", "archived"},
    "archived": {"published"},
}
"""State → the states a record may go to from it."""


def move(session: Session, record_id: int, state: str) -> None:
    """Change a record's state; its passages are found from, or gone by, the same commit.

    Raises:
        NotFound: there is no such record.
        InvalidState: the record cannot go there from where it is.
    """
    record = session.get(Record, record_id)
    if record is None:
        raise NotFound(f"There is no record {record_id}.", record=record_id)
    if state not in MOVES[record.state]:
        allowed = ", ".join(sorted(MOVES[record.state]))
        raise InvalidState(f"Record {record_id} is {record.state}: it can only become {allowed}.", record=record_id)
    record.state = state
    announce(session, record)


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
