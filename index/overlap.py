"""How much of a query's letters a passage has: names and words of one origin, which translation changes little.

Character n-grams are what retrieval between related languages without a dictionary rests on (McNamee and Mayfield
2004). Read in Latin letters, `Warschau`, `Varsavia` and `Варшава` share some, and so does every inflected form.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

from index.analysis import words
from index.ragged import Ragged
from kb.protocols import Ids
from kb.values import Change

LENGTH = 4
"""Letters of an n-gram: shorter ones are in everything, longer ones are spelt otherwise in the next language."""

BUCKETS = 1 << 16
"""An n-gram is kept as a number below this; of a passage's few hundred, hardly two have the same."""

Grams = NDArray[np.uint16]


class OverlapIndex:
    """The distinct n-grams of each passage, title and headings included; a follower of the feed.

    Not safe for threads; its space is.
    """

    def __init__(self) -> None:
        self._rows = Ragged(1, np.uint16)
        self._frequencies = np.zeros(BUCKETS, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; the last word on an id counts."""
        latest = {change.passage_id: change for change in sorted(changes, key=lambda change: change.seq)}
        self._remove(np.array(sorted(latest), dtype=np.int64))
        added = [(change.passage_id, _of(change)) for change in latest.values() if change.live]
        for _, grams in added:
            self._frequencies[grams] += 1
        self._rows.put([id_ for id_, _ in added], [grams[:, None] for _, grams in added], [0] * len(added))

    def _remove(self, ids: Ids) -> None:
        held = ids[self._rows.holds(ids)]
        if held.size:
            grams, _ = self._rows.take(held)
            np.subtract.at(self._frequencies, grams[:, 0], 1)
            self._rows.drop(held.tolist())

    # --- searching -----------------------------------------------------------------------------------

    def shares(self, text: str, ids: Ids) -> NDArray[np.float32]:
        """Part of the query's n-grams, each weighed by its rarity, that each passage has; in 0..1, 0 if not held."""
        found = np.zeros(ids.size, dtype=np.float32)
        weights = self._weights(grams(text))
        known = np.flatnonzero(self._rows.counts(ids))
        if known.size and (total := float(weights.sum())):
            rows, starts = self._rows.take(ids[known])
            found[known] = np.add.reduceat(weights[rows[:, 0]], starts) / total
        return found

    def _weights(self, asked: Grams) -> NDArray[np.float32]:
        """BM25's inverse document frequency of each n-gram asked for, at its place; 0 everywhere else."""
        frequencies, count = self._frequencies[asked], len(self)
        weights = np.zeros(BUCKETS, dtype=np.float32)
        weights[asked] = np.log1p((count - frequencies + 0.5) / (frequencies + 0.5))
        return weights

    # --- what it holds -------------------------------------------------------------------------------

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending."""
        return self._rows.ids

    def save(self, folder: Path) -> None:
        """Write the n-grams into an existing, empty folder."""
        self._rows.save(folder / "rows.npz")

    @classmethod
    def load(cls, folder: Path) -> OverlapIndex:
        """Read what `save` wrote; raises `ValueError` or `OSError` when it cannot."""
        loaded = cls()
        loaded._rows.load(folder / "rows.npz")
        held, _ = loaded._rows.take(loaded.ids())
        loaded._frequencies += np.bincount(held[:, 0], minlength=BUCKETS)
        return loaded


def grams(text: str) -> Grams:
    """Distinct n-grams of a text as numbers, ascending; a short word is one by itself, and so is one with digits."""
    found: set[int] = set()
    for word in words(text):
        found.update(_word_grams(word.lower()))
    return np.array(sorted(found), dtype=np.uint16)


def _of(change: Change) -> Grams:
    return grams(f"{change.title} {change.heading} {change.text}")


@lru_cache(maxsize=100_000)
def _word_grams(word: str) -> tuple[int, ...]:
    letters = anyascii(word).lower()
    framed = f"^{letters}$"
    if any(map(str.isdigit, letters)) or len(framed) <= LENGTH:
        return (_number(framed),)
    return tuple(_number(framed[start : start + LENGTH]) for start in range(len(framed) - LENGTH + 1))


def _number(gram: str) -> int:
    return zlib.crc32(gram.encode()) % BUCKETS
