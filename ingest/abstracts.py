"""The part of a document that says in short what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 1_500
"""Characters of an abstract."""

FEWEST_LETTERS = 200
EARLY = 5
"""Passages among which the first with running text stands for an abstract that is not there."""

_WORDS = (
    r"abstract|(?:executive |management )?summary|riassunto|sintesi|in sintesi|sommario|résumé|synthèse|en bref|"
    r"zusammenfassung|kurzfassung|kurzbeschreibung|auf einen blick|resumen(?: ejecutivo)?|streszczenie|resumo|"
    r"samenvatting|sammanfattning|sammendrag|resumé|tiivistelmä|rezumat|shrnutí|souhrn|összefoglaló|sažetak|povzetek|"
    r"zhrnutie|kokkuvõte|kopsavilkums|santrauka|περίληψη|резюме"
)
_NUMBER = r"(?:[\divx]+[.)]?\s+)?"
_HEADING = re.compile(rf"{_NUMBER}(?:{_WORDS})\s*[:.–-]?", re.I)
_OPENING = re.compile(rf"(?:{_WORDS})\s*[:.–—-]\s+(?=\S)", re.I)
_SENTENCE_END = re.compile(r"[.!?…][\"»”’)]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Abstract:
    """Where it stands: in passage number `row`, `start` to `end` in that passage's text."""

    row: int
    start: int
    end: int
    named: bool
    """Whether the document itself calls it one."""


def abstract(passages: Sequence[tuple[Sequence[str], str]]) -> Abstract | None:
    """What stands under "Abstract", "Riassunto" and the like, else the first running text; None without any.

    Each passage is its heading path and its text.
    """
    for row, (headings, text) in enumerate(passages):
        opening = _OPENING.match(text)
        under = bool(headings) and _HEADING.fullmatch(headings[-1].strip()) is not None
        if (under or opening) and _is_prose(text):
            start = opening.end() if opening else 0
            return Abstract(row, start, _end(text, start), named=True)
    for row, (_, text) in enumerate(passages[:EARLY]):
        if _is_prose(text) and sum(map(str.isalpha, text)) >= FEWEST_LETTERS:
            return Abstract(row, 0, _end(text, 0), named=False)
    return None


def _is_prose(text: str) -> bool:
    """Whether it is sentences rather than a list of chapters or figures."""
    signs = sum(not char.isspace() for char in text)
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    return letters >= 0.8 * signs and digits <= 0.08 * signs and _SENTENCE_END.search(text) is not None


def _end(text: str, start: int) -> int:
    """The end of the last whole sentence within the longest length."""
    if len(text) - start <= LONGEST:
        return len(text)
    ends = [found.end() for found in _SENTENCE_END.finditer(text, start, start + LONGEST)]
    return ends[-1] if ends else start + LONGEST
