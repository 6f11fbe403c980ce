"""The tables of the work on records: versions, decisions, remarks, and what readers looked for and at."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db.entities import Entity, Id, now


class Revision(Entity):
    """A record as it was after one change: all its stated fields, so that any two can be compared and any restored."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("record_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"))
    number: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    why: Mapped[str] = mapped_column(Text, default="")


class Event(Entity):
    """A decision or an act of administration; the database refuses to change or delete one.

    `facts` hold no personal data. There is no foreign key: what was decided outlives what it was about.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject_subject_id", "subject", "subject_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int | None] = mapped_column(Id)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Remark(Entity):
    """Something said about a record under review; `internal` ones are for curators only."""

    __tablename__ = "remark"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    text: Mapped[str] = mapped_column(Text)
    internal: Mapped[bool] = mapped_column(default=False)


class Assessment(Entity):
    """A curator's answers to the criteria for one record; the last one counts, all are kept."""

    __tablename__ = "assessment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    # Name of a criterion → {"met": true, false or null, "note": text}.
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Feedback(Entity):
    """What a reader reports of a record or of the site; `contact` only where she wants an answer."""

    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("state in ('open', 'closed')", name="state"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    topic: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    contact: Mapped[str | None] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(10), default="open", index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class Asked(Entity):
    """A search that somebody made; who, and from where, is not kept."""

    __tablename__ = "asked"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    day: Mapped[date] = mapped_column(Date, index=True)
    text: Mapped[str] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(8), default="und")
    narrowed: Mapped[bool] = mapped_column(default=False)
    hits: Mapped[int]
    # Of the best hit; None where there was none.
    probability: Mapped[float | None] = mapped_column(Float)
    answered: Mapped[bool] = mapped_column(default=True, index=True)


class Visits(Entity):
    """How often a record's page was read on a day."""

    __tablename__ = "visits"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True, index=True)
    count: Mapped[int] = mapped_column(default=0)
