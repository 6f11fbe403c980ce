"""How much of a query a passage has of what BM25 does not see: its letters in any script, and its pairs of words.

Character n-grams are what retrieval between related languages without a dictionary rests on (McNamee and Mayfield
2004). Read in Latin letters, `Warschau`, `Varsavia` and `Варшава` share some, and so does every inflected form. Two
words side by side say more than each alone (Metzler and Croft 2005): `verde urbano` is neither a colour nor a tram.
"""

# ruff: noqa: PLC0415 -- Numba is imported where it is used, so that commands start quickly.

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

from index.analysis import stop_words, term, words
from index.latest import latest
from index.ragged import Ragged
from kb.protocols import Ids
from kb.values import Change

LENGTH = 4
"""Letters of an n-gram: shorter ones are in everything, longer ones are spelt otherwise in the next language."""

BUCKETS = 1 << 16
"""A feature is kept as a number below this; of a passage's few hundred, hardly two have the same."""

COUNTED_AT_ONCE = 1000
"""Passages whose features are counted in one go after loading: together they would take ten times their room."""

Numbers = NDArray[np.uint16]

Features = Callable[[str, str], Numbers]
"""What is counted of a text in a language: distinct numbers, ascending."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The features of a query: the weight of each by its rarity, at its place among all, and their sum."""

    weights: NDArray[np.float32]
    total: float


class OverlapIndex:
    """The distinct features of each passage, title and headings included; a follower of the feed.

    Not safe for threads; its space is.
    """

    def __init__(self, features: Features) -> None:
        self._features = features
        self._rows = Ragged(1, np.uint16)
        self._frequencies = np.zeros(BUCKETS, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; the last word on an id counts."""
        last = latest(changes)
        self._remove(np.array(sorted(last), dtype=np.int64))
        added = [(change, self._of(change)) for change in last.values() if change.live]
        for _, numbers in added:
            self._frequencies[numbers] += 1
        self._rows.put(
            [change.passage_id for change, _ in added],
            [numbers[:, None] for _, numbers in added],
            [change.record_id for change, _ in added],
        )

    def _of(self, change: Change) -> Numbers:
        return self._features(f"{change.title}\n{change.heading}\n{change.text}", change.language)

    def _remove(self, ids: Ids) -> None:
        held = ids[self._rows.holds(ids)]
        if held.size:
            numbers, _ = self._rows.take(held)
            np.subtract.at(self._frequencies, numbers[:, 0], 1)
            self._rows.drop(held.tolist())

    # --- searching -----------------------------------------------------------------------------------

    def wanted(self, text: str, language: str) -> Wanted:
        """What a query asks for, weighed by BM25's inverse document frequency."""
        asked = self._features(text, language)
        frequencies, count = self._frequencies[asked], len(self)
        weights = np.zeros(BUCKETS, dtype=np.float32)
        weights[asked] = np.log1p((count - frequencies + 0.5) / (frequencies + 0.5))
        return Wanted(weights, float(weights[asked].sum()))

    def shares(self, wanted: Wanted, ids: Ids) -> NDArray[np.float32]:
        """Part of what is wanted that each passage has; in 0..1, 0 if not held."""
        from index.kernels import sums

        return sums(self._rows.rows, self._rows.spans(ids), wanted.weights) / np.float32(wanted.total or 1)

    # --- what it holds -------------------------------------------------------------------------------

    def of_records(self, records: Ids) -> Ids:
        """Ids of the passages it holds that belong to these records, ascending."""
        owners = self._rows.all_tags()
        chosen = np.zeros(max(int(owners.max(initial=0)), int(records.max(initial=0))) + 1, dtype=np.bool_)
        chosen[records] = True
        return self._rows.ids[chosen[owners]]

    def owners(self, ids: Ids) -> Ids | None:
        """The records, ascending, that these are all the passages of; None where they are not all of any's."""
        if not self.holds(ids).all():
            return None
        tags = self._rows.all_tags()
        chosen = np.zeros(int(tags.max(initial=0)) + 1, dtype=np.bool_)
        chosen[self.records_of(ids)] = True
        return np.flatnonzero(chosen) if int(chosen[tags].sum()) == ids.size else None

    def records_of(self, ids: Ids) -> Ids:
        """The record that each passage belongs to; all must be held."""
        return self._rows.tags(ids)

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Whether it holds each of these ids."""
        return self._rows.holds(ids)

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending."""
        return self._rows.ids

    def save(self, folder: Path) -> None:
        """Write the features into an existing, empty folder."""
        self._rows.save(folder / "rows.npz")

    @classmethod
    def load(cls, folder: Path, features: Features) -> OverlapIndex:
        """Read what `save` wrote; raises `ValueError` or `OSError` when it cannot."""
        loaded = cls(features)
        loaded._rows.load(folder / "rows.npz")
        for start in range(0, len(loaded), COUNTED_AT_ONCE):
            numbers, _ = loaded._rows.take(loaded.ids()[start : start + COUNTED_AT_ONCE])
            loaded._frequencies += np.bincount(numbers[:, 0], minlength=BUCKETS)
        return loaded


def letters(text: str, _language: str) -> Numbers:
    """The n-grams of a text, whatever its language; a short word is one by itself, and so is one with digits."""
    return _numbers(gram for word in words(text) for gram in _grams(word.lower()))


def pairs(text: str, language: str) -> Numbers:
    """The pairs of stems that follow each other in a line, once words that say nothing are left out."""
    return _numbers(
        _number(f"{one} {other}") for line in text.splitlines() for one, other in pairwise(_stems(line, language))
    )


def _stems(line: str, language: str) -> list[str]:
    unmeant = stop_words(language)
    return [term(word, language) for word in map(str.lower, words(line)) if word not in unmeant]


def _numbers(found: Iterable[int]) -> Numbers:
    return np.array(sorted(set(found)), dtype=np.uint16)


@lru_cache(maxsize=100_000)
def _grams(word: str) -> tuple[int, ...]:
    latin = anyascii(word).lower()
    framed = f"^{latin}$"
    if any(map(str.isdigit, latin)) or len(framed) <= LENGTH:
        return (_number(framed),)
    return tuple(_number(framed[start : start + LENGTH]) for start in range(len(framed) - LENGTH + 1))


def _number(feature: str) -> int:
    return zlib.crc32(feature.encode()) % BUCKETS
