"""Places that a text names: Italian municipalities where something says that a municipality is meant, and countries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale

from ingest.goals import Mention
from kb import places
from kb.places import Municipality

LONGEST_NAME = 6
"""Words of a municipality's name, articles included: "San Giovanni in Persiceto" has four."""

NAMING = frozenset(
    [
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fi",
        "fr",
        "ga",
        "hr",
        "hu",
        "it",
        "lt",
        "lv",
        "mt",
        "nl",
        "pl",
        "pt",
        "ro",
        "sk",
        "sl",
        "sv",
    ]
)
"""Languages whose names of countries are looked for: the official ones of the European Union."""

NONE = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Codes of territories that are no country."""

_OF = r"(?:\s+d(?:i|el|ella|ello|ei|egli|elle)\b\s*|\s+d(?:ell)?['’]\s*|\s+)"
_SAID = re.compile(
    r"\b(?:comune|città|municipio|sindac[oa]|giunta|amministrazione\s+comunale|consiglio\s+comunale|giunta\s+comunale|"
    r"borgo|paese|cittadina|municipality|city|town|mayor|gemeinde|stadt|commune|ville|municipio)"
    rf"(?:\s+of\b|\s+von\b|\s+de\b)?{_OF}(?=[^\W\d_])",
    re.I,
)
_AT = re.compile(r"(?:(?<![^\W_])[Aa]d? (?=[A-ZÀ-Ý])|^(?P<title>)(?=[A-ZÀ-Ý][^\W\d_]+(?:[ '’-][^\W\d_]+){0,5}:))", re.M)
_BRACKETS = re.compile(r"\(\s*([^()\d]{2,30}?)\s*\)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?")
# A name goes over spaces, hyphens and apostrophes, and over nothing else.
_BETWEEN = re.compile(r"[ \u00a0\-'’/]{1,2}$|\n$")

FEWEST_STAYS = 2
"""Times that something has to happen at a place before its bare name counts."""


@dataclass(frozen=True, slots=True)
class Named:
    """A municipality and each place where the text says that it is one."""

    home: Municipality
    mentions: tuple[Mention, ...]


def municipalities(text: str) -> list[Named]:
    """Italian municipalities that the text names as such, the most often named first.

    A name counts where "Comune di", "sindaco di" and the like stand before it, or its province or the province's
    capital in brackets behind it, or where a line begins with it and a colon, or things happen "a" or "ad" it at least
    twice. A bare name does not: Massa, Re and Sole are words, Conte and Rossi people. Once a name has counted, each
    further time it is written counts too. A name that several municipalities have counts only where the text says
    which.
    """
    found: dict[Municipality, list[Mention]] = defaultdict(list)
    for home, start, end in (*_said(text), *_bracketed(text), *_stayed_at(text)):
        found[home].append(Mention(home.istat, start, end))
    named = [_with_bare(text, home, mentions) for home, mentions in found.items()]
    return sorted(named, key=lambda one: (-len(one.mentions), one.mentions[0].start))


def countries(text: str, language: str) -> list[Mention]:
    """Each mention of a country by its name in the text's language or in English; the values are ISO 3166-1 codes."""
    names = {**_country_names("en"), **(_country_names(language) if language in NAMING else {})}
    return list(_longest(text, names))


def regions(text: str) -> list[Mention]:
    """Each mention of a NUTS region of level 1 or 2 by the name it has at home; the values are NUTS codes."""
    return list(_longest(text, _region_names()))


def _said(text: str) -> Iterator[tuple[Municipality, int, int]]:
    for found in _SAID.finditer(text):
        yield from _named_from(text, found.end())


def _bracketed(text: str) -> Iterator[tuple[Municipality, int, int]]:
    """Names with their province, or its capital, in brackets behind them."""
    for found in _BRACKETS.finditer(text):
        words = _before(text, found.start())
        for first in range(len(words)):
            name = text[words[first][0] : words[-1][1]]
            homes = [home for home in places.candidates(name) if name[:1].isupper() and _lies_in(home, found[1])]
            if len(homes) == 1:
                yield homes[0], words[first][0], words[-1][1]
                break


