"""Loops over the rows of some hundred passages, compiled for this processor by Numba.

NumPy can only compare rows that lie side by side, so it would first copy those of every passage: that took longer than
comparing them. What is compiled, in some seconds at the first start, is kept beside this file or in the user's cache.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Loop = TypeVar("Loop", bound=Callable[..., Any])

HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
"""The float32 of each float16, by its bits: Numba does not know half-precision numbers on a processor."""

REORDERED = frozenset({"reassoc", "contract", "nsz"})
"""A sum may be taken in any order, or it could not be taken eight values at a time; NaN stays what it is."""


def _read(dtype: Any, dimensions: int) -> Any:
    """Arrays of this type that a loop only reads, whether they may be written to or not."""
    return types.Array(dtype, dimensions, "C", readonly=True)


def compiled(*given: Any) -> Callable[[Loop], Loop]:
    """Compile a loop for arguments of these types at once; kept for the next start where that is possible.

    It does not hold the interpreter's lock.
    """

    def compiling(loop: Loop) -> Loop:
        options: dict[str, Any] = {"fastmath": set(REORDERED), "nogil": True}
        try:
            return cast("Loop", numba.njit([given], cache=True, **options)(loop))
        except (RuntimeError, OSError) as error:
            log.info("%s is compiled at each start, for it cannot be kept: %s", loop.__name__, error)
            return cast("Loop", numba.njit([given], **options)(loop))

    return compiling


@compiled(_read(types.uint16, 2), _read(types.int64, 2), _read(types.float32, 1))
def sums(rows: NDArray[np.uint16], spans: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum, for each span, of the weights of the numbers in its rows; 0 for one without rows.

    `rows` has shape (rows, 1), `spans` (n, 3) as `index.ragged.Ragged.spans` gives them, `weights` one for any number.
    """
    found = np.zeros(len(spans), dtype=np.float32)
    for place in range(len(spans)):
        first = spans[place, 0]
        total = np.float32(0)
        for row in range(first, first + spans[place, 1]):
            total += weights[rows[row, 0]]
        found[place] = total
    return found


@compiled(_read(types.int8, 2), _read(types.int64, 2), _read(types.float32, 1), _read(types.float32, 1))
def nearest(
    rows: NDArray[np.int8], spans: NDArray[np.int64], query: NDArray[np.float32], halves: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The largest product, for each span, of the query with one of its rows, and which row that is, both (n,).

    `rows`, (rows, dimension + 2), hold the values as bytes and at the end the float16 that all are multiplied by;
    `halves` is `HALVES`. A span without rows gets NaN and 0; of rows that are equally near the first counts.
    """
    best = np.full(len(spans), np.nan, dtype=np.float32)
    numbers = np.zeros(len(spans), dtype=np.int64)
    dimension = query.size
    for place in range(len(spans)):
        for number in range(spans[place, 1]):
            row = spans[place, 0] + number
            product = np.float32(0)
            for column in range(dimension):
                product += np.float32(rows[row, column]) * query[column]
            low, high = np.uint8(rows[row, dimension]), np.uint8(rows[row, dimension + 1])
            product *= halves[np.uint16(low) | (np.uint16(high) << np.uint16(8))]
            if number == 0 or product > best[place]:
                best[place] = product
                numbers[place] = number
    return best, numbers
