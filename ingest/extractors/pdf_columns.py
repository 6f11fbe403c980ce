"""Reading order of a PDF page: two columns one after the other where the file mixes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.extractors.pdf_lines import Line, PageText, RawLine, Word

_GAP = 1.2
"""A gap this many font sizes wide may be the space between two columns."""
_LOOKED_AT = 8
"""Lines across the middle of a page that are looked at for gaps."""


@dataclass(frozen=True, slots=True)
class Gutter:
    """The empty strip between two columns."""

    x: float

    def side(self, line: Line) -> int:
        """-1 left, 1 right, 0 across."""
        if line.x1 <= self.x:
            return -1
        return 1 if line.x0 >= self.x else 0


def in_reading_order(text: PageText, page: int, height: float) -> list[Line]:
    """Lines of a page as they are read: the file's own order unless it mixes two columns."""
    whole = [_line(raw.words, (raw.x0, raw.x1), raw, page, height) for raw in text.lines]
    if not _may_have_columns(text, whole):
        return whole
    parts = [piece for raw in text.lines for piece in _pieces(text, raw, page, height)]
    gutter = _find_gutter(parts)
    if gutter is None or not _is_mixed(whole, parts, gutter):
        return whole
    return _by_columns(parts, gutter)


def _may_have_columns(text: PageText, whole: Sequence[Line]) -> bool:
    """A cheap look: many lines begin right of the middle, or some of a few have a wide gap within."""
    if not whole:
        return False
    middle = (min(line.x0 for line in whole) + max(line.x1 for line in whole)) / 2
    if sum(line.x0 > 0.95 * middle for line in whole) >= 8:
        return True
    crossing = [raw for raw in text.lines if raw.x0 < middle < raw.x1]
    return any(_gaps(text, raw) for raw in crossing[:: max(1, len(crossing) // _LOOKED_AT)])


def _gaps(text: PageText, raw: RawLine) -> list[int]:
    """Numbers of the words before which a gap is too wide for a space between words."""
    pairs = enumerate(pairwise(text.extents(raw)), start=1)
    return [number for number, (left, right) in pairs if right[0] - left[1] > _GAP * max(raw.size, 6)]


def _pieces(text: PageText, raw: RawLine, page: int, height: float) -> list[Line]:
    """A line cut at its gaps."""
    cuts = [0, *_gaps(text, raw), len(raw.words)]
    pieces = [raw.words[start:end] for start, end in pairwise(cuts)]
    return [_line(words, text.chars.extent(words[0].start, words[-1].end), raw, page, height) for words in pieces]


def _line(words: Sequence[Word], extent: tuple[float, float], raw: RawLine, page: int, height: float) -> Line:
    return Line(" ".join(word.text for word in words), page, *extent, raw.y, raw.size, raw.bold, height)


def _find_gutter(parts: Sequence[Line]) -> Gutter | None:
    """The strip near the middle that fewest lines cross, if running text stands on both sides of it."""
    if len(parts) < 20:
        return None
    left, right = min(part.x0 for part in parts), max(part.x1 for part in parts)
    width = right - left
    middle = [left + width * share / 100 for share in range(35, 66)]
    crossing = [sum(1 for part in parts if part.x0 < x < part.x1) for x in middle]
    fewest = min(crossing)
    best = [x for x, count in zip(middle, crossing, strict=True) if count == fewest]
    gutter = Gutter(best[len(best) // 2])
    return gutter if fewest <= 0.25 * len(parts) and _has_text_on_both_sides(parts, gutter, width) else None


def _has_text_on_both_sides(parts: Sequence[Line], gutter: Gutter, width: float) -> bool:
    """Both sides hold many long lines beside each other: columns, not a table's cells."""
    sides = [[part for part in parts if gutter.side(part) == side] for side in (-1, 1)]
    if min(map(len, sides)) < 8:
        return False
    if min(median(len(part.text) for part in side) for side in sides) < 20:
        return False
    if min(median(part.x1 - part.x0 for part in side) for side in sides) < 0.25 * width:
        return False
    tops, bottoms = [min(p.y for p in side) for side in sides], [max(p.y for p in side) for side in sides]
    return min(bottoms) - max(tops) > 0.3 * (max(bottoms) - min(tops))


def _is_mixed(whole: Sequence[Line], parts: Sequence[Line], gutter: Gutter) -> bool:
    """Whether the file's order jumps between the columns line by line."""
    merged = sum(1 for line in whole if gutter.side(line) == 0) - sum(1 for part in parts if gutter.side(part) == 0)
    sides = [side for part in parts if (side := gutter.side(part))]
    jumps = sum(1 for one, other in pairwise(sides) if one != other)
    return merged > 3 or jumps > 6


def _by_columns(parts: Sequence[Line], gutter: Gutter) -> list[Line]:
    """Bands between lines that cross the gutter, in each first the left column, then the right one."""
    ordered: list[Line] = []
    band: list[Line] = []
    for part in sorted(parts, key=lambda line: (line.y, line.x0)):
        if gutter.side(part):
            band.append(part)
        else:
            ordered += [*_columns(band, gutter), part]
            band = []
    return ordered + _columns(band, gutter)


def _columns(band: Sequence[Line], gutter: Gutter) -> list[Line]:
    return sorted(band, key=gutter.side)
