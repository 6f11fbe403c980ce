"""A small number for each id, kept in two arrays: hundreds of ids are looked up at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.roster import ABSENT, Roster
from kb.protocols import Ids

NONE = -1
"""What stands for an id that is not held."""

Numbers = NDArray[np.int16]


class Tags:
    """Numbers by id. An id is put once and dropped before it is put again. Not safe for threads."""

    def __init__(self) -> None:
        self._roster = Roster(np.empty(0, dtype=np.int64))
        self._numbers: Numbers = np.empty(0, dtype=np.int16)

    def __len__(self) -> int:
        return len(self._roster)

    def put(self, ids: Ids, numbers: Sequence[int]) -> None:
        """Add new ids, each with its number."""
        joined = np.concatenate([self._roster.ids, ids])
        order = np.argsort(joined, kind="stable")
        self._roster = Roster(joined[order])
        self._numbers = np.concatenate([self._numbers, np.array(numbers, dtype=np.int16)])[order]

    def drop(self, ids: Ids) -> None:
        """Let go of these ids; those that are not held are passed over."""
        places = self._roster.places(ids)
        gone = places[places != ABSENT]
        self._roster, self._numbers = Roster(np.delete(self._roster.ids, gone)), np.delete(self._numbers, gone)

    def of(self, ids: Ids) -> Numbers:
        """The number of each id, `NONE` for one that is not held."""
        places = self._roster.places(ids)
        if not len(self):
            return np.full(ids.size, NONE, dtype=np.int16)
        return np.where(places != ABSENT, self._numbers[places], np.int16(NONE))
