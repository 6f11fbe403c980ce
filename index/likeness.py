"""How alike two texts of several passages are, whatever language each was written in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.dense import FlatIndex, Scores
from index.neutral import unit
from kb.protocols import Ids, Source, Vectors
from kb.values import Resemblance

NOMINATED = 200
"""Passages that the middle of the source nominates, at least."""

LOOKING = 8
"""Passages of the source, spread over it, that nominate too: the middle of many subjects is near to none of them."""

SEEN = 50
"""Passages that each of those nominates."""

NOTHING_ALIKE = Resemblance(score=0.0, passages=())
"""What a group is of which no passage is held."""

MIDDLE = 0.75
"""Weight of how near the middles are; the rest is how well the source's passages are matched one by one."""


def neighbours(index: FlatIndex, source: Source, extra: int, allowed: Ids | None) -> Ids:
    """Passages near the source as a whole or near a part of it, nearest first; `extra` of them may be its own."""
    placed = index.placed(source.vectors, source.languages)
    asking = np.concatenate([_middle(placed), placed[spread(len(placed), LOOKING)]])
    wanted = [NOMINATED + extra, *[SEEN + extra] * (len(asking) - 1)]
    found = index.search_each(asking, wanted, allowed)
    ids, cosines = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((ids, -cosines))
    _, first = np.unique(ids[order], return_index=True)
    return ids[order][np.sort(first)]


def resemblances(index: FlatIndex, source: Source, groups: Sequence[Ids]) -> list[Resemblance]:
    """How much each group of passages is like the source, in the order given.

    What the middles have in common finds the same subject, what single passages have the same account of it.
    """
    found = [NOTHING_ALIKE] * len(groups)
    if not groups:
        return found
    # All groups at once, side by side: one by one, a hundred records take longer than finding them.
    ids = np.concatenate(groups)
    numbers = np.repeat(np.arange(len(groups)), [group.size for group in groups])[index.holds(ids)]
    ids, vectors = index.held(ids)
    numbers, starts = np.unique(numbers, return_index=True)
    if not ids.size:
        return found
    placed = index.placed(source.vectors, source.languages)
    cosines = placed @ vectors.T
    middles = (unit(np.add.reduceat(vectors, starts)) @ _middle(placed).T)[:, 0]
    matched = np.maximum.reduceat(cosines, starts, axis=1).mean(axis=0)
    scores = MIDDLE * middles + (1 - MIDDLE) * matched
    parts = (np.split(values, starts[1:]) for values in (ids, cosines.max(axis=0)))
    for number, score, own, nearest in zip(numbers.tolist(), scores.tolist(), *parts, strict=True):
        found[number] = _resemblance(score, own, nearest)
    return found


def _resemblance(score: float, ids: Ids, nearest: Scores) -> Resemblance:
    """A group with its passages, the one that is nearest to any of the source first."""
    order = np.lexsort((ids, -nearest))
    return Resemblance(score=score, passages=tuple(zip(ids[order].tolist(), nearest[order].tolist(), strict=True)))


def _middle(vectors: Vectors) -> Vectors:
    return unit(vectors.mean(axis=0, keepdims=True))


def spread(count: int, most: int) -> list[int]:
    """At most `most` of `count` row numbers, evenly spread from the first to the last."""
    return sorted({round(row) for row in np.linspace(0, count - 1, min(count, most))})
