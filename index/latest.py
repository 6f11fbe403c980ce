"""Which of the changes to a passage counts, for every index that follows the feed."""

from __future__ import annotations

from collections.abc import Sequence

from kb.values import Change


def latest(changes: Sequence[Change]) -> dict[int, Change]:
    """Passage id → the change with the highest seq, in whatever order they are handed over."""
    return {change.passage_id: change for change in sorted(changes, key=lambda change: change.seq)}
