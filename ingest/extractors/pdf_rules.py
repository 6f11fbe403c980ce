"""The ruling lines of a PDF page: strokes, thin boxes and the edges of boxes, put together where they touch."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium_c

NEAR = 3.0
"""Points within which two rules are at the same place or touch."""
_THIN = 2.5
_SHORTEST = 6.0
_MOST_OBJECTS = 6000
"""A page with more objects is a map or a drawing; looking for tables in it costs much and finds none."""
_MOST_SEGMENTS = 400

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points, y upwards."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: `at` is its y (or x when vertical), `start` and `end` where it begins and ends."""

    at: float
    start: float
    end: float

    def reaches(self, position: float) -> bool:
        return self.start - NEAR <= position <= self.end + NEAR

    def crosses(self, other: Rule) -> bool:
        """Whether it meets a rule of the other direction."""
        return self.reaches(other.at) and other.reaches(self.at)


def read_rules(page: Any) -> tuple[list[Rule], list[Rule]]:
    """Horizontal and vertical rules of a page, to be used while it is open."""
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    for left, bottom, right, top in _boxes(page.raw):
        if right - left >= _SHORTEST:
            ys = {(bottom + top) / 2} if top - bottom <= _THIN else {bottom, top}
            horizontal += [Rule(y, left, right) for y in ys]
        if top - bottom >= _SHORTEST:
            xs = {(left + right) / 2} if right - left <= _THIN else {left, right}
            vertical += [Rule(x, bottom, top) for x in xs]
    return _joined(horizontal), _joined(vertical)


def _boxes(page: Any) -> Iterator[Box]:
    """Bounds of all that is drawn with straight lines."""
    count = pdfium_c.FPDFPage_CountObjects(page)
    if count > _MOST_OBJECTS:
        return
    for number in range(count):
        item = pdfium_c.FPDFPage_GetObject(page, number)
        if pdfium_c.FPDFPageObj_GetType(item) == pdfium_c.FPDF_PAGEOBJ_PATH:
            segments = pdfium_c.FPDFPath_CountSegments(item)
            if segments <= 5:
                yield from _bounds(item)
            elif segments <= _MOST_SEGMENTS:
                yield from _strokes(item, segments)


def _bounds(item: Any) -> Iterator[Box]:
    numbers = [ctypes.c_float() for _ in range(4)]
    if pdfium_c.FPDFPageObj_GetBounds(item, *numbers):
        left, bottom, right, top = (number.value for number in numbers)
        yield left, bottom, right, top


def _strokes(item: Any, count: int) -> Iterator[Box]:
    """The straight parts of a path that draws many: a whole grid is often one."""
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(item, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[bool, float, float]] = []
    for number in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(item, number)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        is_line = pdfium_c.FPDFPathSegment_GetType(segment) == pdfium_c.FPDF_SEGMENT_LINETO
        across = matrix.a * x.value + matrix.c * y.value + matrix.e
        points.append((is_line, across, matrix.b * x.value + matrix.d * y.value + matrix.f))
    for (_, x0, y0), (is_line, x1, y1) in pairwise(points):
        if is_line and min(abs(x1 - x0), abs(y1 - y0)) <= _THIN / 2:
            yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """The same rules with pieces of one line put together, ascending."""
    joined: list[Rule] = []
    for row in _level(rules):
        at = row[0].at
        start, end = row[0].start, row[0].end
        for rule in row[1:]:
            if rule.start > end + NEAR:
                joined.append(Rule(at, start, end))
                start = rule.start
                end = rule.end
            end = max(end, rule.end)
        joined.append(Rule(at, start, end))
    return joined


def _level(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Groups of rules at the same height, each from start to end."""
    row: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if row and rule.at - row[0].at > NEAR:
            yield sorted(row, key=lambda rule: rule.start)
            row = []
        row.append(rule)
    if row:
        yield sorted(row, key=lambda rule: rule.start)
