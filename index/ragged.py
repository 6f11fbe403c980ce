"""Rows of one width, several to an id, in one growing array: what a second stage looks up by the hundred."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.roster import ABSENT, Roster
from kb.protocols import Ids

GROWTH = 1.125
"""An array that is full grows by so much, in place where the system can."""

SLACK = 10_000
"""Rows that may lie unused before the array is made anew, beside as many as are used."""


class Ragged:
    """Holds, for each id, some rows and one number; reading rows of many ids is one gather.

    An id is put once and dropped before it is put again. Not safe for threads.
    """

    def __init__(self, width: int, dtype: Any) -> None:
        self._rows: NDArray[Any] = np.empty((0, width), dtype=dtype)
        self._used = 0
        self._roster = Roster(np.empty(0, dtype=np.int64))
        self._places = np.empty((0, 3), dtype=np.int64)

    def __len__(self) -> int:
        return len(self._roster)

    @property
    def ids(self) -> Ids:
        """All ids, ascending."""
        return self._roster.ids

    def put(self, ids: Sequence[int], rows: Sequence[NDArray[Any]], tags: Sequence[int]) -> None:
        """Add new ids, each with its rows (n, width) and its number."""
        if not ids:
            return
        counts = np.array([len(part) for part in rows], dtype=np.int64)
        starts = self._used + np.cumsum(counts) - counts
        self._reserve(int(counts.sum()))
        self._rows[self._used : self._used + counts.sum()] = np.concatenate(rows)
        self._used += int(counts.sum())
        order = np.argsort(joined := np.concatenate([self.ids, np.array(ids, dtype=np.int64)]), kind="stable")
        self._roster = Roster(joined[order])
        self._places = np.concatenate([self._places, np.column_stack([starts, counts, np.array(tags)])])[order]

    def _reserve(self, more: int) -> None:
        if (needed := self._used + more) > len(self._rows):
            if not self._rows.flags.owndata:  # As after loading, or made anew: what it lies in cannot grow.
                self._rows = self._rows.copy()
            self._rows.resize((max(needed, int(needed * GROWTH)), self._rows.shape[1]), refcheck=False)

    def drop(self, ids: Sequence[int]) -> None:
        """Let go of ids that it holds; those it does not hold are passed over."""
        places = self._roster.places(np.array(ids, dtype=np.int64))
        if (gone := places[places != ABSENT]).size:
            self._roster, self._places = Roster(np.delete(self.ids, gone)), np.delete(self._places, gone, axis=0)
            if self._used > 2 * int(self._places[:, 1].sum()) + SLACK:
                self._compact()

    def _compact(self) -> None:
        self._rows, starts = self.take(self.ids)
        self._places = np.column_stack([starts, self._places[:, 1:]])
        self._used = len(self._rows)

    def take(self, ids: Ids) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The rows of these ids one after the other, and where those of each begin; all must be held."""
        return self._taken(self.spans(ids))

    @property
    def rows(self) -> NDArray[Any]:
        """All rows, those of no id among them; valid until something changes."""
        return self._rows

    def spans(self, ids: Ids) -> NDArray[np.int64]:
        """Of each of these ids the first of its rows, how many it has, and its number, (n, 3); none if not held."""
        if not self._places.size:
            return np.zeros((ids.size, 3), dtype=np.int64)
        places = self._roster.places(ids)
        found: NDArray[np.int64] = self._places.take(places, axis=0, mode="wrap")
        found[places == ABSENT] = 0
        return found

    def _taken(self, places: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The rows of some places, copied run by run, and where those of each begin."""
        counts, width = places[:, 1], self._rows.itemsize * self._rows.shape[1]
        if not counts.any():
            return self._rows[:0].copy(), np.zeros(counts.size, dtype=np.int64)
        held = self._rows.data.cast("B")
        firsts, ends = places[:, 0] * width, (places[:, 0] + counts) * width
        # Not bytes, which nobody could write to: made anew, the array is to be filled further.
        joined = bytearray().join([held[first:end] for first, end in zip(firsts.tolist(), ends.tolist(), strict=True)])
        rows = np.frombuffer(joined, dtype=self._rows.dtype).reshape(-1, self._rows.shape[1])
        return rows, np.cumsum(counts) - counts

    def tags(self, ids: Ids) -> NDArray[np.int64]:
        """The number of each of these ids; all must be held."""
        return self.spans(ids)[:, 2]

    def all_tags(self) -> NDArray[np.int64]:
        """The number of every id, in the order of `ids`."""
        return self._places[:, 2]

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Whether each of these ids is held."""
        held: NDArray[np.bool_] = self._roster.places(ids) != ABSENT
        return held

    def save(self, path: Path) -> None:
        """Write what is used to a new file `path`, in NumPy's archive format."""
        rows, starts = (self._rows[: self._used], None) if self._dense else self.take(self.ids)
        places = self._places if starts is None else np.column_stack([starts, self._places[:, 1:]])
        np.savez(path, rows=rows, ids=self.ids, places=places)

    @property
    def _dense(self) -> bool:
        return self._used == int(self._places[:, 1].sum())

    def load(self, path: Path) -> None:
        """Take the place of what `save` wrote; raises `ValueError` or `OSError` when it cannot."""
        with np.load(path, allow_pickle=False) as stored:
            self._rows, self._places = stored["rows"], stored["places"]
            self._roster = Roster(stored["ids"])
        self._used = len(self._rows)
