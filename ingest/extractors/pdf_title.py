"""The title of a PDF by its looks alone: what is set largest on the first page with text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from ingest.cleaning import NO_LEXICON
from ingest.extractors.pdf_paragraphs import Metrics, Paragraph

_LONGEST = 250
_WORD = re.compile(r"[^\W\d_]{4}")
_LARGER = 1.15
_SAME_SIZE = 0.08
_UPPER_PART = 0.6


def title_by_looks(paragraphs: Sequence[Paragraph], metrics: Metrics) -> str | None:
    """The largest lines of the first page, or the first bold one in its upper part; None when nothing stands out."""
    page = paragraphs[0].page if paragraphs else 0
    first = [paragraph for paragraph in paragraphs if paragraph.page == page]
    candidates = [paragraph for paragraph in first if _may_be(paragraph)]
    largest = max((paragraph.size for paragraph in candidates), default=0.0)
    if largest >= _LARGER * metrics.body:
        return _joined(first, candidates, largest)
    bold = (p for p in candidates if p.bold and p.lines[0].y < _UPPER_PART * p.lines[0].height and p is not first[-1])
    return next((paragraph.text(NO_LEXICON)[0] for paragraph in bold), None)


def _may_be(paragraph: Paragraph) -> bool:
    if paragraph.footnote or paragraph.is_row or paragraph.is_bulleted:
        return False
    text = paragraph.text(NO_LEXICON)[0]
    return len(text) <= _LONGEST and bool(_WORD.search(text)) and not text[0].islower()


def _joined(first: Sequence[Paragraph], candidates: Sequence[Paragraph], largest: float) -> str:
    """The first run of paragraphs of that size: a title's lines may stand apart."""
    run = next(iter(_runs(first, candidates, largest)))
    text = ""
    for paragraph in run:
        longer = f"{text} {paragraph.text(NO_LEXICON)[0]}".strip()
        if text and len(longer) > _LONGEST:
            break
        text = longer
    return text


def _runs(first: Sequence[Paragraph], candidates: Sequence[Paragraph], largest: float) -> Iterator[list[Paragraph]]:
    chosen = {id(p) for p in candidates if p.size >= (1 - _SAME_SIZE) * largest}
    for is_large, run in groupby(first, key=lambda paragraph: id(paragraph) in chosen):
        if is_large:
            yield list(run)
