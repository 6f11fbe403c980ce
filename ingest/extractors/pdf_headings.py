"""Which paragraphs of a PDF are headings, and how deep: by its outline, by size, by weight."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from ingest.cleaning import NO_LEXICON, clean
from ingest.extractors.pdf_paragraphs import Metrics, Paragraph

_MAX_LENGTH = 200
_MAX_LEVEL = 6
_LETTERS_ONLY = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"^\W*(?:\d+[.\s)]*)+")
_UNFINISHED = re.compile(r"[,;:/]$|[^\W\d]\.$")
_OFTEN = 4
"""What is set apart this often is a form's label, not a heading."""


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of the file's own table of contents; `page` counts from 1, None when it leads nowhere."""

    title: str
    level: int
    page: int | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline, ready to be compared with paragraphs."""

    levels: dict[str, list[tuple[int | None, int]]]

    @classmethod
    def of(cls, entries: Sequence[OutlineEntry]) -> Outline:
        levels: dict[str, list[tuple[int | None, int]]] = {}
        for entry in entries:
            levels.setdefault(_key(entry.title), []).append((entry.page, entry.level))
        levels.pop("", None)
        return cls(levels)

    def level(self, text: str, page: int) -> int:
        """Level of the entry that this text on this page is the heading of, 0 when there is none."""
        return next((level for at, level in self.levels.get(_key(text), ()) if at in (None, page)), 0)


def _key(title: str) -> str:
    """Titles compare without numbering, punctuation and case, which outlines often leave out."""
    return _LETTERS_ONLY.sub("", _NUMBERING.sub("", clean(title))).casefold()


def heading_levels(paragraphs: Sequence[Paragraph], metrics: Metrics, outline: Outline) -> list[int]:
    """For each paragraph its level as a heading, 0 for text."""
    bold_counts = _bold_is_special(paragraphs)
    texts = [paragraph.text(NO_LEXICON)[0] if _may_be(paragraph) else "" for paragraph in paragraphs]
    listed = [outline.level(text, p.page) if text else 0 for text, p in zip(texts, paragraphs, strict=True)]
    counts = Counter(texts)
    styles = [
        _style(p, metrics) if counts[text] < _OFTEN and _stands_out(text, p, metrics, bold_counts) else (0.0, False)
        for text, p in zip(texts, paragraphs, strict=True)
    ]
    ranks = _ranks(styles, listed)
    return [level or ranks.get(style, 0) for level, style in zip(listed, styles, strict=True)]


def _may_be(paragraph: Paragraph) -> bool:
    return (
        not paragraph.footnote
        and not paragraph.is_bulleted
        and sum(len(line.text) for line in paragraph.lines) <= _MAX_LENGTH
    )


def _stands_out(text: str, paragraph: Paragraph, metrics: Metrics, bold_counts: bool) -> bool:
    if paragraph.is_row or sum(map(str.isalpha, text)) < 3 or _UNFINISHED.search(text) or not _starts_like_one(text):
        return False
    size = metrics.size(paragraph.lines[0]) if not paragraph.size else paragraph.size
    if size >= 1.15 * metrics.body:
        return True
    return bold_counts and paragraph.bold and size > 0.95 * metrics.body and len(text) <= 120


def _starts_like_one(text: str) -> bool:
    first = next((char for char in text if char.isalnum()), "")
    return first.isdigit() or not first.islower()


def _bold_is_special(paragraphs: Sequence[Paragraph]) -> bool:
    """Bold marks headings only where most of the text is not bold."""
    lengths = [(p.bold, sum(len(line.text) for line in p.lines)) for p in paragraphs]
    return sum(length for bold, length in lengths if bold) < 0.25 * max(1, sum(length for _, length in lengths))


def _style(paragraph: Paragraph, metrics: Metrics) -> tuple[float, bool]:
    size = paragraph.size or metrics.body
    return (round(size), True) if size >= 1.15 * metrics.body else (round(metrics.body), paragraph.bold)


def _ranks(styles: Sequence[tuple[float, bool]], listed: Sequence[int]) -> dict[tuple[float, bool], int]:
    """Level of each heading style: as the outline has it for that style, else by descending size."""
    known: dict[tuple[float, bool], list[int]] = {}
    for style, level in zip(styles, listed, strict=True):
        if level and style[0]:
            known.setdefault(style, []).append(level)
    ranks: dict[tuple[float, bool], int] = {}
    deepest = 0
    for style in sorted({style for style in styles if style[0]}, reverse=True):
        deepest = max(deepest, median_low(known[style])) if style in known else deepest + 1
        ranks[style] = min(deepest, _MAX_LEVEL)
    return ranks
