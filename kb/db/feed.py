"""The change feed: rows of `embedding`, numbered so that the order of numbers is the order of commits.

A transaction draws its numbers last, from a row that stays locked until it commits. A reader who has seen number n
has therefore seen everything up to n.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Exists, Row, Select, and_, delete, exists, func, insert, select, text, update
from sqlalchemy.orm import Session

from kb.db.counters import counters
from kb.db.entities import Counter, Document, Embedding, Passage, Record
from kb.values import Change

SEQ = "seq"
FLOOR = "floor"
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Vector:
    """A passage's raw embedding, little-endian float32, and those of its sentences, float16."""

    passage_id: int
    data: bytes
    sentences: bytes = b""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A passage that waits to be embedded, and the spans of its sentences."""

    passage_id: int
    text: str
    sentences: Sequence[tuple[int, int]]


def draw(session: Session, count: int) -> range:
    """Take the next `count` numbers; the caller commits soon after, for everybody waits."""
    statement = update(Counter).where(Counter.name == SEQ).values(value=Counter.value + count).returning(Counter.value)
    last = session.execute(statement).scalar_one()
    return range(last - count + 1, last + 1)


def add(session: Session, model_id: int, vectors: Sequence[Vector], *, live: bool) -> None:
    """Record the vectors of new passages."""
    if not vectors:
        return
    numbers = draw(session, len(vectors))
    for start in range(0, len(vectors), BATCH):
        rows = [
            {
                "model_id": model_id,
                "passage_id": vector.passage_id,
                "seq": seq,
                "live": live,
                "data": vector.data,
                "sentences": vector.sentences,
            }
            for vector, seq in zip(vectors[start : start + BATCH], numbers[start : start + BATCH], strict=True)
        ]
        session.execute(insert(Embedding), rows)


def renew(session: Session, passage_ids: Sequence[int], *, live: bool) -> None:
    """Announce these passages again in every model: as findable, or as gone for now with their vectors kept."""
    _renumber(session, _keys(session, passage_ids), {"live": live})


def forget(session: Session, passage_ids: Sequence[int]) -> None:
    """Announce that these passages are gone for good; the row stays as the news of it, the vector does not."""
    _renumber(session, _keys(session, passage_ids), {"live": False, "data": b"", "sentences": b""})


def _keys(session: Session, passage_ids: Sequence[int]) -> list[tuple[int, int]]:
    keys: list[tuple[int, int]] = []
    for start in range(0, len(passage_ids), BATCH):
        part = passage_ids[start : start + BATCH]
        chosen = select(Embedding.model_id, Embedding.passage_id).where(Embedding.passage_id.in_(part))
        keys.extend((row.model_id, row.passage_id) for row in session.execute(chosen.order_by(Embedding.seq)))
    return keys


def _renumber(session: Session, keys: Sequence[tuple[int, int]], values: dict[str, object]) -> None:
    if not keys:
        return
    numbers = draw(session, len(keys))
    rows = [
        {"model_id": model_id, "passage_id": passage_id, "seq": seq, **values}
        for (model_id, passage_id), seq in zip(keys, numbers, strict=True)
    ]
    session.execute(update(Embedding), rows)


def head(session: Session) -> int:
    """The last number drawn."""
    return counters(session)[SEQ]


def published(session: Session, model_id: int) -> tuple[int, int]:
    """What changes whenever something published does, and only then: the last number that is live, and how many are.

    A withdrawal takes live rows away; whatever comes, or is announced again, has a higher number.
    """
    # Written as the index has it: SQLite takes a partial index for the very same words only.
    live = select(func.max(Embedding.seq), func.count()).where(Embedding.model_id == model_id, text("embedding.live"))
    last, many = session.execute(live).one()
    return last or 0, many


def floor(session: Session) -> int:
    """The number up to which removals may have been swept away; a cursor below it has to start from 0."""
    return counters(session)[FLOOR]


def changes(session: Session, model_id: int, cursor: int) -> Iterator[list[Change]]:
    """Everything after `cursor` in order, in batches."""
    while batch := session.execute(_after(model_id, cursor)).all():
        yield [_change(row) for row in batch]
        cursor = batch[-1].seq


def _after(model_id: int, cursor: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Embedding.seq,
            Embedding.passage_id,
            Embedding.live,
            Embedding.data,
            Embedding.sentences,
            Passage.language,
            Passage.heading,
            Passage.text,
            Document.record_id,
            Record.title,
        )
        .outerjoin(Passage, Passage.id == Embedding.passage_id)
        .outerjoin(Document, Document.id == Passage.document_id)
        .outerjoin(Record, Record.id == Document.record_id)
        .where(Embedding.model_id == model_id, Embedding.seq > cursor)
        .order_by(Embedding.seq)
        .limit(BATCH)
    )


def _change(row: Row[Any]) -> Change:
    if not row.live or row.text is None:
        return Change(seq=row.seq, passage_id=row.passage_id, live=False)
    return Change(
        seq=row.seq,
        passage_id=row.passage_id,
        live=True,
        record_id=row.record_id,
        vector=row.data,
        sentences=row.sentences,
        language=row.language,
        title=row.title,
        heading=" › ".join(row.heading),
        text=row.text,
    )


def live_ids(session: Session, model_id: int) -> list[int]:
    """Ids of every passage that followers of this model must hold, ascending."""
    chosen = select(Embedding.passage_id).where(Embedding.model_id == model_id, Embedding.live)
    return list(session.execute(chosen.order_by(Embedding.passage_id)).scalars())


def lacking(session: Session, model_id: int, limit: int) -> list[Lacking]:
    """Passages without a vector in this model: the gap a new model has to close."""
    columns = Passage.id, Passage.text, Passage.sentences
    chosen = select(*columns).where(~embedded(model_id)).order_by(Passage.id).limit(limit)
    return [Lacking(row.id, row.text, tuple(map(tuple, row.sentences))) for row in session.execute(chosen)]


def embeddable(session: Session, model_id: int, passage_ids: Sequence[int]) -> dict[int, bool]:
    """Of these passages those that exist and still lack a vector, and whether each is to be found."""
    chosen = (
        select(Passage.id, Record.state)
        .join(Document, Document.id == Passage.document_id)
        .join(Record, Record.id == Document.record_id)
        .where(Passage.id.in_(passage_ids), ~embedded(model_id))
    )
    return {row.id: row.state == "published" for row in session.execute(chosen)}


def count_lacking(session: Session, model_id: int) -> int:
    """How many passages have no vector in this model."""
    chosen = select(func.count()).select_from(Passage).where(~embedded(model_id))
    return session.execute(chosen).scalar_one()


def embedded(model_id: int) -> Exists:
    """The condition a passage meets when it has a vector in this model."""
    return exists().where(and_(Embedding.model_id == model_id, Embedding.passage_id == Passage.id))


def sweep(session: Session) -> int:
    """Delete the news of removals and raise the floor to the head; returns how many rows went."""
    gone = ~exists().where(Passage.id == Embedding.passage_id)
    swept = session.execute(delete(Embedding).where(gone, ~Embedding.live))
    session.execute(update(Counter).where(Counter.name == FLOOR).values(value=head(session)))
    return int(swept.rowcount)  # type: ignore[attr-defined]
