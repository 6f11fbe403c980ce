"""Words written as one that are made of several: Regenwassernutzung holds Regenwasser, Wasser and Nutzung."""

from __future__ import annotations

from functools import lru_cache

import simplemma

LINKS = {
    "da": ("", "s", "e"),
    "de": ("", "s", "es", "n", "en", "er", "e"),
    "nl": ("", "s", "en", "e", "er"),
    "sv": ("", "s"),
}
"""What each language may put between the parts; a language that is not here writes them apart."""

SHORTEST_PART = 4
SHORTEST_COMPOUND = 9
LONGEST_COMPOUND = 40

ENDINGS = frozenset(
    {"innen", "schaft", "schaften", "haft", "hafte", "haften", "lichen", "heiten", "rinnen", "ring", "ringar"}
)
"""Words that are rather the end of one: Wissenschaft is not about a shaft."""


@lru_cache(maxsize=200_000)
def parts(word: str, language: str) -> tuple[str, ...]:
    """What a lower-case word holds: its parts and the runs of neighbouring ones, empty when it is no compound."""
    pieces = _pieces(word, language) if language in LINKS and len(word) <= LONGEST_COMPOUND else ()
    count = len(pieces)
    runs = [
        "".join(whole for whole, _ in pieces[start : end - 1]) + pieces[end - 1][1]
        for start in range(count)
        for end in range(start + 1, count + 1)
        if end - start < count
    ]
    # A part that the dictionary has as a word may be a compound itself.
    return tuple(dict.fromkeys(part for run in runs for part in (run, *parts(run, language))))


@lru_cache(maxsize=50_000)
def _pieces(word: str, language: str) -> tuple[tuple[str, str], ...]:
    """The fewest parts a word is made of, each with and without what links it to the next; empty of a plain word.

    Of divisions into as many parts the one whose shortest part is longest is taken.
    """
    found: list[tuple[tuple[str, str], ...]] = []
    for cut in range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1) if len(word) >= SHORTEST_COMPOUND else ():
        head = word[cut:]
        if head not in ENDINGS and _known(head, language):
            found.extend((*first, (head, head)) for first in _firsts(word[:cut], language))
    return min(found, key=lambda pieces: (len(pieces), -min(len(part) for _, part in pieces)), default=())


def _firsts(written: str, language: str) -> list[tuple[tuple[str, str], ...]]:
    """The ways to read what stands before the last part, one for each link it may end in."""
    ways = []
    for link in LINKS[language]:
        if written.endswith(link):
            stem = written.removesuffix(link)
            pieces = ((stem, stem),) if _known(stem, language) else _pieces(stem, language)
            if pieces:
                ways.append((*pieces[:-1], (pieces[-1][0] + link, pieces[-1][1])))
    return ways


@lru_cache(maxsize=200_000)
def _known(word: str, language: str) -> bool:
    """Whether the dictionary has a word, which in German may be a noun."""
    if len(word) < SHORTEST_PART:
        return False
    written = (word, word.capitalize()) if language == "de" else (word,)
    return any(simplemma.is_known(form, language, low_memory=True) for form in written)
