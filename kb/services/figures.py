"""What the staff needs to see: how much there is of what, what was asked in vain, what is read, what failed, health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.db import Database, feed
from kb.db.editorial import Asked, Visits
from kb.db.entities import Document, Record, now
from kb.db.people import SavedSearch
from kb.services import catalog, rights
from kb.services.checks import Checks
from kb.services.models import Models
from kb.services.pulse import Pulse
from kb.values import Filters, Finding, Reader

DAYS = 90
"""Days that searches and visits are counted over."""

MOST_ROWS = 50

AGES: tuple[tuple[str, int | None], ...] = (("week", 7), ("month", 30), ("quarter", 90), ("older", None))
"""How long what was submitted has waited → up to how many days that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question that found nothing likely to answer, how often, and when last."""

    text: str
    language: str
    times: int
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A record and how often it was read."""

    record_id: int
    title: str
    language: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document whose text could not be had, and why."""

    record_id: int
    title: str
    name: str
    code: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Whether worker and index keep up: numbers of the feed, and when a worker was last there.

    `index` is None while this process has not searched yet. `searches_behind` counts the saved searches that have not
    seen the end of the feed, `oldest` is when the document that waits longest came in.
    """

    findings: Sequence[Finding]
    head: int
    index: int | None
    worker_seen: datetime | None
    waiting: int
    oldest: datetime | None
    searches_behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The dashboard: each mapping goes from a value to the number of records, the most frequent first."""

    states: Mapping[str, int]
    facets: Mapping[str, Mapping[str, int]]
    ages: Mapping[str, int]
    searches: Mapping[str, int]
    unanswered: Sequence[Unanswered]
    read: Sequence[Read]
    failures: Sequence[Failure]
    machine: Machine


class Dashboard:
    """Counts on behalf of curators."""

    def __init__(self, database: Database, models: Models, checks: Checks, pulse: Pulse) -> None:
        self._database = database
        self._models = models
        self._checks = checks
        self._pulse = pulse

    def figures(self, reader: Reader) -> Figures:
        """All figures of this moment; raises `NotAllowed` for anybody below a curator."""
        rights.require(reader, "see-figures")
        since = (now() - timedelta(days=DAYS)).date()
        with self._database.read() as session:
            counts = catalog.counts_of(session, Filters(), reader)
            return Figures(
                states=_states(session),
                facets={name: counts[name] for name in ("theme", "region", "language")},
                ages=_ages(session),
                searches=dict(_pairs(session, select(Asked.answered, func.count()).where(Asked.day >= since))),
                unanswered=[Unanswered(**row) for row in session.execute(_unanswered(since)).mappings()],
                read=[Read(**row) for row in session.execute(_read(since)).mappings()],
                failures=[Failure(**row) for row in session.execute(_failures()).mappings()],
                machine=self._machine(session),
            )

    def _machine(self, session: Session) -> Machine:
        head = feed.head(session)
        waiting = select(func.count(), func.min(Document.created_at)).where(Document.status == "received")
        count, oldest = session.execute(waiting).one()
        behind = select(func.count()).select_from(SavedSearch).where(SavedSearch.seen_seq < head)
        return Machine(
            findings=self._checks.health(),
            head=head,
            index=self._models.cursor,
            worker_seen=self._pulse.last(),
            waiting=count,
            oldest=oldest,
            searches_behind=session.execute(behind).scalar_one(),
        )


def _states(session: Session) -> Mapping[str, int]:
    counted = select(Record.state, func.count()).group_by(Record.state).order_by(func.count().desc(), Record.state)
    return {row[0]: row[1] for row in session.execute(counted)}


def _ages(session: Session) -> Mapping[str, int]:
    """How many submitted records have waited how long."""
    waiting = select(func.coalesce(Record.submitted_at, Record.updated_at)).where(Record.state == "submitted")
    present = now()
    counts = Counter(_age(present - at) for at in session.execute(waiting).scalars())
    return {name: counts[name] for name, _ in AGES}


def _age(waited: timedelta) -> str:
    return next(name for name, days in AGES if days is None or waited < timedelta(days=days))


def _pairs(session: Session, counted: Select[bool, int]) -> Sequence[tuple[str, int]]:
    rows = {row[0]: row[1] for row in session.execute(counted.group_by(Asked.answered))}
    return [("answered", rows.get(True, 0)), ("unanswered", rows.get(False, 0))]


def _unanswered(since: object) -> Select[str, str, int, object]:
    text, times = func.lower(Asked.text), func.count()
    return (
        select(
            func.min(Asked.text).label("text"),
            func.min(Asked.language).label("language"),
            times.label("times"),
            func.max(Asked.day).label("last"),
        )
        .where(Asked.day >= since, ~Asked.answered)
        .group_by(text)
        .order_by(times.desc(), func.max(Asked.day).desc(), text)
        .limit(MOST_ROWS)
    )


def _read(since: object) -> Select[int, str, str, int]:
    times = func.sum(Visits.count)
    return (
        select(Record.id.label("record_id"), Record.title, Record.language, times.label("times"))
        .join(Visits, Visits.record_id == Record.id)
        .where(Visits.day >= since, Record.state == "published")
        .group_by(Record.id, Record.title, Record.language)
        .order_by(times.desc(), Record.id)
        .limit(MOST_ROWS)
    )


def _failures() -> Select[int, str, str, str, str, datetime]:
    return (
        select(
            Record.id.label("record_id"),
            Record.title,
            Document.name,
            func.coalesce(Document.failure_code, "").label("code"),
            func.coalesce(Document.failure_message, "").label("message"),
            Document.created_at.label("at"),
        )
        .join(Document, Document.record_id == Record.id)
        .where(Document.status == "failed")
        .order_by(Document.created_at.desc(), Document.id.desc())
        .limit(MOST_ROWS)
    )
