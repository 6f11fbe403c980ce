"""What was made of a query last: a search asks for it several times, each index by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from kb.protocols import Vectors

Made = TypeVar("Made")


class Last(Generic[Made]):
    """What was made of the single vector asked about last, if that may not be written to; threads may share it."""

    def __init__(self) -> None:
        self._kept: tuple[Vectors, Made] | None = None

    def of(self, vectors: Vectors, make: Callable[[Vectors], Made]) -> Made:
        """What `make` gives for these vectors, (n, dimension)."""
        kept = self._kept
        if kept is not None and kept[0] is vectors:
            return kept[1]
        made = make(vectors)
        if len(vectors) == 1 and not vectors.flags.writeable:
            self._kept = vectors, made
        return made
