"""How alike two texts of several passages are, whatever language each was written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from index.dense import FlatIndex
from index.neutral import unit
from kb.protocols import Ids, Source, Vectors
from kb.values import Resemblance

NOMINATED = 200
"""Passages that the middle of the source nominates, at least."""

LOOKING = 8
"""Passages of the source, spread over it, that nominate too: the middle of many subjects is near to none of them."""

SEEN = 50
"""Passages that each of those nominates."""

MIDDLE = 0.75
"""Weight of how near the middles are; the rest is how well the source's passages are matched one by one."""


def neighbours(index: FlatIndex, source: Source, extra: int, allowed: Ids | None) -> Ids:
    """Passages near the source as a whole or near a part of it, nearest first; `extra` of them may be its own."""
    placed = index.placed(source.vectors, source.languages)
    asking = np.concatenate([_middle(placed), placed[spread(len(placed), LOOKING)]])
    wanted = [NOMINATED + extra, *[SEEN + extra] * (len(asking) - 1)]
    found = [index.search(asking[[row]], limit, allowed) for row, limit in enumerate(wanted)]
    ids, cosines = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((ids, -cosines))
    _, first = np.unique(ids[order], return_index=True)
    return ids[order][np.sort(first)]


def resemblances(index: FlatIndex, source: Source, groups: Sequence[Ids]) -> Iterator[Resemblance]:
    """How much each group of passages is like the source, in the order given."""
    placed = index.placed(source.vectors, source.languages)
    held, vectors = index.held(np.unique(np.concatenate(groups)) if groups else np.empty(0, dtype=np.int64))
    for group in groups:
        chosen = group[np.isin(group, held)]
        yield _resemblance(placed, chosen, vectors[np.searchsorted(held, chosen)])


def _resemblance(source: Vectors, ids: Ids, target: Vectors) -> Resemblance:
    """What the middles have in common finds the same subject, what single passages have the same account of it."""
    if not ids.size:
        return Resemblance(score=0.0, passages=())
    cosines = source @ target.T
    middle = float((_middle(source) @ _middle(target).T)[0, 0])
    matched = float(cosines.max(axis=1).mean())
    nearest = cosines.max(axis=0)
    order = np.lexsort((ids, -nearest))
    passages = tuple((int(ids[row]), float(nearest[row])) for row in order)
    return Resemblance(score=MIDDLE * middle + (1 - MIDDLE) * matched, passages=passages)


def _middle(vectors: Vectors) -> Vectors:
    return unit(vectors.mean(axis=0, keepdims=True))


def spread(count: int, most: int) -> list[int]:
    """At most `most` of `count` row numbers, evenly spread from the first to the last."""
    return sorted({round(row) for row in np.linspace(0, count - 1, min(count, most))})
