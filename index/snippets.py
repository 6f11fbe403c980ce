"""The part of a passage that shows why it was found, with the matched words marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from index.analysis import WORD, fold, index_terms, query_forms, stop_words
from index.compounds import LINKS
from kb.values import Span

LENGTH = 320
"""Characters of a snippet, at most."""

HEAD = 3
"""Letters that no stemmer takes away or changes at the beginning of a word."""

LEAD = LENGTH // 5
"""Characters shown before the first marked word, so that it can be understood."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A word of the passage that the query has too."""

    start: int
    end: int
    term: str


def snippet(
    text: str, language: str, query: str, query_language: str, answer: tuple[int, int] | None = None
) -> list[Span]:
    """A window of the passage, cut at words, as marked and plain runs.

    It begins with the sentence at `answer`, which may share no word with the query; without one, or where that
    sentence is too long, it is the part with most of the query's words. A word is marked when a term of it, in the
    passage's language, is one of the query's in either language.
    """
    return quoted(text, language, query, query_language, answer)[0]


def quoted(
    text: str, language: str, query: str, query_language: str, answer: tuple[int, int] | None = None
) -> tuple[list[Span], list[Span]]:
    """The `snippet` of a passage, and of the sentence at `answer` by itself; nothing of that without one."""
    shown, first, last = _spaced(text, answer or (0, len(text)))
    wanted = _Wanted.of(query, language, query_language)
    start, end = _window(shown, wanted, first, last)
    matches = wanted.within(shown, start, end)
    window = _marked(shown, start, end, matches)
    before, after = ([Span(text="… ")] if start else []), ([Span(text=" …")] if end < len(shown) else [])
    if answer is None or first == last:
        return [*before, *window, *after], []
    whole = start <= first and last <= end
    sentence = (
        _marked(shown, first, last, matches) if whole else snippet(shown[first:last], language, query, query_language)
    )
    return [*before, *window, *after], sentence


def _spaced(text: str, span: tuple[int, int]) -> tuple[str, int, int]:
    """The text with single spaces, and where the span lies in it."""
    before, within, after = (" ".join(part.split()) for part in (text[: span[0]], text[slice(*span)], text[span[1] :]))
    first = len(before) + 1 if before else 0
    return " ".join(part for part in (before, within, after) if part), first, first + len(within)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Terms that are marked in a passage of one language, and the words that are not whatever their term."""

    language: str
    terms: frozenset[str]
    unmarked: frozenset[str]
    heads: tuple[str, ...]
    """How the terms begin: a compound that has none of these within holds none of the terms."""
    joins: bool
    """Whether the language writes compounds as one word."""
    known: dict[str, str | None] = field(default_factory=dict, compare=False)
    """What was found of words before: the same ones come again in every passage, and most of them twice."""

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, query: str, language: str, query_language: str) -> _Wanted:
        """What to mark for a query: the terms of its words in its own language and in the passage's."""
        unmarked = stop_words(language) | stop_words(query_language)
        asked = " ".join(word for word in WORD.findall(query) if word.lower() not in unmarked)
        found = query_forms(asked, {language, query_language})
        heads = {term.partition(":")[2][:HEAD] for term in found}
        return cls(language, found, unmarked, tuple(heads), language in LINKS)

    def within(self, text: str, start: int, end: int) -> list[_Match]:
        """The words to mark in a part of a text."""
        if not self.terms:
            return []
        known, words = self.known, WORD.findall(text, start, end)
        for word in set(words).difference(known):
            known[word] = self._shared(word)
        terms = [known[word] for word in words]
        matches = []
        for word, term in zip(words, terms, strict=True) if any(terms) else ():
            # What lies between two words has none of their letters, so this is where the expression found it.
            start = text.index(word, start)
            if term:
                matches.append(_Match(start, start + len(word), term))
            start += len(word)
        return matches

    def _shared(self, word: str) -> str | None:
        """The term that a word of a passage has in common with the query."""
        plain, terms = _written(word, self.language)
        # To take a word apart is slow, and most have nothing of the query within.
        parts = _parts(word, self.language) if self.joins and any(map(plain.__contains__, self.heads)) else ()
        if (self.terms.isdisjoint(terms) and self.terms.isdisjoint(parts)) or word.lower() in self.unmarked:
            return None
        return min(self.terms.intersection(terms) | self.terms.intersection(parts))


@lru_cache(maxsize=50_000)
def _written(word: str, language: str) -> tuple[str, tuple[str, ...]]:
    """A word of a passage in lower case without accents, and all that it may be found by as a whole."""
    own = index_terms(word, language, parts=False)
    return fold(word.lower()), (*own.strict, *own.loose)


@lru_cache(maxsize=20_000)
def _parts(word: str, language: str) -> tuple[str, ...]:
    """What a word of a passage may be found by beside itself: the parts it is made of."""
    return index_terms(word, language).parts


def _window(text: str, wanted: _Wanted, first: int, last: int) -> tuple[int, int]:
    """Where the snippet begins and ends, both at the edge of a word, from `first` on or between there and `last`."""
    if len(text) <= LENGTH:
        return 0, len(text)
    start = first
    if last - first > LENGTH:
        matches = wanted.within(text, first, last)
        starts = [first, *(match.start - LEAD for match in matches if first <= match.start - LEAD < last)]
        start = max(starts, key=lambda start: (_distinct(matches, start), -start))
    start = min(start, len(text) - LENGTH)
    if start > 0 and text[start - 1] != " ":
        start = text.find(" ", start) + 1
    if start + LENGTH >= len(text):
        return start, len(text)
    space = text.rfind(" ", start, start + LENGTH + 1)
    return start, space if space > start else start + LENGTH


def _distinct(matches: Sequence[_Match], start: int) -> int:
    """How many different wanted words a window from `start` would show."""
    return len({match.term for match in matches if start <= match.start and match.end <= start + LENGTH})


def _marked(text: str, start: int, end: int, matches: Sequence[_Match]) -> list[Span]:
    """A part of a text, with those matches marked that lie within it."""
    spans = []
    position = start
    for match in matches:
        if start <= match.start and match.end <= end:
            if match.start > position:
                spans.append(Span(text=text[position : match.start]))
            spans.append(Span(text=text[match.start : match.end], marked=True))
            position = match.end
    if position < end:
        spans.append(Span(text=text[position:end]))
    return spans
