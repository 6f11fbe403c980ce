"""Grids of ruling lines: which rules belong together, and the cells they enclose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.extractors.pdf_rules import NEAR, Rule

_MOST_CROSSINGS = 60_000
"""More pairs of rules than this on one page are a drawing's."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A box enclosed by rules that no rule divides; y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.bottom <= y <= self.top


@dataclass(frozen=True)
class Grid:
    """Cells that hang together."""

    cells: tuple[Cell, ...]

    @cached_property
    def tops(self) -> list[float]:
        """Where rows begin, from above."""
        return _apart(sorted({cell.top for cell in self.cells}, reverse=True))

    @cached_property
    def lefts(self) -> list[float]:
        """Where columns begin."""
        return _apart(sorted({cell.left for cell in self.cells}))

    def column(self, cell: Cell) -> int:
        """Number of the column in which a cell begins."""
        return min(range(len(self.lefts)), key=lambda place: abs(self.lefts[place] - cell.left))

    @cached_property
    def box(self) -> Cell:
        """What it covers."""
        cells = self.cells
        return Cell(
            min(cell.left for cell in cells),
            min(cell.bottom for cell in cells),
            max(cell.right for cell in cells),
            max(cell.top for cell in cells),
        )


def _apart(positions: Sequence[float]) -> list[float]:
    kept: list[float] = []
    for position in positions:
        if not kept or abs(position - kept[-1]) > NEAR:
            kept.append(position)
    return kept


def find_grids(horizontal: Sequence[Rule], vertical: Sequence[Rule]) -> list[Grid]:
    """All grids with at least two rows and two columns, from above."""
    if len(horizontal) * len(vertical) > _MOST_CROSSINGS:
        return []
    found = (Grid(tuple(_cells(*part))) for part in _parts(horizontal, vertical) if min(map(len, part)) >= 2)
    grids = [grid for grid in found if len(grid.tops) >= 2 and len(grid.lefts) >= 2]
    return sorted(grids, key=lambda grid: -grid.box.top)


def _parts(horizontal: Sequence[Rule], vertical: Sequence[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Rules that hang together by crossing each other."""
    across, down = set(horizontal), set(vertical)
    while across:
        part: tuple[list[Rule], list[Rule]] = [across.pop()], []
        pending = [(part[0][0], True)]
        while pending:
            rule, is_across = pending.pop()
            others = down if is_across else across
            met = [other for other in others if rule.crosses(other)]
            others.difference_update(met)
            part[is_across].extend(met)
            pending += [(other, not is_across) for other in met]
        yield part


def _cells(horizontal: list[Rule], vertical: list[Rule]) -> Iterator[Cell]:
    """The smallest box to the right of and below each crossing."""
    rows = sorted(horizontal, key=lambda rule: -rule.at)
    columns = sorted(vertical, key=lambda rule: rule.at)
    crossing = {row: [column for column in columns if row.crosses(column)] for row in rows}
    for number, row in enumerate(rows):
        for place, left in enumerate(crossing[row]):
            cell = _cell(row, left, crossing[row][place + 1 :], rows[number + 1 :])
            if cell:
                yield cell


def _cell(top: Rule, left: Rule, rights: Sequence[Rule], below: Sequence[Rule]) -> Cell | None:
    for bottom in below:
        if top.at - bottom.at > NEAR and left.crosses(bottom):
            for right in rights:
                if right.at - left.at > NEAR and right.crosses(bottom):
                    return Cell(left.at, bottom.at, right.at, top.at)
    return None
