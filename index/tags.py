"""A small number for each id, kept in two arrays: hundreds of ids are looked up at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.protocols import Ids

NONE = -1
"""What stands for an id that is not held."""

Numbers = NDArray[np.int16]


class Tags:
    """Numbers by id. An id is put once and dropped before it is put again. Not safe for threads."""

    def __init__(self) -> None:
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._numbers: Numbers = np.empty(0, dtype=np.int16)

    def __len__(self) -> int:
        return int(self._ids.size)

    def put(self, ids: Ids, numbers: Sequence[int]) -> None:
        """Add new ids, each with its number."""
        joined = np.concatenate([self._ids, ids])
        order = np.argsort(joined, kind="stable")
        self._ids = joined[order]
        self._numbers = np.concatenate([self._numbers, np.array(numbers, dtype=np.int16)])[order]

    def drop(self, ids: Ids) -> None:
        """Let go of these ids; those that are not held are passed over."""
        kept = ~np.isin(self._ids, ids)
        self._ids, self._numbers = self._ids[kept], self._numbers[kept]

    def of(self, ids: Ids) -> Numbers:
        """The number of each id, `NONE` for one that is not held."""
        if not self._ids.size:
            return np.full(ids.size, NONE, dtype=np.int16)
        places = np.minimum(np.searchsorted(self._ids, ids), self._ids.size - 1)
        return np.where(self._ids[places] == ids, self._numbers[places], np.int16(NONE))