def _stayed_at(text: str) -> Iterator[tuple[Municipality, int, int]]:
    """Names that things happen at, as Italian says of towns, and that are never written as a word."""
    found: dict[str, list[tuple[Municipality, int, int]]] = defaultdict(list)
    for place in _AT.finditer(text):
        for home, start, end in _named_from(text, place.end()):
            found[home.istat].append((home, start, end))
            if place["title"] is not None:
                found[home.istat].append((home, start, end))
    for mentions in found.values():
        name = mentions[0][0].name
        if len(mentions) >= FEWEST_STAYS and not re.search(rf"\b{re.escape(name.lower())}\b", text):
            yield from mentions


def _named_from(text: str, start: int) -> Iterator[tuple[Municipality, int, int]]:
    """The municipality whose name begins here, the longest, when it is the only one so called."""
    words = _following(text, start)
    for count in range(len(words), 0, -1):
        name = text[words[0][0] : words[count - 1][1]]
        homes = places.candidates(name) if name[:1].isupper() else ()
        if len(homes) == 1:
            yield homes[0], words[0][0], words[count - 1][1]
        if homes:
            return


def _lies_in(home: Municipality, said: str) -> bool:
    """Whether what stands in brackets is the municipality's province: its letters, or a town of the same province."""
    return said == home.province or any(one.province == home.province for one in places.candidates(said))


def _with_bare(text: str, home: Municipality, mentions: list[Mention]) -> Named:
    """The mentions of a municipality, the bare ones included, each place once."""
    starts = {one.start for one in mentions}
    bare = re.finditer(rf"(?<![\w-]){re.escape(home.name)}(?![\w-])", text)
    more = [Mention(home.istat, one.start(), one.end()) for one in bare if one.start() not in starts]
    first = {one.start: one for one in mentions}
    return Named(home, tuple(sorted([*first.values(), *more], key=lambda one: one.start)))


def _following(text: str, start: int) -> list[tuple[int, int]]:
    """Spans of the words from `start` on that may be one name."""
    spans: list[tuple[int, int]] = []
    for found in _WORD.finditer(text, start, start + 80):
        if spans and not _BETWEEN.fullmatch(text, spans[-1][1], found.start()):
            break
        spans.append(found.span())
        if len(spans) == LONGEST_NAME:
            break
    return spans


def _before(text: str, end: int) -> list[tuple[int, int]]:
    """Spans of the words up to `end` that may be one name."""
    spans: list[tuple[int, int]] = []
    for found in reversed(list(_WORD.finditer(text, max(0, end - 80), end))):
        if not _BETWEEN.fullmatch(text, found.end(), spans[0][0] if spans else end):
            break
        spans.insert(0, found.span())
        if len(spans) == LONGEST_NAME:
            break
    return spans


def _longest(text: str, names: Mapping[str, str]) -> Iterator[Mention]:
    """Where one of the names stands, the longest at each place, with its code."""
    spans = [found.span() for found in _WORD.finditer(text)]
    row = 0
    while row < len(spans):
        count, code = _name_at(text, spans[row : row + LONGEST_NAME], names)
        if code:
            yield Mention(code, spans[row][0], spans[row + count - 1][1])
        row += count


def _name_at(text: str, spans: Sequence[tuple[int, int]], names: Mapping[str, str]) -> tuple[int, str]:
    """How many words the name that begins here has and its code; one word and no code where none begins."""
    start = spans[0][0]
    if text[start].isupper():
        for count in range(len(spans), 0, -1):
            if code := names.get(text[start : spans[count - 1][1]]):
                return count, code
    return 1, ""


@cache
def _country_names(language: str) -> Mapping[str, str]:
    """Name → code of each country in a language; initials and shortened names are left out, for they are words too."""
    names = Locale(language).territories.items()
    return {
        name: code for code, name in names if len(code) == 2 and code.isalpha() and code not in NONE and len(name) > 3
    }


@cache
def _region_names() -> Mapping[str, str]:
    """Name → code of each region whose name is no other's; a country that is its own region is no region here."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, name in places.region_names().items():
        for one in {name, *name.split("/")}:
            found[one.strip()].add(code)
    upper = {name: min(codes, key=len) for name, codes in found.items() if len(name) > 3}
    return {name: code for name, code in upper.items() if all(one.startswith(code) for one in found[name])}
