"""The self-check: whether SQL, originals and indexes agree, as findings that command line and web both show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from sqlalchemy import Select, func, select, text

from kb.db import Database, feed
from kb.db.entities import Document, Embedding, Passage, Record
from kb.errors import KbError
from kb.files import Files
from kb.services.models import Models
from kb.values import Finding

LITTLE_ROOM = 1 << 30


class Checks:
    """Looks at everything and changes nothing, but for `sweep`."""

    def __init__(self, database: Database, files: Files, models: Models) -> None:
        self._database = database
        self._files = files
        self._models = models

    def health(self) -> list[Finding]:
        """What a monitor asks every minute: quick, and without loading an encoder."""
        return self._told([self._database_answers, self._encoder, self._room, self._queue, self._failures])

    def everything(self) -> list[Finding]:
        """All of `health`, then originals, feed and indexes row by row."""
        thorough = [self._integrity, self._originals, self._feed, self._index, self._orphans]
        return self.health() + self._told(thorough)

    def sweep(self) -> dict[str, int]:
        """Delete orphaned originals and the news of removals everybody may forget."""
        known = self._digests()
        with self._database.write() as session:
            rows = feed.sweep(session)
        return {"originals": self._files.sweep(known), "removals": rows}

    def _told(self, checks: list[Callable[[], Finding]]) -> list[Finding]:
        return [_guarded(check) for check in checks]

    # --- quick ----------------------------------------------------------------------------------------

    def _database_answers(self) -> Finding:
        self._database.require_current()
        with self._database.read() as session:
            records = session.execute(select(func.count()).select_from(Record)).scalar_one()
        return Finding(level="ok", subject="database", message=f"{records} records", fact=records)

    def _encoder(self) -> Finding:
        name = self._models.in_use_name()
        return Finding(level="ok", subject="encoder", message=f"{name} is in use", fact=name)

    def _room(self) -> Finding:
        free = self._files.free_bytes()
        room = round(free / (1 << 30), 1)
        return replace(_judged(free > LITTLE_ROOM, "warning", "disk", f"{room:.1f} GB free"), fact=room)

    def _queue(self) -> Finding:
        with self._database.read() as session:
            waiting = session.execute(_count_status("received")).scalar_one()
        return Finding(level="ok", subject="queue", message=f"{waiting} documents wait to be read", fact=waiting)

    def _failures(self) -> Finding:
        with self._database.read() as session:
            failed = session.execute(_count_status("failed")).scalar_one()
        found = _judged(not failed, "warning", "documents", f"{failed} documents could not be read")
        return replace(found, fact=failed)

    # --- thorough -------------------------------------------------------------------------------------

    def _integrity(self) -> Finding:
        with self._database.read() as session:
            if session.get_bind().dialect.name != "sqlite":
                return Finding(level="ok", subject="integrity", message="left to the database server")
            answer = session.execute(text("PRAGMA integrity_check")).scalar_one()
        return _judged(answer == "ok", "error", "integrity", str(answer))

    def _originals(self) -> Finding:
        missing = [digest for digest in self._digests() if not self._files.path(digest).exists()]
        if missing:
            message = f"{len(missing)} originals are missing; restore the folder 'files' from a backup"
            return Finding(level="error", subject="originals", message=message)
        return Finding(level="ok", subject="originals", message="all there")

    def _orphans(self) -> Finding:
        count = self._files.orphans(self._digests())
        hint = "; 'kb check --sweep' deletes those older than an hour" if count else ""
        return Finding(level="ok", subject="orphans", message=f"{count} stored files without a row{hint}")

    def _feed(self) -> Finding:
        model_id = self._models.in_use_id()
        with self._database.read() as session:
            lacking = feed.count_lacking(session, model_id)
            wrong = session.execute(_wrongly_live(model_id)).scalar_one()
            beyond = session.execute(select(func.coalesce(func.max(Embedding.seq), 0))).scalar_one()
            head = feed.head(session)
        if wrong or beyond > head:
            message = f"{wrong} passages are announced against their record's state; last number {beyond} of {head}"
            return Finding(level="error", subject="feed", message=message)
        return _judged(not lacking, "warning", "feed", f"{lacking} passages lack a vector")

    def _index(self) -> Finding:
        space = self._models.space()
        with self._database.read() as session:
            expected = np.array(feed.live_ids(session, self._models.in_use_id()), dtype=np.int64)
        if not np.array_equal(space.ids(), expected):
            message = "the indexes differ from the database; delete the folder 'index', it is made anew"
            return Finding(level="error", subject="index", message=message)
        return Finding(level="ok", subject="index", message=f"{len(expected)} passages, as in the database")

    def _digests(self) -> set[str]:
        with self._database.read() as session:
            return set(session.execute(select(Document.sha256)).scalars())


def _count_status(status: str) -> Select[int]:
    return select(func.count()).select_from(Document).where(Document.status == status)


def _wrongly_live(model_id: int) -> Select[int]:
    """Counts the vectors whose `live` contradicts the state of their record."""
    return (
        select(func.count())
        .select_from(Embedding)
        .outerjoin(Passage, Passage.id == Embedding.passage_id)
        .outerjoin(Document, Document.id == Passage.document_id)
        .outerjoin(Record, Record.id == Document.record_id)
        .where(Embedding.model_id == model_id, Embedding.live != func.coalesce(Record.state == "published", False))
    )


def _judged(good: bool, otherwise: Literal["warning", "error"], subject: str, message: str) -> Finding:
    return Finding(level="ok" if good else otherwise, subject=subject, message=message)


def _guarded(check: Callable[[], Finding]) -> Finding:
    """A check that cannot be carried out is a finding too."""
    try:
        return check()
    except KbError as error:
        return Finding(level="error", subject=check.__name__.strip("_"), message=error.message)
