"""Numbers in running text, where they are clearly ones: amounts of euros, and values of indicators."""

from __future__ import annotations

import re

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberFormatError, parse_decimal

from kb.values import UNDETERMINED

NUMBER = r"\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
SCALES = {
    1_000_000_000: r"miliard[oi]|billions?|bn|milliards?|milliarden?|mrd\.?|mld\.?|mil millones",
    1_000_000: r"milion[ei]|mln\.?|millions?|mio\.?|millionen|million|mill[oó]n(?:es)?|m(?=€|eur|\b)",
    1_000: r"mila|thousand|k(?=€|eur|\b)|mille|tausend|tsd\.?|mil",
}
"""Factor → the words for it in Italian, English, French, German and Spanish, the larger first."""

SCALE = "|".join(f"(?P<x{factor}>{words})" for factor, words in SCALES.items())
EURO = r"€|eur(?:os?)?\b"
AMOUNT = re.compile(
    rf"(?:(?P<before>{EURO})\s*)?(?P<number>{NUMBER})\s?(?:(?:{SCALE})(?![\w]))?\s*(?:d[ie]\s+|d[’']\s*)?(?P<after>{EURO})?",
    re.IGNORECASE,
)
EACH = re.compile(
    r"\s*(?:/|(?:per|pro|par|por)\b(?!\s+(?:i|il|lo|la|le|gli|un|una|the|les?|los|las|el)\b)|"
    r"each\b|je\b|a testa|l[’']anno|all[’']anno|al\b|alla\b|annu|jährlich|a year|ogni\b|cadaun)",
    re.IGNORECASE,
)
"""What follows an amount that is not the whole: so much for each, or each year."""

RANGE = re.compile(
    rf"\d(?:{NUMBER})?\s?(?:{'|'.join(SCALES.values())})?\s*(?:{EURO})?\s*(?:[-–—]|\b(?:e|ed|a|o|to|and|or|bis|und|oder|et|à|ou|y|hasta)\b)\s*$",
    re.IGNORECASE,
)
"""What stands before an amount that is only the upper end of a range, or one of several."""

REACH = 60
"""Characters before an amount that are looked at."""

MOST_DIGITS = 15


def euros(text: str, language: str) -> float | None:
    """The amount in euros that a text states, where there is one and no more, and not one for each of something."""
    found = [match for match in AMOUNT.finditer(text) if match["before"] or match["after"]]
    if len(found) != 1:
        return None
    match = found[0]
    if EACH.match(text, match.end()) or RANGE.search(text[max(0, match.start() - REACH) : match.start()]):
        return None
    factor = next((factor for factor in SCALES if match[f"x{factor}"]), 1)
    value = number(match["number"], language)
    return None if value is None else value * factor


def number(text: str, language: str) -> float | None:
    """The number that a text is, written as its language writes numbers; none where that leaves a doubt."""
    bare = re.sub(r"(?<=\d)[ \u00a0\u2009\u202f'’](?=\d{3}(?!\d))", "", text.strip())
    if not re.fullmatch(r"[+-]?\d+(?:[.,]\d+)*", bare) or len(bare) > MOST_DIGITS:
        return None
    if re.fullmatch(r"[+-]?\d+", bare):
        return float(bare)
    value = _parsed(bare, language)
    # "1.200" in English may be somebody else's thousand and two hundred.
    doubtful = value is not None and abs(value) < 1_000 and re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", bare)
    return None if doubtful else value


def _parsed(text: str, language: str) -> float | None:
    """A number with separators; French groups by spaces, so that a comma or a point in it can only be decimal."""
    if language == UNDETERMINED:
        return None
    if language == "fr":
        return float(text.replace(",", ".")) if re.fullmatch(r"[+-]?\d+[.,]\d+", text) else None
    try:
        return float(parse_decimal(text, locale=Locale.parse(language), strict=True))
    except (NumberFormatError, UnknownLocaleError, ValueError):
        return None
