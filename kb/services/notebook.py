"""What readers ask for and look at: noted without who or from where, and written beside the answer, never before."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.editorial import Asked, Visits
from kb.db.entities import Record, now
from kb.errors import KbError

log = logging.getLogger(__name__)

KEPT = timedelta(days=365)
"""How long a search and the visits of a day are kept."""

LONGEST = 500
MOST_NOTES = 10_000
"""Notes that wait while the database is locked; of more the oldest are lost, for nobody's answer may wait for them."""

PAUSE = 2.0
"""Seconds in which notes gather, so that a busy minute is a few transactions."""

MASK = "…"
EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
PHONE = re.compile(r"(?<![\w.])(?:\+|\()?\d(?:[\s()./-]{0,3}\d){5,}(?!\w)")
TAX_CODE = re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE)

MANY_DIGITS = 9
"""Digits that no year, period, sum of money or code of a place has, and telephone numbers do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search that was made, and what came of it; `probability` is that of the best hit."""

    text: str
    language: str
    narrowed: bool
    hits: int
    probability: float | None
    answered: bool


class Notebook:
    """Takes notes at once and writes them down a little later, from a thread of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: deque[Question | int] = deque(maxlen=MOST_NOTES)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._swept: date | None = None

    def search(self, question: Question) -> None:
        """Note a search."""
        self._note(question)

    def visit(self, record_id: int) -> None:
        """Note that a record was read."""
        self._note(record_id)

    def flush(self) -> None:
        """Write down what has been noted; what cannot be written now stays noted."""
        with self._writing:
            notes = [self._notes.popleft() for _ in range(len(self._notes))]
            if not notes:
                return
            try:
                self._write(notes)
            except (KbError, SQLAlchemyError) as error:
                log.warning("What readers asked for waits to be written: %s", error)
                self._notes.extendleft(reversed(notes[: MOST_NOTES - len(self._notes)]))

    def close(self) -> None:
        """Write down what is left and take no more."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _note(self, note: Question | int) -> None:
        self._notes.append(note)
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="notebook", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closed.wait(PAUSE):
            try:
                self.flush()
            except Exception:  # a note that cannot be kept must not end those that follow
                log.exception("Some of what readers asked for was lost.")

    def _write(self, notes: list[Question | int]) -> None:
        today = now().date()
        questions = [one for one in notes if isinstance(one, Question)]
        visits = Counter(one for one in notes if isinstance(one, int))
        with self._database.write() as session:
            session.add_all(_row(one, today) for one in questions)
            _count(session, visits, today)
            if self._swept != today:
                session.execute(delete(Asked).where(Asked.day < today - KEPT))
                session.execute(delete(Visits).where(Visits.day < today - KEPT))
        self._swept = today


def masked(text: str) -> str:
    """A question without what may name or reach a person: addresses, telephone numbers, tax codes."""
    text = TAX_CODE.sub(MASK, EMAIL.sub(MASK, text))
    return PHONE.sub(lambda found: MASK if _is_phone(found[0]) else found[0], text)[:LONGEST]


def _is_phone(found: str) -> bool:
    digits = sum(letter.isdigit() for letter in found)
    return digits >= MANY_DIGITS or found[0] in "+("


def _row(one: Question, today: date) -> Asked:
    return Asked(
        day=today,
        text=masked(one.text),
        language=one.language,
        narrowed=one.narrowed,
        hits=one.hits,
        probability=one.probability,
        answered=one.answered,
    )


def _count(session: Session, visits: Counter[int], today: date) -> None:
    published = select(Record.id).where(Record.id.in_(visits), Record.state == "published").order_by(Record.id)
    for record_id in session.execute(published).scalars().all():
        row = session.get(Visits, (today, record_id), with_for_update=True)
        if row is None:
            session.add(Visits(day=today, record_id=record_id, count=visits[record_id]))
        else:
            row.count += visits[record_id]
