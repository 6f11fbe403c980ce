"""What Tesseract answers, an hOCR page, as lines with their geometry and the confidence in them.

hOCR: http://kba.github.io/hocr-spec/1.2/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from lxml import etree

from ingest.extractors.pdf_lines import Line
from ingest.recognition.render import Sheet

_LINES = "//*[@class='ocr_line' or @class='ocr_header' or @class='ocr_caption' or @class='ocr_textfloat']"
_UNSURE_WORD = 0.3
_UNSURE_LINE = 0.45
_LIKE_BODY = 0.25
"""Measured sizes waver with the letters of a line; this much of a difference is none."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the confidence in it, 0..1."""

    text: str
    confidence: float

    @property
    def letters(self) -> int:
        return sum(map(str.isalnum, self.text))


@dataclass(frozen=True, slots=True)
class Reading:
    """The lines of a page in reading order, and the mean confidence of their words, weighed by letters."""

    lines: tuple[Line, ...]
    confidence: float

    @property
    def text(self) -> str:
        """All lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def letters(self) -> int:
        """How many letters and digits were read."""
        return sum(map(str.isalnum, self.text))


@dataclass(frozen=True, slots=True)
class _Found:
    words: tuple[Word, ...]
    box: tuple[float, float, float, float]
    baseline: float
    size: float


def parse(answer: bytes, sheet: Sheet, page: int) -> Reading:
    """The lines of an answer, without what is noise."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(answer, parser)
    found = [] if root is None else [line for line in map(_found, root.xpath(_LINES)) if _is_text(line)]
    body = median([line.size for line in found]) if found else 0.0
    lines = tuple(_line(line, sheet, page, body) for line in found)
    return Reading(lines, confidence([word for line in found for word in line.words]))


def confidence(words: Sequence[Word]) -> float:
    """Mean confidence of words, long ones counting more; 0 without any."""
    letters = sum(word.letters for word in words)
    return sum(word.confidence * word.letters for word in words) / letters if letters else 0.0


def _found(element: Any) -> _Found:
    facts = _facts(element)
    words = tuple(_words(element))
    left, top, right, bottom = (*facts.get("bbox", ()), 0.0, 0.0, 0.0, 0.0)[:4]
    _, offset = (*facts.get("baseline", ()), 0.0, 0.0)[:2]
    size = (*facts.get("x_size", ()), bottom - top)[0]
    return _Found(words, (left, top, right, bottom), bottom + offset, size)


def _words(line: Any) -> Iterator[Word]:
    for element in line.xpath(".//*[@class='ocrx_word']"):
        text = " ".join("".join(element.itertext()).split())
        word = Word(text, (*_facts(element).get("x_wconf", ()), 0.0)[0] / 100)
        if text and (word.letters or word.confidence > 0.6) and word.confidence >= _UNSURE_WORD:
            yield word


def _facts(element: Any) -> dict[str, tuple[float, ...]]:
    """The properties of an element's title that are numbers: `bbox 1 2 3 4; x_wconf 96`."""
    facts = {}
    for part in element.get("title", "").split(";"):
        name, *values = part.split()
        numbers = [value for value in values if re.fullmatch(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", value)]
        facts[name] = tuple(map(float, numbers))
    return facts


def _is_text(line: _Found) -> bool:
    return bool(line.words) and confidence(line.words) >= _UNSURE_LINE


def _line(found: _Found, sheet: Sheet, page: int, body: float) -> Line:
    left, _, right, _ = found.box
    size = body if abs(found.size - body) <= _LIKE_BODY * body else found.size
    return Line(
        text=" ".join(word.text for word in found.words),
        page=page,
        x0=left * sheet.points,
        x1=right * sheet.points,
        y=found.baseline * sheet.points,
        size=round(size * sheet.points, 1),
        bold=False,
        height=sheet.height * sheet.points,
    )
