"""A sample of the whole collection, ready to be compared with any query: how near it is to what does not answer it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.dense import FlatIndex
from index.evidence import Evidence
from index.sentences import SentenceIndex
from kb.protocols import Ids, Vectors

Shares = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Parts of a query's letters, and of its pairs of words, that each passage has."""

SAMPLE = 200
"""Passages of the sample, at most."""


class Background:
    """Passages at even distances, their `ids` ascending; made anew whenever the indexes change."""

    def __init__(self, dense: FlatIndex, sentences: SentenceIndex) -> None:
        self._dense, self._sentences = dense, sentences
        self.ids = _spread(sentences.ids())
        self._wholes = dense.gather(self.ids)

    def evidence(self, vector: Vectors, shares: Shares, *, language: str, length: int) -> Evidence:
        """What speaks for each passage of the sample, with these shares, as if no word of the query were in it."""
        letters, pairs = shares
        return Evidence(
            cosines=self._dense.cosines_with(vector, self._wholes),
            sentences=self._sentences.nearest(vector, self.ids).cosines,
            lexical=np.zeros(self.ids.size, dtype=np.float32),
            letters=letters,
            pairs=pairs,
            same=self._dense.in_language(language, self._wholes.languages),
            length=length,
        )


def _spread(ids: Ids) -> Ids:
    """At most `SAMPLE` ids at even distances."""
    return ids[np.linspace(0, ids.size - 1, min(ids.size, SAMPLE)).astype(np.int64)]
