"""Closing the third gap: a document that was read is compared with all others and asked what it suggests."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from index.neutral import Projection, unit
from kb.db import Database, feed
from kb.db.entities import Document, Embedding, Fingerprint, Pair, Passage, Record, Suggestion
from kb.errors import KbError
from kb.protocols import Vectors
from kb.services import candidates, fingerprints
from kb.services.candidates import Found, Subject
from kb.services.models import Models
from kb.services.proposals import fill_in
from kb.services.proposing import Proposing
from kb.values import Suggested

log = logging.getLogger(__name__)

RULES = "1"
"""Version of the rules of comparing and proposing; what was considered by another is considered again."""


class Comparing:
    """Considers one document after the other; a person decides what follows from what it finds."""

    def __init__(self, database: Database, models: Models) -> None:
        self._database = database
        self._models = models
        self._proposing = Proposing(models)
        self._done: tuple[object, ...] = ()

    def one(self) -> bool:
        """Consider the next document that has not been; False when there is none."""
        state = self._state()
        if state == self._done:
            return False
        document_id = self._next()
        if document_id is None:
            # Taken before looking: what came in meanwhile makes the next look another one.
            self._done = state
            return False
        self._consider(document_id)
        return True

    def _state(self) -> tuple[object, ...]:
        with self._database.read() as session:
            return self._rules(), feed.head(session)

    def _rules(self) -> str:
        return f"{RULES}|{self._models.in_use_key()}"

    def _next(self) -> int | None:
        chosen = select(Document.id).outerjoin(Fingerprint, Fingerprint.document_id == Document.id)
        stale = or_(Fingerprint.considered.is_(None), Fingerprint.considered != self._rules())
        waiting = chosen.where(Document.status == "searchable", stale).order_by(Document.id).limit(1)
        with self._database.read() as session:
            return session.execute(waiting).scalar()

    def _consider(self, document_id: int) -> None:
        rules = self._rules()
        self._renew(document_id)
        with self._database.read() as session:
            newest = _newest_passage(session, document_id)
        try:
            resembling, suggested = self._found(document_id)
        except KbError:
            raise
        except Exception:
            # One document must not keep all that come after it from being considered.
            log.exception("Comparing document %s failed unexpectedly; it goes without.", document_id)
            resembling, suggested = [], []
        with self._database.write() as session:
            # Whoever read it again meanwhile made all of this void.
            if _newest_passage(session, document_id) == newest:
                _store(session, document_id, rules, resembling, suggested)

    def _renew(self, document_id: int) -> None:
        """See to it that the fingerprint is there and of the model in use.

        It is committed before others are looked at: of two documents considered at the same time by two processes
        at least one then sees the other.
        """
        key, model_id = self._models.in_use_key(), self._models.in_use_id()
        with self._database.read() as session:
            current = select(Fingerprint.model_key).where(Fingerprint.document_id == document_id)
            if session.execute(current).scalar() == key:
                return
            text = session.execute(select(Document.text).where(Document.id == document_id)).scalar() or ""
            fingerprint = fingerprints.made(text, _vectors(session, document_id, model_id))
            newest = _newest_passage(session, document_id)
        with self._database.write() as session:
            if _newest_passage(session, document_id) == newest and session.get(Document, document_id) is not None:
                fingerprints.keep(session, document_id, fingerprint, model_id)

    def _found(self, document_id: int) -> tuple[list[Found], list[Suggested]]:
        with self._database.read() as session:
            subject = _subject(session, document_id, self._models.in_use_id())
            if subject is None:
                return [], []
            neutral = partial(_neutral, self._models.projection())
            return candidates.found(session, subject, neutral), self._proposing.suggested(session, subject, neutral)


def _neutral(projection: Projection | None, vectors: Vectors) -> Vectors:
    """Vectors where their language no longer shows, as far as the model has a projection; of none, none."""
    if not len(vectors) or projection is None:
        return unit(vectors)
    return projection.apply(vectors)


def _newest_passage(session: Session, document_id: int) -> int | None:
    """The largest id of a document's passages, which is another whenever it is read again."""
    return session.execute(select(func.max(Passage.id)).where(Passage.document_id == document_id)).scalar()


def _vectors(session: Session, document_id: int, model_id: int) -> Sequence[bytes]:
    chosen = select(Embedding.data).join(Passage, Passage.id == Embedding.passage_id)
    held = chosen.where(Passage.document_id == document_id, Embedding.model_id == model_id, Embedding.data != b"")
    return list(session.execute(held.order_by(Passage.ordinal)).scalars())


def _subject(session: Session, document_id: int, model_id: int) -> Subject | None:
    chosen = (
        select(
            *(Document.id, Document.sha256, Document.language, Document.text),
            *(Fingerprint.text_hash, Fingerprint.runs, Fingerprint.centre, Fingerprint.model_key),
        )
        .join(Fingerprint, Fingerprint.document_id == Document.id)
        .where(Document.id == document_id, Document.status == "searchable")
    )
    row = session.execute(chosen).first()
    if row is None:
        return None
    return Subject(
        document_id=row.id,
        sha256=row.sha256,
        language=row.language,
        text=row.text or "",
        text_hash=row.text_hash,
        runs=row.runs,
        centre=row.centre,
        model_id=model_id,
        model_key=row.model_key or "",
    )


def _store(
    session: Session, document_id: int, rules: str, found: Sequence[Found], suggested: Sequence[Suggested]
) -> None:
    """Put what was found in the place of what was found before, in one transaction with the note that it was done."""
    noted = update(Fingerprint).where(Fingerprint.document_id == document_id).values(considered=rules)
    if not session.execute(noted).rowcount:  # type: ignore[attr-defined]
        # The document is gone.
        return
    session.execute(delete(Pair).where((Pair.low_id == document_id) | (Pair.high_id == document_id)))
    session.execute(delete(Suggestion).where(Suggestion.document_id == document_id))
    there = set(
        session.execute(select(Document.id).where(Document.id.in_([one.document_id for one in found]))).scalars()
    )
    for one in found:
        low, high = sorted((document_id, one.document_id))
        if one.document_id in there:
            session.add(Pair(low_id=low, high_id=high, relation=one.relation, percent=one.percent))
    if suggested:
        session.execute(insert(Suggestion), [{**asdict(one), "document_id": document_id} for one in suggested])
    record = session.execute(
        select(Record).join(Document, Document.record_id == Record.id).where(Document.id == document_id)
    ).scalar()
    if record is not None:
        fill_in(session, record, suggested)
