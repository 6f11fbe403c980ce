"""Documents that one may double, continue, quote or translate: named by queries, judged by their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from index.alignment import told_again
from ingest import shingles
from ingest.shingles import Shingles
from kb.db.entities import Document, Embedding, Fingerprint, Passage, Shingle
from kb.protocols import Vectors
from kb.values import Relation

NEAR = 0.5
"""Share of the runs of words of two texts that is in both, from which one is a version of the other."""

PART = 0.6
"""Share of the shorter text's runs that is in the longer one, from which it is a part of it."""

FEWEST_RUNS = 24
"""Runs of words below which a text is too short to be called a part of another: a heading, an address."""

NOMINATED = 0.2
"""Share of the shorter sketch that has to be shared for the texts themselves to be compared."""

MOST = 20
"""Documents that are compared with one by their words, and as many by their meaning."""

CLOSE = 0.85
"""Cosine of two documents' middles from which they are compared sentence by sentence."""

COUNTERPART = 0.85
"""Cosine from which two sentences may say the same."""

TRANSLATION, LONG = 0.6, 10
"""Share of the shorter text's sentences with a counterpart, in order, from which it is a translation."""

LONG_TRANSLATION = 0.4
"""The same of texts of at least `LONG` sentences, where so many do not meet in order by chance."""

FEWEST_SENTENCES = 3
"""Sentences below which a text is too short to be called a translation."""

Neutral = Callable[[Vectors], Vectors]
"""Takes raw vectors to where their language no longer shows, each of length 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The document that others are compared with, and the model its vectors are of."""

    document_id: int
    sha256: str
    language: str
    text: str
    text_hash: str
    runs: int
    centre: bytes
    model_id: int
    model_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Another document, how it is related, and how much of the shorter of the two is found in the other."""

    document_id: int
    relation: Relation
    percent: int


def found(session: Session, subject: Subject, neutral: Neutral) -> list[Found]:
    """Every document that resembles the subject, under the closest relation that holds."""
    relations = (_same_bytes, _same_text, _sharing_text, _told_again)
    closest: dict[int, Found] = {}
    for relation in relations:
        for one in relation(session, subject, neutral):
            closest.setdefault(one.document_id, one)
    return list(closest.values())


def _same_bytes(session: Session, subject: Subject, _: Neutral) -> Iterator[Found]:
    chosen = select(Document.id).where(Document.sha256 == subject.sha256, Document.id != subject.document_id)
    for id_ in session.execute(chosen.where(Document.status == "searchable")).scalars():
        yield Found(document_id=id_, relation="same-bytes", percent=100)


def _same_text(session: Session, subject: Subject, _: Neutral) -> Iterator[Found]:
    if subject.text_hash:
        same = Fingerprint.text_hash == subject.text_hash
        chosen = select(Fingerprint.document_id).where(same, Fingerprint.document_id != subject.document_id)
        for id_ in session.execute(chosen).scalars():
            yield Found(document_id=id_, relation="same-text", percent=100)


# --- by words ------------------------------------------------------------------------------------------


def _sharing_text(session: Session, subject: Subject, _: Neutral) -> Iterator[Found]:
    nominated = _sharing_runs(session, subject)
    if not nominated:
        return
    runs = shingles.shingles(subject.text)
    for id_ in nominated:
        text = session.execute(select(Document.text).where(Document.id == id_)).scalar()
        if one := _by_runs(id_, runs, shingles.shingles(text or "")):
            yield one


def _sharing_runs(session: Session, subject: Subject) -> list[int]:
    """Documents that share enough of the shorter sketch, the most first."""
    own, other = aliased(Shingle), aliased(Shingle)
    meeting = (
        select(other.document_id, func.count().label("shared"))
        .select_from(own)
        .join(other, other.hash == own.hash)
        .where(own.document_id == subject.document_id, other.document_id != subject.document_id)
        .group_by(other.document_id)
        .subquery()
    )
    chosen = select(meeting.c.document_id, meeting.c.shared, Fingerprint.runs).join(
        Fingerprint, Fingerprint.document_id == meeting.c.document_id
    )
    shares = [
        (row.shared * shingles.KEPT / max(min(row.runs, subject.runs), 1), row.document_id)
        for row in session.execute(chosen)
    ]
    return [id_ for share, id_ in sorted(shares, key=lambda one: (-one[0], one[1])) if share >= NOMINATED][:MOST]


def _by_runs(document_id: int, one: Shingles, other: Shingles) -> Found | None:
    both, of_one, of_other = shingles.shared(one, other)
    of_shorter = of_one if one.size <= other.size else of_other
    long_enough = min(one.size, other.size) >= FEWEST_RUNS
    if both >= NEAR:
        return Found(document_id=document_id, relation="near", percent=percent(of_shorter))
    if of_shorter >= PART and long_enough:
        return Found(document_id=document_id, relation="part", percent=percent(of_shorter))
    return None


def percent(share: float) -> int:
    """A share as a whole number that says 100 only of all."""
    return min(int(100 * share), 100)


# --- by meaning ----------------------------------------------------------------------------------------


def _told_again(session: Session, subject: Subject, neutral: Neutral) -> Iterator[Found]:
    near = _close(session, subject, neutral)
    if not near:
        return
    own = neutral(sentences(session, subject.document_id, subject.model_id))
    for id_ in near:
        other = neutral(sentences(session, id_, subject.model_id))
        shorter = min(len(own), len(other))
        share = told_again(own, other, COUNTERPART)
        if shorter >= FEWEST_SENTENCES and share >= (TRANSLATION if shorter < LONG else LONG_TRANSLATION):
            yield Found(document_id=id_, relation="translation", percent=percent(share))


def _close(session: Session, subject: Subject, neutral: Neutral) -> list[int]:
    """Documents in another language whose middle is near, nearest first."""
    if not subject.centre:
        return []
    chosen = (
        select(Fingerprint.document_id, Fingerprint.centre)
        .join(Document, Document.id == Fingerprint.document_id)
        .where(Fingerprint.model_key == subject.model_key, Fingerprint.centre != b"")
        .where(Document.language != subject.language, Document.id != subject.document_id)
    )
    rows = session.execute(chosen).all()
    if not rows:
        return []
    cosines = neutral(_rows([row.centre for row in rows])) @ neutral(_rows([subject.centre]))[0]
    order = np.argsort(-cosines, kind="stable")[:MOST]
    return [rows[row].document_id for row in order.tolist() if cosines[row] >= CLOSE]


def sentences(session: Session, document_id: int, model_id: int) -> Vectors:
    """The raw vectors of a document's sentences in order; of a passage that is one sentence its own."""
    chosen = (
        select(Embedding.data, Embedding.sentences)
        .join(Passage, Passage.id == Embedding.passage_id)
        .where(Passage.document_id == document_id, Embedding.model_id == model_id, Embedding.data != b"")
        .order_by(Passage.ordinal)
    )
    parts: list[Vectors] = []
    for row in session.execute(chosen):
        whole = _rows([row.data])
        told = np.frombuffer(row.sentences, dtype="<f2").reshape(-1, whole.shape[1]).astype(np.float32)
        parts.append(told if len(told) else whole)
    return np.concatenate(parts) if parts else np.empty((0, 1), dtype=np.float32)


def _rows(vectors: Sequence[bytes]) -> Vectors:
    return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1).astype(np.float32)
