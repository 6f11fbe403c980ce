"""Charts drawn on the server: bars as SVG, the same numbers in a table beneath."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 26
"""Size of one bar's row, in the units of the drawing."""

NAMES, NUMBERS = 230, 60
"""Room for the name before a bar and for the number behind it."""

LONGEST_NAME = 30
MOST_BARS = 15
"""Bars that are drawn; the table has all."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the name shown before it, its number, and where it lies."""

    name: str
    value: int
    y: int
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart under its name: `bars` are drawn, `rows` are in the table."""

    name: str
    key: str
    rows: Sequence[tuple[str, int]]
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        """The height of the drawing."""
        return HEIGHT * len(self.bars)


def chart(name: str, key: str, rows: Iterable[tuple[str, int]]) -> Chart:
    """The chart of some named numbers, in their order; `key` makes the ids of its parts."""
    rows = tuple(rows)
    most = max((value for _, value in rows), default=0) or 1
    room = WIDTH - NAMES - NUMBERS
    bars = [
        Bar(_short(label), value, HEIGHT * number, round(room * value / most, 1))
        for number, (label, value) in enumerate(rows[:MOST_BARS])
    ]
    return Chart(name, key, rows, bars)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
