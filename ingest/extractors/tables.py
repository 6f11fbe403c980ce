"""Table rows → blocks: each row says what its cells are, so that it can be understood by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.cleaning import clean
from kb.values import Block

_MAX_LABEL = 60
_YEAR = re.compile(r"(?:19|20)\d\d")
SEPARATOR = " | "


def row_blocks(rows: Sequence[Sequence[str]], *, header_rows: int | None = None) -> Iterator[Block]:
    """One block a row, its cells labelled with the header above them.

    `header_rows` is how many rows the file declares as header; None lets the first row's shape tell.
    """
    cleaned = [[clean(cell) for cell in row] for row in rows]
    filled = [row for row in cleaned if any(row)]
    count = _header_rows(filled) if header_rows is None else min(header_rows, len(filled))
    labels = filled[count - 1] if count else []
    for number, row in enumerate(filled):
        yield Block(kind="table-row", text=row_text(row, labels if number >= count else []))


def _header_rows(rows: Sequence[Sequence[str]]) -> int:
    return int(has_header(rows))


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row looks like labels: full, short, distinct, no numbers but years, above longer rows.

    The corner above a column of labels is often left empty.
    """
    if len(rows) < 3 or len(rows[0]) < 2:
        return False
    first = rows[0] if rows[0][0] else rows[0][1:]
    is_labels = all(first) and len({*first}) == len(first) and max(map(len, first)) <= _MAX_LABEL
    return is_labels and not any(cell[0].isdigit() and not _YEAR.fullmatch(cell) for cell in first)


def row_text(row: Sequence[str], labels: Sequence[str] = ()) -> str:
    """The cells of a row in one line, each with the label above it where there is one."""
    return SEPARATOR.join(_cells(row, labels))


def _cells(row: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    for index, cell in enumerate(row):
        label = labels[index] if index < len(labels) else ""
        if cell:
            yield f"{label}: {cell}" if label and label != cell else cell
