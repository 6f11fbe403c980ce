"""What a document is compared by, kept in the transaction that stores its passages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ingest import shingles
from kb.db.entities import Document, Fingerprint, Model, Pair, Shingle, Suggestion


def keep(session: Session, document_id: int, text: str, model_id: int, vectors: Iterable[bytes]) -> None:
    """Store the fingerprint of a text just read, with the vectors of its passages; what was found before is void."""
    forget(session, document_id)
    runs = shingles.shingles(text)
    session.execute(
        insert(Fingerprint).values(
            document_id=document_id,
            text_hash=shingles.text_hash(text),
            runs=runs.size,
            model_key=session.execute(select(Model.key).where(Model.id == model_id)).scalar(),
            centre=centre(list(vectors)),
        )
    )
    rows = [{"hash": hash_, "document_id": document_id} for hash_ in shingles.sketch(runs).tolist()]
    if rows:
        session.execute(insert(Shingle), rows)


def forget(session: Session, document_id: int) -> None:
    """Drop all that was derived of a document for comparing and proposing."""
    for table in (Fingerprint, Shingle, Suggestion):
        session.execute(delete(table).where(table.document_id == document_id))
    session.execute(delete(Pair).where((Pair.low_id == document_id) | (Pair.high_id == document_id)))


def centre(vectors: Sequence[bytes]) -> bytes:
    """The mean of raw vectors, little-endian float32; nothing of none."""
    if not vectors:
        return b""
    rows = np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1)
    return bytes(rows.mean(axis=0, dtype=np.float64).astype("<f4").tobytes())


def lost(session: Session) -> list[int]:
    """Searchable documents without a fingerprint: those read before there were any."""
    chosen = select(Document.id).outerjoin(Fingerprint, Fingerprint.document_id == Document.id)
    waiting = chosen.where(Document.status == "searchable", Fingerprint.document_id.is_(None))
    return list(session.execute(waiting.order_by(Document.id).limit(1)).scalars())
