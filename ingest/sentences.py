"""Where sentences end, for cutting long paragraphs and for comparing one by one: simple rules, rather too few cuts."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end in a text, end excluded."""

FEWEST_LETTERS = 25
"""Letters below which a piece is joined with its neighbour: a label, a number, an exclamation."""

MOST_PIECES = 24

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


def pieces(text: str) -> list[Span]:
    """Spans of what a reader would quote from a passage: its sentences, list items and table rows.

    What is too short to say anything is joined with what follows it, and the last with what is before; neighbours
    are joined until there are no more than `MOST_PIECES`.
    """
    lines = [(found.start(), found.end()) for found in re.finditer(r"[^\n]+", text)]
    spans = _joined(text, [span for line in lines for span in split(text, line)])
    while len(spans) > MOST_PIECES:
        spans = [(one[0][0], one[-1][1]) for one in _paired(spans)]
    return spans


def _joined(text: str, spans: list[Span]) -> list[Span]:
    """The same text in spans that each have enough letters, but for a text that has not."""
    joined: list[Span] = []
    start = None
    for span in spans:
        start = span[0] if start is None else start
        if sum(map(str.isalpha, text[start : span[1]])) >= FEWEST_LETTERS:
            joined.append((start, span[1]))
            start = None
    if start is not None:
        last = spans[-1][1]
        return [*joined[:-1], (joined[-1][0], last)] if joined else [(start, last)]
    return joined


def _paired(spans: list[Span]) -> Iterator[list[Span]]:
    for start in range(0, len(spans), 2):
        yield spans[start : start + 2]
