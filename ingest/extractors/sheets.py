"""Rows of a spreadsheet → blocks: tables found by their shape, each figure with the labels above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ingest.cleaning import clean
from ingest.extractors.tables import SEPARATOR
from kb.sentences import notice
from kb.values import Block, Notice

MOST_ROWS = 50_000
"""Rows of one file that are read; what is longer is a data set, not a text."""

_LONGEST_LABEL = 80
_MOST_LABEL_ROWS = 3

Row = Sequence[str]


class Budget:
    """Counts the rows read from a file and says when it is used up."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._read = 0
        self._is_over = False

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that may still be read; empty ones are free."""
        for row in rows:
            if any(row):
                if self._read == self._most:
                    self._is_over = True
                    return
                self._read += 1
            yield row

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What to say when rows were left out."""
        if not self._is_over:
            return ()
        return (notice("rows-left-out", most=self._most),)


def sheet_blocks(name: str | None, rows: Iterable[Row], *, level: int = 1) -> Iterator[Block]:
    """Blocks of one sheet under its name; rows that stand alone are text, runs of longer ones are tables."""
    waiting = Block(kind="heading", level=level, text=name) if name else None
    for region in _regions([clean(cell) for cell in row] for row in rows):
        if waiting:
            yield waiting
            waiting = None
        yield from _region_blocks(region)


def _regions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Runs of rows between empty ones."""
    region: list[Row] = []
    for row in rows:
        if any(row):
            region.append(row)
        elif region:
            yield region
            region = []
    if region:
        yield region


def _region_blocks(region: Sequence[Row]) -> Iterator[Block]:
    """Single cells before the first longer row and after the last are titles and notes."""
    wide = [index for index, row in enumerate(region) if _filled(row) > 1]
    first, last = (wide[0], wide[-1]) if wide else (len(region), len(region))
    yield from (_line(row) for row in region[:first])
    yield from _table(region[first : last + 1])
    yield from (_line(row) for row in region[last + 1 :])


def _line(row: Row) -> Block:
    return Block(kind="paragraph", text=" ".join(cell for cell in row if cell))


def _table(rows: Sequence[Row]) -> Iterator[Block]:
    count = _label_rows(rows)
    labels = _labels(rows[:count])
    yield from (Block(kind="table-row", text=_joined(row)) for row in rows[:count])
    for row in rows[count:]:
        yield Block(kind="table-row", text=_joined(row, labels))


def _joined(row: Row, labels: Sequence[str] = ()) -> str:
    """The filled cells, each with the label above it."""
    above = (*labels, *[""] * (len(row) - len(labels)))
    pairs = zip(row, above, strict=False)
    return SEPARATOR.join(f"{label}: {cell}" if label and label != cell else cell for cell, label in pairs if cell)


def _label_rows(rows: Sequence[Row]) -> int:
    """How many rows at the top are labels: words or years, above rows that hold other things."""
    if len(rows) < 2:
        return 0
    count = 0
    for row, following in pairwise(rows[: _MOST_LABEL_ROWS + 1]):
        if not _is_labels(row) or (count and not _differs(row, rows[count:])):
            break
        count += 1
        if _is_complete(row, rows) or not _is_labels(following):
            break
    return count if count and _is_complete(rows[count - 1], rows) else 0


def _is_labels(row: Row) -> bool:
    cells = [cell for cell in row if cell]
    words = [cell for cell in cells if not is_number(cell) or _is_year(cell)]
    return len(words) == len(cells) and all(len(cell) <= _LONGEST_LABEL for cell in cells)


def _is_complete(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a row labels nearly all columns, each differently."""
    cells = [cell for cell in row if cell]
    widest = max(map(_filled, rows))
    return len(cells) >= max(2, widest - 1) and len({*cells}) >= 0.6 * len(cells)


def _differs(row: Row, below: Sequence[Row]) -> bool:
    """Whether the rows below hold numbers, which labels do not."""
    return any(is_number(cell) and not _is_year(cell) for other in below if other is not row for cell in other)


def _labels(rows: Sequence[Row]) -> list[str]:
    """One label for each column; of several rows the upper ones reach to the right over empty cells."""
    if not rows:
        return []
    width = max(map(len, rows))
    spread = [_spread(row, width) for row in rows[:-1]] + [[*rows[-1], *[""] * (width - len(rows[-1]))]]
    return [" ".join(dict.fromkeys(part for part in column if part)) for column in zip(*spread, strict=True)]


def _spread(row: Row, width: int) -> list[str]:
    spread: list[str] = []
    for index in range(width):
        cell = row[index] if index < len(row) else ""
        spread.append(cell or (spread[-1] if spread else ""))
    return spread


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell)


def is_number(text: str) -> bool:
    """Whether a cell shows a number: digits, with signs, units of thousands, per cent or currency around."""
    digits = sum(map(str.isdigit, text))
    return digits > 0 and not any(map(str.isalpha, text.replace("EUR", "").replace("kWh", "")))


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and 1900 <= int(text) <= 2100
