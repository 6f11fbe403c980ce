"""The log read and handed out: decisions to curators, acts of administration to administrators too."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.editorial import Event, Revision
from kb.db.people import Account
from kb.services import rights
from kb.services.catalog import possible
from kb.values import Reader

DECIDED = ("record", "document", "collection")
"""Subjects of which every curator may read what was done; the others are administration."""

PAGE = 50
BATCH = 500

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the log is asked for; the days, of UTC, are both included."""

    action: str = ""
    subject: str = ""
    subject_id: int | None = None
    account_id: int | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision or act; `name` is what the account is called now, `why` what was said of the version it led to."""

    id: int
    at: datetime
    account_id: int | None
    name: str
    action: str
    subject: str
    subject_id: int | None
    facts: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the log, newest first, out of `total`; `actions` and `subjects` are those there are."""

    total: int
    entries: tuple[Entry, ...]
    actions: tuple[str, ...]
    subjects: tuple[str, ...]


class Ledger:
    """Reads the log on behalf of a reader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, reader: Reader, asked: Asked | None = None, offset: int = 0) -> Page:
        """A page of what the reader may know; raises `NotAllowed` when she is no curator."""
        rights.require(reader, "export-log")
        condition = _condition(asked or Asked(), reader)
        with self._database.read() as session:
            chosen = _entries().where(condition).order_by(Event.id.desc()).offset(max(offset, 0)).limit(PAGE)
            return Page(
                total=session.execute(select(func.count()).select_from(Event).where(condition)).scalar_one(),
                entries=_read(session, chosen),
                actions=_distinct(session, Event.action, reader),
                subjects=_distinct(session, Event.subject, reader),
            )

    def everything(self, reader: Reader, asked: Asked | None = None) -> Iterator[Entry]:
        """All that the reader may know, oldest first; raises `NotAllowed` at once when she is no curator."""
        rights.require(reader, "export-log")
        return self._batches(_condition(asked or Asked(), reader))

    def _batches(self, condition: ColumnElement[bool]) -> Iterator[Entry]:
        last = 0
        while True:
            with self._database.read() as session:
                part = _read(session, _entries().where(condition, Event.id > last).order_by(Event.id).limit(BATCH))
            if not part:
                return
            yield from part
            last = part[-1].id


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry as programs read it."""
    return {**asdict(entry), "at": entry.at.isoformat(), "facts": dict(entry.facts)}


def as_csv(entries: Iterator[Entry]) -> Iterator[str]:
    """The entries as lines of a table, under the names of their columns."""
    names = [one.name for one in fields(Entry)]
    yield _line(names)
    for entry in entries:
        row = {**as_json(entry), "facts": _told(entry.facts)}
        yield _line([_harmless(row[name]) for name in names])


def _told(facts: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in facts.items())


def _harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _condition(asked: Asked, reader: Reader) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [_readable(reader)]
    if asked.action:
        conditions.append(Event.action == asked.action)
    if asked.subject:
        conditions.append(Event.subject == asked.subject)
    if asked.subject_id is not None:
        conditions.append(Event.subject_id == possible(asked.subject_id))
    if asked.account_id is not None:
        conditions.append(Event.account_id == possible(asked.account_id))
    if asked.since is not None:
        conditions.append(Event.at >= _midnight(asked.since))
    if asked.until is not None:
        conditions.append(Event.at < _midnight(asked.until) + timedelta(days=1))
    return and_(*conditions)


def _readable(reader: Reader) -> ColumnElement[bool]:
    return true() if rights.may(reader, "administer") else Event.subject.in_(DECIDED)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _entries() -> Select[Event, str]:
    """Events with the reason that was kept with the version they led to."""
    version = Event.facts["version"].as_integer()
    led_to = and_(Event.subject == "record", Revision.record_id == Event.subject_id, Revision.number == version)
    return select(Event, func.coalesce(Revision.why, "")).outerjoin(Revision, led_to)


def _read(session: Session, chosen: Select[Event, str]) -> tuple[Entry, ...]:
    rows = session.execute(chosen).all()
    names = _names(session, {event.account_id for event, _ in rows if event.account_id is not None})
    return tuple(_entry(event, names.get(event.account_id, ""), why) for event, why in rows)


def _names(session: Session, ids: Collection[int]) -> Mapping[int | None, str]:
    """What these accounts are called now; addresses are not for a log."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _entry(event: Event, name: str, why: str) -> Entry:
    return Entry(
        id=event.id,
        at=event.at,
        account_id=event.account_id,
        name=name,
        action=event.action,
        subject=event.subject,
        subject_id=event.subject_id,
        facts=event.facts,
        why=why,
    )


def _distinct(session: Session, column: Any, reader: Reader) -> tuple[str, ...]:
    return tuple(session.execute(select(column).where(_readable(reader)).distinct().order_by(column)).scalars())
