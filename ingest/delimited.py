"""Which sign divides the cells of a table in text form, and whether a text is one."""

from __future__ import annotations

import csv
import io
from collections import Counter

_SEPARATORS = (";", "\t", ",", "|")
_SAMPLE_LINES = 60


def separator_of(text: str) -> str | None:
    """The sign that divides most lines into the same number of cells, None where none does.

    Letting a CSV reader count, instead of counting signs, keeps commas within quotes out of it.
    """
    sample = "\n".join(text.split("\n")[:_SAMPLE_LINES])
    rated = {sign: _agreement(sample, sign) for sign in _SEPARATORS}
    best = max(rated, key=lambda sign: rated[sign])
    return best if rated[best] > (0, 0) else None


def _agreement(sample: str, separator: str) -> tuple[float, int]:
    """Share of the lines that have the commonest number of cells, and that number; nothing for one cell."""
    try:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=separator) if any(row))
    except csv.Error:
        return (0, 0)
    if not widths:
        return (0, 0)
    width, lines = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
    return (round(lines / widths.total(), 1), width) if width > 1 else (0, 0)


def looks_like(text: str) -> bool:
    """Whether text without a telling name is a table: five lines and more, all with the same three cells and more."""
    lines = [line for line in text.split("\n")[:_SAMPLE_LINES] if line.strip()]
    sign = separator_of(text) if len(lines) >= 5 else None
    if sign is None or sign == "|":
        return False
    share, width = _agreement("\n".join(lines), sign)
    # Prose has a space behind its commas, tables have not.
    is_prose = sign == "," and text.count(", ") > text.count(",") / 2
    return share == 1 and width >= 3 and not is_prose
