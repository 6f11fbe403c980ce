"""One PDF page → its text lines with their geometry, in reading order."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as pdfium_c

# The library marks a hyphen at a line's end with one of these and leaves out the line break.
_LINE_END_HYPHEN = re.compile("[\ufffe\x02]")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_WORD = re.compile(r"\S+")
_BOLD_NAME = re.compile(r"bold|black|heavy|semib|demi|-bd\b|-medi(?:ital)?$|^(?:[A-Z]{6}\+)?(?:cm|sf)bx", re.I)
_FORCE_BOLD = 1 << 18
_STYLE_SAMPLES = 3
"""Words of a line whose font is looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a page; coordinates in points, y downwards from the page's top, at the baseline.

    `size` is 0 where the geometry is unknown; `height` is the page's. `is_row` marks a whole row of a table.
    """

    text: str
    page: int
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    height: float
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and where it stands in the page's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as the library cuts it, with its words still apart."""

    words: tuple[Word, ...]
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


class CharReader:
    """Reads geometry of single characters from a text page, turned so that most text runs left to right."""

    def __init__(self, textpage: Any, text: str, height: float) -> None:
        self._raw = textpage.raw
        self._height = height
        self._shifts = _utf16_shifts(text)
        self._is_bold: dict[tuple[str, int], bool] = {}
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._font = ctypes.create_string_buffer(256)
        self._flags = ctypes.c_int()
        self._matrix = pdfium_c.FS_MATRIX()
        self.angle = 0.0

    def index(self, offset: int) -> int:
        """The library's number of the character at an offset in the page's text."""
        shift = self._shifts[offset] if self._shifts else 0
        return int(pdfium_c.FPDFText_GetCharIndexFromTextIndex(self._raw, offset + shift))

    def extent(self, start_offset: int, end_offset: int) -> tuple[float, float]:
        """Where the text between two offsets begins and ends along the line."""
        start, end = self._box(self.index(start_offset)), self._box(self.index(end_offset - 1))
        points = [self._turn(x, y)[0] for x, y in (*start, *end)]
        return min(points), max(points)

    def baseline(self, index: int) -> float:
        x, y = self._numbers[:2]
        pdfium_c.FPDFText_GetCharOrigin(self._raw, index, x, y)
        return self._height - self._turn(x.value, y.value)[1]

    def size(self, index: int) -> float:
        """Font size in points after the text matrix, which many writers use for scaling."""
        scale = 1.0
        if pdfium_c.FPDFText_GetMatrix(self._raw, index, self._matrix):
            scale = math.hypot(self._matrix.c, self._matrix.d) or 1.0
        # Some writers turn their letters over twice, the size being negative once.
        return float(round(abs(pdfium_c.FPDFText_GetFontSize(self._raw, index)) * scale, 1))

    def font(self, index: int) -> str:
        """Name of the font."""
        length = pdfium_c.FPDFText_GetFontInfo(self._raw, index, self._font, 256, self._flags)
        return self._font.value.decode("latin-1") if length else ""

    def is_bold(self, index: int) -> bool:
        key = self.font(index), self._flags.value
        if key not in self._is_bold:
            self._is_bold[key] = bool(_BOLD_NAME.search(key[0])) or bool(key[1] & _FORCE_BOLD)
        return self._is_bold[key]

    def char_angle(self, index: int) -> float:
        return float(pdfium_c.FPDFText_GetCharAngle(self._raw, index))

    def _box(self, index: int) -> tuple[tuple[float, float], tuple[float, float]]:
        left, right, bottom, top = self._numbers
        pdfium_c.FPDFText_GetCharBox(self._raw, index, left, right, bottom, top)
        return (left.value, bottom.value), (right.value, top.value)

    def _turn(self, x: float, y: float) -> tuple[float, float]:
        if not self.angle:
            return x, y
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        return x * cosine + y * sine, y * cosine - x * sine


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of a page in the order in which the file draws them."""

    lines: tuple[RawLine, ...]
    chars: CharReader

    def extents(self, line: RawLine) -> list[tuple[float, float]]:
        """Where each word begins and ends; slow, so asked for where columns are likely only."""
        return [self.chars.extent(word.start, word.end) for word in line.words]


def read_lines(textpage: Any, height: float) -> PageText:
    """All lines of a page, to be used while it is open."""
    text = textpage.get_text_range()
    chars = CharReader(textpage, text, height)
    spans = [span for span in _line_spans(text) if text[span[0] : span[1]].strip()]
    chars.angle = _page_angle(chars, spans)
    return PageText(tuple(_raw_line(text, span, chars) for span in spans), chars)


def _line_spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each line, and whether a word is divided at its end."""
    start = 0
    for match in re.finditer(f"{_LINE_END_HYPHEN.pattern}|{_LINE_BREAK.pattern}", text):
        # At the start of a line the same code is a bullet whose glyph has no Unicode value.
        hyphen = bool(_LINE_END_HYPHEN.match(match[0]))
        if hyphen and not text[start : match.start()].strip():
            continue
        yield start, match.start(), hyphen
        start = match.end()
    yield start, len(text), False


def _utf16_shifts(text: str) -> list[int] | None:
    """For each character, how many UTF-16 units precede it beyond its index; None when there are none."""
    if text.isascii() or max(text) <= "\uffff":
        return None
    shifts, extra = [], 0
    for char in text:
        shifts.append(extra)
        extra += char > "\uffff"
    return shifts


def _page_angle(chars: CharReader, spans: list[tuple[int, int, bool]]) -> float:
    """The angle at which most lines run, 0 unless it is a quarter or half turn."""
    turns: dict[int, int] = {}
    for start, end, _ in spans:
        turn = round(chars.char_angle(chars.index((start + end) // 2)) / (math.pi / 2)) % 4
        turns[turn] = turns.get(turn, 0) + end - start
    return max(turns, key=lambda turn: turns[turn]) * math.pi / 2 if turns else 0.0


def _raw_line(text: str, span: tuple[int, int, bool], chars: CharReader) -> RawLine:
    start, end, hyphen = span
    words = [Word(found[0], found.start(), found.end()) for found in _WORD.finditer(text, start, end)]
    x0, x1 = chars.extent(words[0].start, words[-1].end)
    samples = words[:: max(1, len(words) // _STYLE_SAMPLES)]
    indices = [chars.index(word.start) for word in samples]
    baselines = sorted(chars.baseline(index) for index in indices)
    longest = max(range(len(samples)), key=lambda number: len(samples[number].text))
    bold = all(chars.is_bold(index) for index in indices)
    marked = tuple(_marked(words, hyphen, chars))
    return RawLine(marked, x0, x1, baselines[len(baselines) // 2], chars.size(indices[longest]), bold)


def _marked(words: list[Word], hyphen: bool, chars: CharReader) -> list[Word]:
    """The words with what the library hides: a hyphen at the end, a bullet that is drawn as a letter."""
    if hyphen:
        words[-1] = replace(words[-1], text=words[-1].text + "-")
    if words[0].text == "o" and len(words) > 1:
        one, two = (chars.font(chars.index(word.start)) for word in words[:2])
        if one != two:
            words[0] = replace(words[0], text="•")
    return words
