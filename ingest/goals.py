"""Sustainable Development Goals that a text names by number: "SDG 11", "Obiettivi di sviluppo sostenibile 11 e 13"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GOALS = 17

_ACRONYM = r"\b(?:SDGs?|OSS|ODS|ODD|SDO)"
_SPELT = (
    r"\b(?:sustainable\ development\ goals?|goals?\ for\ sustainable\ development|"
    r"obiettiv[oi]\ (?:di|per\ lo)\ sviluppo\ sostenibile|objectifs?\ de\ développement\ durable|"
    r"objetivos?\ de\ desarrollo\ sostenible|objetivos?\ de\ desenvolvimento\ sustentável|nachhaltigkeitsziel(?:e|en)?|"
    r"ziel(?:e|en)?\ (?:für|der)\ nachhaltige[nr]?\ entwicklung|cel(?:e|u|ów|ami)?\ zrównoważonego\ rozwoju)"
)
# "Goal 7" alone may be any plan's; in a text that names the Agenda it is one of the seventeen.
_AGENDA = re.compile(rf"\bagenda\ 2030\b|{_ACRONYM}\b|{_SPELT}", re.I | re.X)
_PLAIN = r"(?<!policy\ )\b(?:goals?|obiettiv[oi]|ziel(?:e|en)?|objectifs?|objetivos?|cel(?:e|u)?)"
_NUMBER = r"\d{1,2}(?!\d)(?:\.[\da-z]{1,2}\b)?"
_AND = r"\s*(?:,|;|/|&|,?\s(?:e|ed|and|und|et|y|i|oraz|sowie)\s)\s*"
_NUMBERS = (
    rf"\s*(?:\((?:SDGs?|OSS|ODS|ODD)\)\s*)?(?:n\.|nr\.?|n°|no\.|nº|№|\#)?\s*"
    rf"(?P<numbers>{_NUMBER}(?:{_AND}{_NUMBER})*)(?![\d%])"
)
_NAMED = re.compile(rf"(?:{_ACRONYM}|(?i:{_SPELT})){_NUMBERS}", re.X)
_MEANT = re.compile(rf"(?:{_ACRONYM}|(?i:{_SPELT})|(?i:{_PLAIN})){_NUMBERS}", re.X)
_EACH = re.compile(r"(?<![\d.])(\d{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something a text names, and where: `text[start:end]` is the mention."""

    value: str
    start: int
    end: int


def goals(text: str) -> Iterator[Mention]:
    """Each goal named, as often as it is, in order of the text; a target such as 11.2 names its goal."""
    for found in (_MEANT if _AGENDA.search(text) else _NAMED).finditer(text):
        for number in _EACH.finditer(found["numbers"]):
            if 1 <= int(number[1]) <= GOALS:
                yield Mention(str(int(number[1])), found.start(), found.end())
