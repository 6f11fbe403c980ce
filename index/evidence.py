"""What speaks for a passage, side by side, before it becomes one score and one probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.protocols import Ids

NAMES = (
    "cosine",
    "sentence",
    "other_sentence",
    "letters",
    "same",
    "same_cosine",
    "same_lexical",
    "same_best",
    "other_lexical",
    "pairs",
)
"""What a score is the weighted sum of, in the order of `Evidence.columns`."""

SUBJECT, QUESTION = 15, 45
"""Letters up to which a query names a subject, and from which it asks for what one sentence may tell."""

Column = NDArray[np.float32]


def letter_count(text: str) -> int:
    """How long a query is: its letters and digits."""
    return sum(map(str.isalnum, text))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What speaks for each of n candidates, every array (n,).

    `cosines` is the whole passage's and `sentences` its best sentence's, both in the neutral space; `lexical` is BM25
    divided by the query's best; `letters` and `pairs` are the parts of the query's letters and pairs of words that it
    has; `same`, whether it is in the query's language: there shared words count and their absence counts against, in
    another only meaning does. `length` is the number of the query's letters.
    """

    cosines: Column
    sentences: Column
    lexical: Column
    letters: Column
    pairs: Column
    same: NDArray[np.bool_]
    length: int

    def __len__(self) -> int:
        return int(self.same.size)

    def columns(self) -> NDArray[np.float64]:
        """One row a candidate, one column for each of `NAMES`."""
        same = self.same.astype(np.float64)
        asking = np.clip((self.length - SUBJECT) / (QUESTION - SUBJECT), 0, 1)
        return np.column_stack(
            [
                self.cosines,
                self.sentences,
                # Words find the sentence that answers in the query's own language, in another only its meaning does.
                asking * (1 - same) * (self.sentences - self.cosines),
                self.letters,
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
    """The passages that either index puts forward for one query, without repeats, and what speaks for each.

    `nearest` is the number of each one's best sentence, `records` the record each belongs to; `background` is what
    speaks for a sample of the whole collection, most of which answers nothing.
    """

    ids: Ids
    evidence: Evidence
    nearest: NDArray[np.int64]
    records: Ids
    background: Evidence
