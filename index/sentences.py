"""How near the nearest sentence of a passage is: the second stage of a search by meaning, over what the first found."""

# ruff: noqa: PLC0415 -- Numba is imported where it is used, so that commands start quickly.

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.latest import latest
from index.levels import LARGEST, rounded
from index.neutral import Centre, Projection, centres, unit
from index.ragged import Ragged
from kb.protocols import Ids, Vectors
from kb.values import Change

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """For each passage asked about, shape (n,): its nearest sentence's cosine and number."""

    cosines: Scores
    numbers: NDArray[np.int64]


class SentenceIndex:
    """Neutral sentence vectors as bytes with a scale each; a follower of the feed like the index of whole passages.

    They are centred by language as those are, on the query's side, by the mean of the language's sentences. A passage
    without sentence vectors is its own only sentence. Not safe for threads; its space is.
    """

    def __init__(self, dimension: int, projection: Projection | None = None) -> None:
        self._dimension = dimension
        self._projection = projection
        self._rows = Ragged(dimension + 2, np.int8)
        self._codes: list[str] = []
        self._sums = np.zeros((0, dimension))
        self._counts = np.zeros(0, dtype=np.int64)
        self._offsets = np.zeros((0, dimension), dtype=np.float32)
        self._lengths = np.ones(0, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; the last word on an id counts."""
        last = latest(changes)
        self._remove(np.array(sorted(last), dtype=np.int64))
        self._add([change for change in last.values() if change.live])
        self._centre()

    def _remove(self, ids: Ids) -> None:
        held = ids[self._rows.holds(ids)]
        if held.size:
            self._count(*self._rows.take(held), self._rows.tags(held), -1)
            self._rows.drop(held.tolist())

    def _add(self, changes: list[Change]) -> None:
        if not changes:
            return
        parts = [_raw(change, self._dimension) for change in changes]
        packed = _packed(self._neutral(np.concatenate(parts)))
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        tags = np.array([self._code(change.language) for change in changes])
        self._count(packed, starts, tags, 1)
        self._rows.put([change.passage_id for change in changes], np.split(packed, starts[1:]), tags.tolist())

    def _code(self, language: str) -> int:
        if language not in self._codes:
            self._codes.append(language)
            self._sums = np.vstack([self._sums, np.zeros(self._dimension)])
            self._counts = np.append(self._counts, 0)
        return self._codes.index(language)

    def _count(self, packed: NDArray[np.int8], starts: NDArray[np.int64], tags: NDArray[np.int64], sign: int) -> None:
        """Add rows to the sums of their languages, or take them away; exact, for scales have few digits."""
        sums = np.add.reduceat(_unpacked(packed).astype(np.float64), starts, axis=0)
        np.add.at(self._sums, tags, sign * sums)
        np.add.at(self._counts, tags, sign * np.diff([*starts, len(packed)]))

    def _centre(self) -> None:
        held = [row for row, count in enumerate(self._counts) if count]
        found = centres(
            {self._codes[row]: self._sums[row] for row in held},
            {self._codes[row]: int(self._counts[row]) for row in held},
        )
        none = Centre(np.zeros(self._dimension), 1.0)
        chosen = [found.get(code, none) for code in self._codes]
        self._offsets = np.array([one.offset for one in chosen], dtype=np.float32).reshape(-1, self._dimension)
        self._lengths = np.array([one.length for one in chosen], dtype=np.float32)

    # --- searching -----------------------------------------------------------------------------------

    def nearest(self, vector: Vectors, ids: Ids) -> Nearest:
        """The nearest sentence of each passage, in the order given; NaN for ids that are not held."""
        from index.kernels import HALVES, nearest

        spans, query = self._rows.spans(ids), self._neutral(vector)[0]
        best, numbers = nearest(self._rows.rows, spans, query, HALVES)
        if not self._codes:
            return Nearest(best, numbers)
        tags = spans[:, 2]
        return Nearest((best - (self._offsets @ query)[tags]) / self._lengths[tags], numbers)

    def _neutral(self, vectors: Vectors) -> Vectors:
        return unit(vectors) if self._projection is None else self._projection.apply(vectors)

    # --- what it holds -------------------------------------------------------------------------------

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending."""
        return self._rows.ids

    def save(self, folder: Path) -> None:
        """Write the vectors, and the sums that centre them, into an existing, empty folder."""
        self._rows.save(folder / "rows.npz")
        np.savez(folder / "sums.npz", sums=self._sums, counts=self._counts)
        (folder / "languages.json").write_text(json.dumps(self._codes), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, dimension: int, projection: Projection | None = None) -> SentenceIndex:
        """Read what `save` wrote; raises `ValueError` or `OSError` when it cannot."""
        loaded = cls(dimension, projection)
        loaded._rows.load(folder / "rows.npz")
        loaded._codes = json.loads((folder / "languages.json").read_text(encoding="utf-8"))
        with np.load(folder / "sums.npz", allow_pickle=False) as stored:
            loaded._sums, loaded._counts = stored["sums"], stored["counts"]
        loaded._centre()
        return loaded


def _raw(change: Change, dimension: int) -> Vectors:
    if change.sentences:
        return np.frombuffer(change.sentences, dtype="<f2").reshape(-1, dimension).astype(np.float32)
    return np.frombuffer(change.vector, dtype="<f4").reshape(1, dimension)


def _packed(vectors: Vectors) -> NDArray[np.int8]:
    """Each row as bytes −127..127 and, in two bytes at its end, the float16 they are to be multiplied by."""
    scales = (np.abs(vectors).max(axis=1, keepdims=True) / LARGEST).astype(np.float16)
    steps = np.where(scales > 0, scales, np.float16(1)).astype(np.float32)
    return np.hstack([rounded(vectors, steps).astype(np.int8), scales.view(np.int8)])


def _unpacked(packed: NDArray[np.int8]) -> Vectors:
    return packed[:, :-2].astype(np.float32) * _scales(packed)


def _scales(packed: NDArray[np.int8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(packed[:, -2:]).view(np.float16).astype(np.float32)
