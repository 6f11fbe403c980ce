"""Records handed in by people, for tests of what follows from it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from kb.bootstrap import Kb
from kb.db.editorial import Event
from kb.db.entities import Record
from kb.db.people import Message
from kb.services import criteria, publishing, revisions
from kb.services.fields import State, parse
from kb.values import OPERATOR
from kb.worker import Worker
from tests.support.people import Person

MET = {name: {"met": True, "note": ""} for name in criteria.of(criteria.ADMISSIBILITY)}
"""Answers with which a record may be published."""


def hand_in(
    kb: Kb, person: Person | None, *paths: Path, state: State = "submitted", read: bool = True, **fields: object
) -> int:
    """A record of `person` in a state, read; returns its number."""
    given = {"title": "Orti sociali", "language": "it", **fields}
    outcomes = kb.intake.add_record(parse(given, where="test"), paths, source="test", state=state)
    record_id = belongs(kb, outcomes[0].record_id or 0, person)
    if read:
        Worker(kb).drain()
    return record_id


def belongs(kb: Kb, record_id: int, person: Person | None) -> int:
    """Make a record somebody's own; returns its number."""
    with kb.database.write() as session:
        session.get_one(Record, record_id).submitter_id = person.account_id if person else None
    return record_id


def version(kb: Kb, record_id: int) -> int:
    """The version of a record."""
    with kb.database.read() as session:
        return session.get_one(Record, record_id).version


def state(kb: Kb, record_id: int) -> str:
    """The state of a record."""
    with kb.database.read() as session:
        return session.get_one(Record, record_id).state


def move(kb: Kb, record_id: int, state: str) -> None:
    """Bring a record into a state, as somebody at the machine."""
    with kb.database.write() as session:
        publishing.move(session, record_id, state)


def change(kb: Kb, record_id: int) -> None:
    """Let somebody change a record in the meantime."""
    with kb.database.write() as session:
        revisions.keep(session, session.get_one(Record, record_id), OPERATOR)


def letters(kb: Kb, person: Person, *, queue: bool = False) -> list[str]:
    """Subjects of the letters written to a person, the first one first: those about the queue, or all others."""
    about_queue = func.coalesce(Message.key, "").like("review.queue/%")
    chosen = select(Message.subject).where(Message.account_id == person.account_id, about_queue == queue)
    with kb.database.read() as session:
        return list(session.execute(chosen.order_by(Message.id)).scalars())


def events(kb: Kb, record_id: int) -> list[str]:
    """What the log says was done with a record, the first act first."""
    with kb.database.read() as session:
        mine = select(Event.action).where(Event.subject == "record", Event.subject_id == record_id)
        return list(session.execute(mine.order_by(Event.id)).scalars())
