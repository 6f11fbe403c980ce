"""The part of a passage that shows why it was found, with the matched words marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import stopwordsiso

from index.analysis import WORD, index_terms, query_terms
from kb.values import Span

LENGTH = 320
"""Characters of a snippet, at most."""

LEAD = LENGTH // 5
"""Characters shown before the first marked word, so that it can be understood."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A word of the passage that the query has too."""

    start: int
    end: int
    term: str


def snippet(text: str, language: str, query: str, query_language: str) -> list[Span]:
    """The window of the passage with most of the query's words, cut at words, as marked and plain runs.

    A word is marked when a term of it, in the passage's language, is one of the query's in either language.
    """
    text = " ".join(text.split())
    matches = _matches(text, language, query, query_language)
    start, end = _window(text, matches)
    return _spans(text, start, end, matches)


def _matches(text: str, language: str, query: str, query_language: str) -> list[_Match]:
    unmarked = _stop_words(language) | _stop_words(query_language)
    asked = " ".join(word for word in WORD.findall(query) if word.lower() not in unmarked)
    terms = query_terms(asked, {language, query_language})
    wanted = {*terms.strict, *terms.loose}
    found = []
    for word in WORD.finditer(text):
        if word.group().lower() in unmarked:
            continue
        own = index_terms(word.group(), language)
        shared = wanted.intersection((*own.strict, *own.loose, *own.parts))
        if shared:
            found.append(_Match(word.start(), word.end(), min(shared)))
    return found


@cache
def _stop_words(language: str) -> frozenset[str]:
    """Words that say nothing of why a passage was found; none for a language that is not known."""
    return frozenset(stopwordsiso.stopwords(language)) if stopwordsiso.has_lang(language) else frozenset()


def _window(text: str, matches: Sequence[_Match]) -> tuple[int, int]:
    """Where the snippet begins and ends, both at the edge of a word."""
    if len(text) <= LENGTH:
        return 0, len(text)
    starts = [0, *(max(0, match.start - LEAD) for match in matches)]
    wished = max(starts, key=lambda start: (_distinct(matches, start), -start))
    start = 0 if wished == 0 else text.find(" ", min(wished, len(text) - LENGTH)) + 1
    if start + LENGTH >= len(text):
        return start, len(text)
    space = text.rfind(" ", start, start + LENGTH + 1)
    return start, space if space > start else start + LENGTH


def _distinct(matches: Sequence[_Match], start: int) -> int:
    """How many different wanted words a window from `start` would show."""
    return len({match.term for match in matches if start <= match.start and match.end <= start + LENGTH})


def _spans(text: str, start: int, end: int, matches: Sequence[_Match]) -> list[Span]:
    spans = [Span(text="… ")] if start else []
    position = start
    for match in matches:
        if start <= match.start and match.end <= end:
            if match.start > position:
                spans.append(Span(text=text[position : match.start]))
            spans.append(Span(text=text[match.start : match.end], marked=True))
            position = match.end
    if position < end:
        spans.append(Span(text=text[position:end]))
    return [*spans, Span(text=" …")] if end < len(text) else spans
