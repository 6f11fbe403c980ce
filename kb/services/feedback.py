"""What readers report: of the site, of its accessibility, of a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select

from kb.db import Database
from kb.db.editorial import Feedback
from kb.db.entities import Record
from kb.errors import InvalidFeedback, NotFound
from kb.services import decisions, rights
from kb.services.visibility import visible_to
from kb.values import Reader

Topic = Literal["site", "accessibility", "record"]
SHORTEST, LONGEST = 10, 5_000
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as curators read it."""

    report_id: int
    topic: str
    text: str
    contact: str | None
    record_id: int | None
    title: str | None
    state: Literal["open", "closed"]
    at: datetime


class Reports:
    """Takes reports from everybody and shows them to curators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, topic: str, text: str, reader: Reader, *, contact: str = "", record_id: int | None = None) -> None:
        """Take a report; who sent it is not kept, unless she leaves an address.

        Raises:
            InvalidFeedback: there is no such topic, too little or too much is said, or the address is none.
            NotFound: the reader knows of no such record.
        """
        words = "".join(letter for letter in text if letter.isprintable() or letter in "\n\r").strip()
        if topic not in get_args(Topic) or not SHORTEST <= len(words) <= LONGEST:
            raise InvalidFeedback(
                f"Choose a topic and write {SHORTEST} to {LONGEST} characters.", shortest=SHORTEST, longest=LONGEST
            )
        address = _address(contact)
        with self._database.write() as session:
            if record_id is not None:
                known = select(Record.id).where(Record.id == record_id, visible_to(reader))
                if session.execute(known).first() is None:
                    raise NotFound(f"There is no record {record_id}.", record=record_id)
            session.add(Feedback(topic=topic, text=words, contact=address, record_id=record_id))

    def list(self, reader: Reader, *, closed: bool = False) -> tuple[Report, ...]:
        """The open reports, the oldest first, or the closed ones, the last first; raises `NotAllowed`."""
        rights.require(reader, "see-figures")
        chosen = select(Feedback, Record.title).outerjoin(Record, Record.id == Feedback.record_id)
        chosen = chosen.where(Feedback.state == ("closed" if closed else "open"))
        order = Feedback.id.desc() if closed else Feedback.id
        with self._database.read() as session:
            rows = session.execute(chosen.order_by(order).limit(MOST_SHOWN)).all()
            return tuple(_report(row.Feedback, row.title) for row in rows)

    def open(self, reader: Reader) -> int:
        """How many reports wait; raises `NotAllowed` for anybody below a curator."""
        rights.require(reader, "see-figures")
        waiting = select(func.count()).select_from(Feedback).where(Feedback.state == "open")
        with self._database.read() as session:
            return session.execute(waiting).scalar_one()

    def close(self, report_id: int, reader: Reader, *, closed: bool = True) -> None:
        """Lay a report aside, without the address that was left in it, or take it up again.

        Raises:
            NotAllowed: the reader is below a curator.
            NotFound: there is no such report.
        """
        rights.require(reader, "see-figures")
        with self._database.write() as session:
            row = session.get(Feedback, report_id)
            if row is None:
                raise NotFound(f"There is no report {report_id}.", report=report_id)
            row.state = "closed" if closed else "open"
            if closed:
                row.contact = None
            decisions.log(session, reader, "feedback-closed" if closed else "feedback-opened", "feedback", report_id)


def _address(contact: str) -> str | None:
    if not contact.strip():
        return None
    try:
        return validate_email(contact.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InvalidFeedback("Write an e-mail address that an answer can go to, or none.", contact=True) from error


def _report(row: Feedback, title: str | None) -> Report:
    return Report(
        report_id=row.id,
        topic=row.topic,
        text=row.text,
        contact=row.contact,
        record_id=row.record_id,
        title=title,
        state=row.state,  # type: ignore[arg-type]
        at=row.at,
    )
