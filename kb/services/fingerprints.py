"""What a document is compared by, kept in the transaction that stores its passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ingest import shingles
from ingest.shingles import Shingles
from kb.db.entities import Fingerprint, Model, Pair, Shingle, Suggestion


@dataclass(frozen=True, slots=True)
class Made:
    """The fingerprint of a text, made before the transaction that keeps it, for a long one takes seconds."""

    text_hash: str
    runs: Shingles
    centre: bytes


def made(text: str, vectors: Sequence[bytes]) -> Made:
    """The fingerprint of a text and of the vectors of its passages."""
    return Made(shingles.text_hash(text), shingles.shingles(text), centre(vectors))


def keep(session: Session, document_id: int, fingerprint: Made, model_id: int) -> None:
    """Store the fingerprint of a document just read; what was found of it before is void."""
    forget(session, document_id)
    session.execute(
        insert(Fingerprint).values(
            document_id=document_id,
            text_hash=fingerprint.text_hash,
            runs=fingerprint.runs.size,
            model_key=session.execute(select(Model.key).where(Model.id == model_id)).scalar(),
            centre=fingerprint.centre,
        )
    )
    kept = shingles.sketch(fingerprint.runs).tolist()
    if kept:
        session.execute(insert(Shingle), [{"hash": hash_, "document_id": document_id} for hash_ in kept])


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
