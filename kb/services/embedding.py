"""Passages → the vectors that the feed carries: one of the whole, and one of each sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from kb.protocols import Embedder, Progress, Vectors


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


def _apart(passage: Divided) -> Iterator[str]:
    if len(passage.sentences) > 1:
        yield from (passage.text[start:end] for start, end in passage.sentences)


def _whole(vectors: Vectors) -> Iterator[bytes]:
    return (row.astype("<f4").tobytes() for row in vectors)


def _parts(vectors: Vectors, sentences: Sequence[Sequence[str]]) -> Iterator[bytes]:
    ends = np.cumsum([len(texts) for texts in sentences])
    return (part.astype("<f2").tobytes() for part in np.split(vectors, ends[:-1]))
