"""Which pages of a PDF have no text that can be used though there is something to read on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import pypdfium2.raw as pdfium_c

from ingest.extractors.pdf_lines import Line
from ingest.plausible import is_garbled

Lack = Literal["picture", "unnamed", "outlines", "garbled"]
"""A picture where text would be, letters without names, letters drawn as shapes, or letters in no language."""

_FEW_LETTERS = 40
"""A page with fewer letters under a picture that fills it is a scan with a stamp or a number on it."""
_FULL_PAGE = 0.6
_DEPTH = 4
_LOOKED_AT = 3000
"""Shapes of a page that are looked at."""
_LETTER_SHAPES = 8
_LETTER_POINTS = 6
"""The simplest letters have more corners than a rectangle."""
_LARGEST_LETTER = 0.12
"""Of the page's height."""
_ONE_SHAPE_POINTS = 80
"""A whole line can be drawn as one shape."""


def lack(page: Any, lines: Sequence[Line]) -> Lack | None:
    """What a page's text lacks, None where it can be used or there is nothing to read."""
    count = letters(lines)
    if count >= _FEW_LETTERS:
        return "garbled" if is_garbled("\n".join(line.text for line in lines)) else None
    if _is_pictured(page, count):
        return "picture"
    if count:
        return None
    if any(True for _ in page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_TEXT,), max_depth=_DEPTH)):
        return "unnamed"
    return "outlines" if _is_outlined(page) else None


def letters(lines: Sequence[Line]) -> int:
    """How many letters and digits."""
    return sum(char.isalnum() for line in lines for char in line.text)


def _is_pictured(page: Any, count: int) -> bool:
    pictures = page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=_DEPTH)
    if not count:
        return any(True for _ in pictures)
    width, height = page.get_size()
    return any(_area(picture) >= _FULL_PAGE * width * height for picture in pictures)


def _area(picture: Any) -> float:
    left, bottom, right, top = picture.get_bounds()
    return float((right - left) * (top - bottom))


def _is_outlined(page: Any) -> bool:
    """Whether there are shapes of the size of letters with as many corners."""
    shapes = list(_letter_shapes(page))
    return len(shapes) >= _LETTER_SHAPES or sum(shapes) >= _ONE_SHAPE_POINTS


def _letter_shapes(page: Any) -> Iterator[int]:
    """Number of points of each shape that may be a letter or a line of them."""
    height = page.get_size()[1]
    shapes = page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_PATH,), max_depth=_DEPTH)
    for shape in islice(shapes, _LOOKED_AT):
        points = int(pdfium_c.FPDFPath_CountSegments(shape.raw))
        if points >= _LETTER_POINTS:
            _, bottom, _, top = shape.get_bounds()
            if 0 < top - bottom <= _LARGEST_LETTER * height:
                yield points
