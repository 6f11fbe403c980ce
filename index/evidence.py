"""What speaks for a passage, side by side, before it becomes one score and one probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.protocols import Ids

NAMES = (
    "cosine",
    "sentence",
    "letters",
    "length",
    "same",
    "same_cosine",
    "same_lexical",
    "same_best",
    "other_lexical",
    "pairs",
)
"""What a score is the weighted sum of, in the order of `Evidence.columns`."""

Column = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What speaks for each of n candidates, every array (n,).

    `cosines` is the whole passage's and `sentences` its best sentence's, both in the neutral space; `lexical` is BM25
    divided by the query's best; `letters` and `pairs` are the parts of the query's letters and pairs of words that it
    has; `counts` says of how many sentences the best was taken, for the best of many is higher by chance; `same`,
    whether it is in the query's language: there shared words count and their absence counts against, in another only
    meaning does.
    """

    cosines: Column
    sentences: Column
    lexical: Column
    letters: Column
    pairs: Column
    counts: NDArray[np.int64]
    same: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.same.size)

    def rows(self, chosen: NDArray[np.int64]) -> Evidence:
        """That for some of the candidates, by their place."""
        return Evidence(
            cosines=self.cosines[chosen],
            sentences=self.sentences[chosen],
            lexical=self.lexical[chosen],
            letters=self.letters[chosen],
            pairs=self.pairs[chosen],
            counts=self.counts[chosen],
            same=self.same[chosen],
        )

    def columns(self) -> NDArray[np.float64]:
        """One row a candidate, one column for each of `NAMES`."""
        same = self.same.astype(np.float64)
        return np.column_stack(
            [
                self.cosines,
                self.sentences,
                self.letters,
                np.log(np.maximum(self.counts, 1)),
                same,
                same * self.cosines,
                same * self.lexical,
                # What comes near the best by words is worth more than its share: a title asked for word for word.
                same * self.lexical**4,
                (1 - same) * self.lexical,
                same * self.pairs,
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nominated:
    """The passages that either index puts forward for one query, ids ascending, and what speaks for each.

    `nearest` is the number of each one's best sentence, `records` the record each belongs to; `background` is what
    speaks for a sample of the whole collection, most of which answers nothing; `length` counts the query's letters.
    """

    ids: Ids
    evidence: Evidence
    nearest: NDArray[np.int64]
    records: Ids
    background: Evidence
    length: int
