"""Rows of the feed for contract tests."""

from __future__ import annotations

import numpy as np

from kb.protocols import Vectors
from kb.values import Change

DIMENSION = 16
LANGUAGES = ("it", "de", "fr")


def vectors(count: int, seed: int = 0) -> Vectors:
    """Random unit vectors, shape (count, DIMENSION)."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def live(seq: int, passage_id: int, *, vector: Vectors | None = None, **fields: str) -> Change:
    """A passage that is to be found; its vector is drawn by its seq when none is given."""
    row = vectors(1, seed=seq)[0] if vector is None else vector
    return Change(seq=seq, passage_id=passage_id, live=True, vector=row.astype("<f4").tobytes(), **fields)


def gone(seq: int, passage_id: int) -> Change:
    """A passage that is no longer to be found."""
    return Change(seq=seq, passage_id=passage_id, live=False)


def many(count: int, first: int = 1) -> list[Change]:
    """`count` passages in turn in each language; ids and seqs from `first`."""
    texts = {"it": "raccolta dei rifiuti", "de": "Sammlung von Abfall", "fr": "collecte des déchets"}
    languages = [LANGUAGES[number % len(LANGUAGES)] for number in range(first, first + count)]
    return [
        live(number, number, language=language, text=f"{texts[language]} comune{number}x")
        for number, language in enumerate(languages, start=first)
    ]
