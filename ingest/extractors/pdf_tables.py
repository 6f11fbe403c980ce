"""Tables of a PDF page, row by row: cells that rules enclose, with the words that stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ingest.cleaning import unwrap
from ingest.extractors.pdf_grid import Cell, Grid, find_grids
from ingest.extractors.pdf_lines import Line, PageText, RawLine, Word
from ingest.extractors.pdf_rules import NEAR, read_rules
from ingest.extractors.tables import has_header, row_text

_LABEL = 80
"""A cell over several rows is repeated in each of them when it has no more letters than this."""


@dataclass
class Filled:
    """A cell and the pieces of lines that stand in it."""

    cell: Cell
    pieces: list[RawLine] = field(default_factory=list)

    @cached_property
    def text(self) -> str:
        """What stands in it, to be asked for when it is full."""
        return unwrap([" ".join(word.text for word in piece.words) for piece in self.pieces])


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table; `top` is its upper edge, y downwards."""

    top: float
    x0: float
    x1: float
    rows: tuple[Line, ...]


def take_tables(page: Any, text: PageText, number: int, height: float) -> tuple[PageText, list[Table]]:
    """Tables of a page, and the page's text without them."""
    if text.chars.angle or not text.lines:
        return text, []
    tables = []
    for grid in find_grids(*read_rules(page)):
        filled, rest = _fill(grid, text, height)
        rows = tuple(_rows(grid, filled, number, height)) if _is_table(grid, filled) else ()
        if rows:
            tables.append(Table(height - grid.box.top, grid.box.left, grid.box.right, rows))
            text = PageText(rest, text.chars)
    return text, tables


def with_tables(lines: Sequence[Line], tables: Sequence[Table]) -> list[Line]:
    """The lines in their order, each table where most of what stands above it is before it and what is below after."""
    ordered = list(lines)
    for table in tables:
        place = _place(ordered, table)
        ordered[place:place] = table.rows
    return ordered


def _place(lines: Sequence[Line], table: Table) -> int:
    """Where a table goes: a page's foot may be drawn first, so no single line decides."""
    gain, best, place = 0, 0, 0
    for number, line in enumerate(lines, start=1):
        if line.x0 < table.x1 and table.x0 < line.x1:
            gain += 1 if line.y <= table.top else -1
            if gain > best:
                best, place = gain, number
    return place


def _fill(grid: Grid, text: PageText, height: float) -> tuple[list[Filled], tuple[RawLine, ...]]:
    """The grid's cells with their words, and all lines without those words."""
    filled = [Filled(cell) for cell in grid.cells]
    rest: list[RawLine] = []
    for line in text.lines:
        middle = height - line.y + 0.3 * line.size
        beside = line.x1 < grid.box.left or line.x0 > grid.box.right
        if beside or not grid.box.bottom <= middle <= grid.box.top:
            rest.append(line)
            continue
        row = [one for one in filled if one.cell.bottom <= middle <= one.cell.top]
        rest += _share_out(line, text, row)
    return filled, tuple(rest)


def _share_out(line: RawLine, text: PageText, row: Sequence[Filled]) -> Iterator[RawLine]:
    """Put a line's words into the cells they stand in; pieces outside all of them are given back."""
    pieces: list[tuple[Filled | None, list[Word]]] = []
    extents = text.extents(line)
    for word, (start, end) in zip(line.words, extents, strict=True):
        middle = (start + end) / 2
        home = next((one for one in row if one.cell.left <= middle <= one.cell.right), None)
        if not pieces or pieces[-1][0] is not home:
            pieces.append((home, []))
        pieces[-1][1].append(word)
    for home, words in pieces:
        x0, x1 = text.chars.extent(words[0].start, words[-1].end)
        piece = RawLine(tuple(words), x0, x1, line.y, line.size, line.bold)
        if home is None:
            yield piece
        else:
            home.pieces.append(piece)


def _is_table(grid: Grid, filled: Sequence[Filled]) -> bool:
    """Whether words stand side by side in several rows: a chart's grid or a frame has none or one."""
    with_text = [one for one in filled if one.pieces]
    sides = [sum(1 for one in with_text if abs(one.cell.top - top) <= NEAR) for top in grid.tops]
    full = sum(count >= 2 for count in sides)
    return full >= 2 or (full == 1 and max(sides) >= 3 and 2 * len(with_text) >= len(filled))


def _rows(grid: Grid, filled: Sequence[Filled], number: int, height: float) -> Iterator[Line]:
    bands = [band for top in grid.tops if (band := _band(filled, top))]
    shapes = [tuple(grid.column(one.cell) for one in band) for band in bands]
    texts = [tuple(one.text for one in band) for band in bands]
    like_first = [row for row, shape in zip(texts, shapes, strict=True) if shape == shapes[0]]
    labels = texts[0] if has_header(like_first) else ()
    for place, (band, shape, row) in enumerate(zip(bands, shapes, texts, strict=True)):
        own = [piece for one in band for piece in one.pieces]
        if sum(map(bool, row)) > 1:
            yield _row(row_text(row, labels if place and shape == shapes[0] else ()), own, number, height)
        else:
            # A title that goes across the table, or a box of running text.
            yield from (_plain(piece, number, height) for piece in own)


def _band(filled: Sequence[Filled], top: float) -> list[Filled]:
    """Cells that begin in this row, from left to right, and labels that reach into it from above."""
    begun = [one for one in filled if abs(one.cell.top - top) <= NEAR]
    reaching = [
        one
        for one in filled
        if one.cell.bottom < top - NEAR and one.cell.top > top + NEAR and 0 < len(one.text) <= _LABEL
    ]
    return sorted(begun + reaching, key=lambda one: one.cell.left) if any(one.pieces for one in begun) else []


def _row(text: str, pieces: Sequence[RawLine], page: int, height: float) -> Line:
    x0, x1 = min(piece.x0 for piece in pieces), max(piece.x1 for piece in pieces)
    y = max(piece.y for piece in pieces)
    bold = all(piece.bold for piece in pieces)
    return Line(text, page, x0, x1, y, pieces[0].size, bold, height, is_row=True)


def _plain(piece: RawLine, page: int, height: float) -> Line:
    text = " ".join(word.text for word in piece.words)
    return Line(text, page, piece.x0, piece.x1, piece.y, piece.size, piece.bold, height)
