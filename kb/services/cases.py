"""A record under review: who handed it in and who has it, what was said and answered, and what can be decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db.editorial import Assessment, Remark, Revision
from kb.db.entities import Record
from kb.services import criteria, review_queue
from kb.services.review_queue import Person
from kb.services.steps import steps_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A remark; `record_id` is another where the record it is about became part of this one."""

    record_id: int
    by: Person
    at: datetime
    text: str
    internal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """Answers to the criteria, and the version of the record they were given to."""

    record_id: int
    by: Person
    at: datetime
    version: int
    answers: Mapping[str, Mapping[str, Any]]

    @property
    def met(self) -> int:
        """How many criteria were found to be met."""
        return sum(1 for one in self.answers.values() if one.get("met") is True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One version of a record: when it came about, by whom, in which state and why."""

    record_id: int
    number: int
    by: Person
    at: datetime
    state: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A record that this one has become, amends, or took in, and its version now."""

    record_id: int
    title: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The version of a record, and what can be decided of it."""

    version: int
    decisions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A record under review; newest assessments and versions first, remarks oldest first.

    What was said, answered and changed of records that became part of this one is among them. `open` are the criteria
    of admissibility that were not found to be met.
    """

    record_id: int
    version: int
    state: str
    submitter: Person
    assignee: Person | None
    submitted_at: datetime | None
    amends: Related | None
    merged_into: Related | None
    took_in: tuple[Related, ...]
    decisions: tuple[str, ...]
    open: tuple[str, ...]
    assessed: tuple[Assessed, ...]
    remarks: tuple[Said, ...]
    versions: tuple[Changed, ...]
    reviewers: tuple[Person, ...]

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """The answers that count: the last ones given to this record."""
        return next((one.answers for one in self.assessed if one.record_id == self.record_id), {})


def case(session: Session, record: Record) -> Case:
    """All that reviewers know of a record beyond its fields."""
    took_in = related(session, Record.merged_into_id == record.id)
    ids = (record.id, *(one.record_id for one in took_in))
    people = review_queue.people(session, [record.submitter_id, record.assignee_id])
    answers = review_queue.latest_answers(session, [record.id]).get(record.id, {})
    return Case(
        record_id=record.id,
        version=record.version,
        state=record.state,
        submitter=people[record.submitter_id],
        assignee=None if record.assignee_id is None else people[record.assignee_id],
        submitted_at=record.submitted_at,
        amends=_one(session, record.amends_id),
        merged_into=_one(session, record.merged_into_id),
        took_in=took_in,
        decisions=steps_of(record),
        open=criteria.open_ones(answers),
        assessed=_assessed(session, ids),
        remarks=said(session, ids),
        versions=_versions(session, ids),
        reviewers=review_queue.reviewers(session),
    )


def said(session: Session, ids: Sequence[int]) -> tuple[Said, ...]:
    """What was said of these records, oldest first."""
    rows = session.execute(select(Remark).where(Remark.record_id.in_(ids)).order_by(Remark.id)).scalars().all()
    people = review_queue.people(session, [row.account_id for row in rows])
    return tuple(
        Said(record_id=row.record_id, by=people[row.account_id], at=row.at, text=row.text, internal=row.internal)
        for row in rows
    )


def related(session: Session, condition: Any) -> tuple[Related, ...]:
    """The records that meet a condition, by number."""
    chosen = select(Record.id, Record.title, Record.version).where(condition).order_by(Record.id)
    return tuple(Related(record_id=id_, title=title, version=n) for id_, title, n in session.execute(chosen))


def _one(session: Session, record_id: int | None) -> Related | None:
    found = related(session, Record.id == record_id) if record_id is not None else ()
    return found[0] if found else None


def _assessed(session: Session, ids: Sequence[int]) -> tuple[Assessed, ...]:
    chosen = select(Assessment).where(Assessment.record_id.in_(ids)).order_by(Assessment.id.desc())
    rows = session.execute(chosen).scalars().all()
    people = review_queue.people(session, [row.account_id for row in rows])
    return tuple(
        Assessed(
            record_id=row.record_id,
            by=people[row.account_id],
            at=row.at,
            version=row.version,
            answers=row.answers,
        )
        for row in rows
    )


def _versions(session: Session, ids: Sequence[int]) -> tuple[Changed, ...]:
    state = Revision.fields["state"].as_string().label("state")
    columns = Revision.record_id, Revision.number, Revision.account_id, Revision.at, Revision.why, state
    chosen = select(*columns).where(Revision.record_id.in_(ids)).order_by(Revision.id.desc())
    rows = session.execute(chosen).all()
    people = review_queue.people(session, [row.account_id for row in rows])
    return tuple(
        Changed(
            record_id=row.record_id,
            number=row.number,
            by=people[row.account_id],
            at=row.at,
            state=row.state or "",
            why=row.why,
        )
        for row in rows
    )
