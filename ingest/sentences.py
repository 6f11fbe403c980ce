"""Where sentences end, for cutting long paragraphs: simple rules that err on the side of not cutting."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end in a text, end excluded."""

_END = re.compile(r"(?:[.!?…]+[\"»”’)\]]*|[;。！？])\s+(?=[\"«“‘„(\[¿¡•–—-]*\s?[^\W_a-zß-öø-ÿ])|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b\w|\b(?:art|artt|n|nr|no|cfr|ecc|es|fig|tab|pag|pagg|pp|vol|cap|sig|dott|ing|arch|prof|dr|mr|mrs|st|abs|bzw|vgl|"
    r"ca|usw|ggf|inkl|str|tel|al|etc|ex|env|min|max|resp|sog|gem|lett|co|d\.lgs|lgs|reg|del|op|cit|ss|sgg|ref|ed|eds))\.$",
    re.I,
)
_NUMERAL = re.compile(r"(?:^|\s)\d{1,3}\.$")


def split(text: str, span: Span) -> list[Span]:
    """Spans of the sentences within a span, without the white space between them."""
    return list(_trimmed(text, _cuts(text, span)))


def words(text: str, span: Span) -> list[Span]:
    """Spans of what white space separates."""
    return [(found.start() + span[0], found.end() + span[0]) for found in re.finditer(r"\S+", text[slice(*span)])]


def halves(span: Span) -> list[Span]:
    """Both halves of a span that nothing else divides."""
    middle = (span[0] + span[1]) // 2
    return [(span[0], middle), (middle, span[1])]


def _cuts(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    for found in _END.finditer(text, start, end):
        before = text[max(start, found.start() - 12) : found.end()].rstrip()
        if _ABBREVIATION.search(before) or _NUMERAL.search(before) or found.end() == start:
            continue
        yield start, found.end()
        start = found.end()
    yield start, end


def _trimmed(text: str, spans: Iterator[Span]) -> Iterator[Span]:
    for start, end in spans:
        piece = text[start:end]
        left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if right > left:
            yield start + left, start + right
