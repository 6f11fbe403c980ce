"""A sample of the whole collection, ready to be compared with any query: how near it is to what does not answer it."""

from __future__ import annotations

import numpy as np

from index.dense import FlatIndex
from index.evidence import Evidence, letter_count
from index.overlap import OverlapIndex
from index.sentences import SentenceIndex
from kb.protocols import Ids, Vectors

SAMPLE = 200
"""Passages of the sample, at most."""


class Background:
    """Passages at even distances, with their vectors gathered once; made anew whenever the indexes change."""

    def __init__(self, dense: FlatIndex, sentences: SentenceIndex) -> None:
        self._dense, self._sentences = dense, sentences
        self._ids = _spread(sentences.ids())
        self._wholes, self._parts = dense.gather(self._ids), sentences.gather(self._ids)

    def evidence(
        self, vector: Vectors, text: str, language: str, letters: OverlapIndex, pairs: OverlapIndex
    ) -> Evidence:
        """What speaks for each passage of the sample, as if no word of the query were in it."""
        nearest = self._sentences.nearest_of(vector, self._parts)
        return Evidence(
            cosines=self._dense.cosines_with(vector, self._wholes),
            sentences=nearest.cosines,
            lexical=np.zeros(self._ids.size, dtype=np.float32),
            letters=letters.shares(text, language, self._ids),
            pairs=pairs.shares(text, language, self._ids),
            same=np.array([code == language for code in self._wholes.languages], dtype=np.bool_),
            length=letter_count(text),
        )


def _spread(ids: Ids) -> Ids:
    """At most `SAMPLE` ids at even distances."""
    return ids[np.linspace(0, ids.size - 1, min(ids.size, SAMPLE)).astype(np.int64)]
