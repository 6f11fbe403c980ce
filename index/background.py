"""A sample of the whole collection, ready to be compared with any query: how near it is to what does not answer it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.dense import FlatIndex
from index.evidence import Evidence
from index.overlap import OverlapIndex, Wanted
from index.sentences import SentenceIndex
from kb.protocols import Ids, Vectors

Shares = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Parts of a query's letters, and of its pairs of words, that each passage has."""

SAMPLE = 200
"""Passages of the sample, at most."""


class Background:
    """Passages at even distances, with all of theirs gathered once; made anew whenever the indexes change."""

    def __init__(self, dense: FlatIndex, sentences: SentenceIndex, letters: OverlapIndex, pairs: OverlapIndex) -> None:
        self._dense, self._sentences, self._letters, self._pairs = dense, sentences, letters, pairs
        self._ids = _spread(sentences.ids())
        self._wholes = dense.gather(self._ids)

    def shares(self, letters: Wanted, pairs: Wanted) -> Shares:
        """What each passage of the sample has of a query's letters and pairs of words, which takes no vector."""
        return self._letters.shares(letters, self._ids), self._pairs.shares(pairs, self._ids)

    def evidence(self, vector: Vectors, shares: Shares, *, language: str, length: int) -> Evidence:
        """What speaks for each passage of the sample, as if no word of the query were in it."""
        letters, pairs = shares
        return Evidence(
            cosines=self._dense.cosines_with(vector, self._wholes),
            sentences=self._sentences.nearest(vector, self._ids).cosines,
            lexical=np.zeros(self._ids.size, dtype=np.float32),
            letters=letters,
            pairs=pairs,
            same=self._dense.in_language(language, self._wholes.languages),
            length=length,
        )


def _spread(ids: Ids) -> Ids:
    """At most `SAMPLE` ids at even distances."""
    return ids[np.linspace(0, ids.size - 1, min(ids.size, SAMPLE)).astype(np.int64)]
