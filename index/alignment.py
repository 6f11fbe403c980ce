"""How much of a text is told again in another, sentence by sentence and in the same order: what makes a translation."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.neutral import unit
from kb.protocols import Vectors

MOST = 400
"""Pieces of a text that are compared; of a longer one, neighbours are taken together until there are no more."""


def told_again(one: Vectors, other: Vectors, near: float) -> float:
    """Share, 0 to 1, of the shorter text's pieces that have their counterpart in the other, in the same order.

    Counterparts are each other's nearest and at least `near` alike. Two texts on one subject have near pieces too, but
    few that choose each other, and those in any order. The rows are vectors of length 1 in a neutral space.
    """
    if not len(one) or not len(other):
        return 0.0
    one, other = pooled(one), pooled(other)
    cosines = one @ other.T
    chosen, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    rows = np.arange(len(one))
    counterparts = (back[chosen] == rows) & (cosines[rows, chosen] >= near)
    return longest_rise(chosen[counterparts].tolist()) / min(len(one), len(other))


def pooled(vectors: Vectors) -> Vectors:
    """At most `MOST` rows: means of neighbours where there are more."""
    if len(vectors) <= MOST:
        return vectors
    starts: NDArray[np.int64] = np.linspace(0, len(vectors), MOST, endpoint=False).astype(np.int64)
    return unit(np.add.reduceat(vectors, starts, axis=0))


def longest_rise(numbers: Sequence[int]) -> int:
    """Length of the longest strictly rising subsequence (Schensted 1961)."""
    ends: list[int] = []
    for number in numbers:
        place = bisect_left(ends, number)
        ends[place : place + 1] = [number]
    return len(ends)
