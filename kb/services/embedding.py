"""Passages → the vectors that the feed carries: one of the whole, and one of each sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

import numpy as np

from kb.protocols import Embedder, Progress, Vectors

PORTION = 256
"""Passages that are embedded at a time: enough that batches of like length are full, few enough to hold."""


class Divided(Protocol):
    """A text and the spans of its sentences."""

    @property
    def text(self) -> str: ...

    @property
    def sentences(self) -> Sequence[tuple[int, int]]: ...


def embed(
    embedder: Embedder, passages: Sequence[Divided], progress: Progress | None = None
) -> list[tuple[bytes, bytes]]:
    """For each passage its vector, little-endian float32, and those of its sentences one after the other, float16.

    A passage of one sentence has no second vector: it would be the same. The progress counts texts, sentences included.
    """
    sentences = [list(_apart(passage)) for passage in passages]
    texts = [*(passage.text for passage in passages), *(text for texts in sentences for text in texts)]
    vectors = embedder.embed_passages(texts, progress)
    return list(zip(_whole(vectors[: len(passages)]), _parts(vectors[len(passages) :], sentences), strict=True))


def embed_together(
    embedder: Embedder, documents: Sequence[Sequence[Divided]], progress: Progress | None = None
) -> Iterator[list[tuple[bytes, bytes]]]:
    """As `embed`, for each document as soon as all of its passages are done; batches reach over several documents."""
    passages = [passage for document in documents for passage in document]
    total = sum(map(_texts, passages))
    vectors = _by_portions(embedder, passages, lambda done: progress(done, total) if progress else None)
    for document in documents:
        yield list(islice(vectors, len(document)))


def _by_portions(
    embedder: Embedder, passages: Sequence[Divided], progress: Callable[[int], None]
) -> Iterator[tuple[bytes, bytes]]:
    before = 0
    for start in range(0, len(passages), PORTION):
        portion = passages[start : start + PORTION]
        yield from embed(embedder, portion, _offset(progress, before))
        before += sum(map(_texts, portion))


def _offset(progress: Callable[[int], None], before: int) -> Progress:
    return lambda done, _total: progress(before + done)


def _texts(passage: Divided) -> int:
    return 1 + (len(passage.sentences) if len(passage.sentences) > 1 else 0)


def _apart(passage: Divided) -> Iterator[str]:
    if len(passage.sentences) > 1:
        yield from (passage.text[start:end] for start, end in passage.sentences)


def _whole(vectors: Vectors) -> Iterator[bytes]:
    return (row.astype("<f4").tobytes() for row in vectors)


def _parts(vectors: Vectors, sentences: Sequence[Sequence[str]]) -> Iterator[bytes]:
    ends = np.cumsum([len(texts) for texts in sentences])
    return (part.astype("<f2").tobytes() for part in np.split(vectors, ends[:-1]))
