"""What waits for a reviewer: chosen by filters, the longest wait first, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from kb.db.editorial import Assessment
from kb.db.entities import Document, Record, now
from kb.db.people import Account
from kb.errors import InvalidFilter
from kb.services import catalog, narrowing
from kb.services.visibility import visible_to
from kb.values import Filters, Place, Reader

STATES = ("submitted", "returned", "rejected", "draft", "published", "withdrawn", "archived")
"""States a queue can be of, that of records which wait for a decision first."""

MINE, NOBODY = "mine", "none"
"""Records assigned to the reader herself, and to nobody."""

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a queue is narrowed to.

    `assignee` is `mine`, `none`, the number of an account, or empty for all; `days` is the least age.
    """

    state: str = STATES[0]
    assignee: str = ""
    days: int = 0
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as reviewers see her; without name and address where her account was erased or there is none."""

    account_id: int | None
    name: str = ""
    address: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A record in the queue; `since` is when it came into its state, `met` how many criteria were found to be met."""

    record_id: int
    version: int
    title: str
    kind: str
    state: str
    language: str
    place: Place
    year: int | None
    submitter: Person
    assignee: Person | None
    since: datetime
    days: int
    amends_id: int | None
    documents: int
    failed: int
    met: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One page of the queue out of `total`; the counts are those of the whole state, whatever else was sought."""

    sought: Sought
    total: int
    rows: tuple[Waiting, ...]
    states: Mapping[str, int]
    mine: int
    unassigned: int
    facets: Mapping[str, Mapping[str, int]]
    reviewers: tuple[Person, ...]


SINCE = case(
    (Record.state == "submitted", func.coalesce(Record.submitted_at, Record.created_at)), else_=Record.updated_at
)
"""When a record came into the state it is in, as far as that is known."""


def queue(session: Session, sought: Sought, reader: Reader, offset: int) -> Queue:
    """The page of the queue that begins at `offset`.

    Raises:
        InvalidFilter: there is no such state or assignee, or a filter cannot be one.
    """
    _check(sought)
    sought = replace(sought, filters=narrowing.resolve(session, sought.filters, reader))
    chosen = _chosen(sought, reader)
    of_state = _of_state(sought.state, reader)
    return Queue(
        sought=sought,
        total=_count(session, chosen),
        rows=_rows(session, chosen.order_by(SINCE, Record.id).offset(max(offset, 0)).limit(PAGE)),
        states=_states(session, reader),
        mine=_count(session, of_state.where(_assigned(MINE, reader))),
        unassigned=_count(session, of_state.where(_assigned(NOBODY, reader))),
        facets=narrowing.counted(session, of_state),
        reviewers=reviewers(session),
    )


def reviewers(session: Session) -> tuple[Person, ...]:
    """Everybody whom records can be assigned to, by name."""
    chosen = select(Account).where(may_review())
    return tuple(person(row) for row in session.execute(chosen.order_by(Account.name, Account.id)).scalars())


def may_review() -> ColumnElement[bool]:
    """The condition an account meets that may review and is in use."""
    active = Account.disabled_at.is_(None) & Account.erased_at.is_(None)
    return Account.role.in_(("curator", "administrator")) & active


def people(session: Session, ids: Sequence[int | None]) -> dict[int | None, Person]:
    """The persons of these accounts."""
    chosen = select(Account).where(Account.id.in_({id_ for id_ in ids if id_ is not None}))
    known: dict[int | None, Person] = {row.id: person(row) for row in session.execute(chosen).scalars()}
    return {id_: known.get(id_, Person(account_id=id_)) for id_ in ids}


def person(row: Account) -> Person:
    """An account as reviewers see it."""
    return Person(account_id=row.id, name=row.name, address=row.email or "", organisation=row.organisation)


def _check(sought: Sought) -> None:
    if sought.state not in STATES:
        raise InvalidFilter(f"'{sought.state}' is no state; there are: {', '.join(STATES)}.")
    if sought.assignee not in ("", MINE, NOBODY) and not sought.assignee.isdecimal():
        raise InvalidFilter(f"'{sought.assignee}' is nobody: write 'mine', 'none' or the number of an account.")


def _of_state(state: str, reader: Reader) -> Select[int]:
    return select(Record.id).where(visible_to(reader), Record.state == state, Record.merged_into_id.is_(None))


def _chosen(sought: Sought, reader: Reader) -> Select[int]:
    chosen = _of_state(sought.state, reader).where(*narrowing.matching(sought.filters, reader))
    if sought.assignee:
        chosen = chosen.where(_assigned(sought.assignee, reader))
    if sought.days > 0:
        chosen = chosen.where(now() - timedelta(days=min(sought.days, 36_500)) >= SINCE)
    return chosen


def _assigned(assignee: str, reader: Reader) -> ColumnElement[bool]:
    if assignee == NOBODY:
        return Record.assignee_id.is_(None)
    return Record.assignee_id == (reader.account_id if assignee == MINE else catalog.possible(int(assignee)))


def _count(session: Session, chosen: Select[int]) -> int:
    return session.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()


def _states(session: Session, reader: Reader) -> dict[str, int]:
    counted = select(Record.state, func.count()).where(visible_to(reader), Record.merged_into_id.is_(None))
    found: dict[str, int] = dict(session.execute(counted.group_by(Record.state)).all())
    return {state: found.get(state, 0) for state in STATES}


def _rows(session: Session, page: Select[int]) -> tuple[Waiting, ...]:
    ids = list(session.execute(page).scalars())
    since = SINCE.label("since")
    found = session.execute(select(Record, since).where(Record.id.in_(ids)).order_by(since, Record.id)).all()
    known = people(session, [id_ for row in found for id_ in (row.Record.submitter_id, row.Record.assignee_id)])
    counted = _documents(session, ids)
    answers = latest_answers(session, ids)
    return tuple(_waiting(row.Record, row.since, known, counted, answers) for row in found)


def _waiting(
    record: Record,
    since: datetime,
    known: Mapping[int | None, Person],
    counted: Mapping[int, tuple[int, int]],
    answers: Mapping[int, Mapping[str, Any]],
) -> Waiting:
    documents, failed = counted.get(record.id, (0, 0))
    return Waiting(
        record_id=record.id,
        version=record.version,
        title=record.title,
        kind=record.kind,
        state=record.state,
        language=record.language,
        place=catalog.place(record),
        year=record.year,
        submitter=known[record.submitter_id],
        assignee=None if record.assignee_id is None else known[record.assignee_id],
        since=since,
        days=max((now() - since).days, 0),
        amends_id=record.amends_id,
        documents=documents,
        failed=failed,
        met=sum(1 for one in answers.get(record.id, {}).values() if one.get("met") is True),
    )


def _documents(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many files each of these records has, and how many of them could not be read."""
    failed = func.sum(case((Document.status == "failed", 1), else_=0))
    chosen = select(Document.record_id, func.count(), failed).where(
        Document.record_id.in_(ids), Document.media_type != catalog.RECORD_TYPE
    )
    return {id_: (count, bad) for id_, count, bad in session.execute(chosen.group_by(Document.record_id))}


def latest_answers(session: Session, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The answers to the criteria that count for each of these records, where there are any."""
    last = select(func.max(Assessment.id)).where(Assessment.record_id.in_(ids)).group_by(Assessment.record_id)
    chosen = select(Assessment.record_id, Assessment.answers).where(Assessment.id.in_(last))
    return {row.record_id: row.answers for row in session.execute(chosen)}
