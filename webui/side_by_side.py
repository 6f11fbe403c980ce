"""Records field by field: what each says of the same thing, and what it comes to for each inhabitant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from babel.numbers import format_currency, format_decimal

from kb import amounts, vocabulary
from kb.values import RecordView
from webui import details, labels
from webui.texts import plural, text

LONGEST = 280
"""Characters of a text that are shown at once; the rest unfolds."""

FEWEST = 60
"""Characters that are worth unfolding."""

THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What a record says: short values, or a text of which `rest` unfolds; `derived` is what was worked out from it."""

    values: tuple[str, ...] = ()
    opening: str = ""
    rest: str = ""
    derived: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.opening)


@dataclass(frozen=True, slots=True)
class Row:
    """A field with a cell for each record; `own` says that the words are the records' own, in their languages."""

    name: str
    label: str
    cells: tuple[Cell, ...]
    own: bool


Teller = Callable[[RecordView, str], Cell]


def rows(records: Sequence[RecordView], language: str) -> tuple[Row, ...]:
    """The fields that any of the records says something in, in the order of a record's page."""
    told = (
        Row(name, label(name, language), tuple(teller(record, language) for record in records), own=name in OWN)
        for name, teller in TELLERS.items()
    )
    return tuple(row for row in told if any(row.cells))


def label(name: str, language: str) -> str:
    """What a field is called."""
    if name in vocabulary.terms("sections"):
        return vocabulary.label("sections", name, language)
    return text(f"compare.field.{name}", language)


def folded(words: str) -> tuple[str, str]:
    """The beginning of a text and its rest, parted between sentences where that is possible, else between words."""
    if len(words) <= LONGEST + FEWEST:
        return words, ""
    ends = [match.end() for match in re.finditer(r"[.!?…]\s+", words) if FEWEST <= match.end() <= LONGEST]
    end = ends[-1] if ends else max(words.rfind(" ", 0, LONGEST), FEWEST)
    return words[:end].rstrip(), words[end:].lstrip()


def _place(record: RecordView, language: str) -> Cell:
    return _values(labels.place_name(record.place, language))


def _population(record: RecordView, language: str) -> Cell:
    known = record.place.population
    return Cell() if known is None else _values(labels.number(known, language))


def _kind(record: RecordView, language: str) -> Cell:
    return _values(labels.kind_name(record.kind, language))


def _years(record: RecordView, language: str) -> Cell:
    start, end = record.details.get("start"), record.details.get("end")
    if isinstance(start, int) and isinstance(end, int) and end > start:
        return Cell((f"{start}–{end}",), derived=(plural("compare.years", end - start, language),))
    if isinstance(start, int):
        return _values(str(start) if start == end else text("compare.since", language, year=start))
    return _values(str(end or record.year or ""))


def _terms(name: str) -> Teller:
    def tell(record: RecordView, language: str) -> Cell:
        given = record.details.get(name)
        several = given if isinstance(given, list | tuple) else [given]
        return Cell(tuple(details.value_name(name, one, language) for one in several if one not in (None, "")))

    return tell


def _text(name: str) -> Teller:
    def tell(record: RecordView, _language: str) -> Cell:
        opening, rest = folded(str(record.details.get(name) or "").strip())
        return Cell(opening=opening, rest=rest)

    return tell


def _cost(record: RecordView, language: str) -> Cell:
    stated = str(record.details.get("cost") or "").strip()
    opening, rest = folded(stated)
    amount, people = amounts.euros(stated, record.language), record.place.population
    if amount is None or not people:
        return Cell(opening=opening, rest=rest)
    shown = format_currency(amount / people, "EUR", locale=language)
    return Cell(opening=opening, rest=rest, derived=(text("compare.each", language, value=shown),))


def _indicators(record: RecordView, language: str) -> Cell:
    told = [_indicator(one, record, language) for one in _stated(record)]
    return Cell(tuple(line for line, _ in told), derived=tuple(share for _, share in told if share))


def _stated(record: RecordView) -> Iterator[Mapping[str, str]]:
    """The indicators that have a name and a value."""
    given = record.details.get("indicators")
    for one in given if isinstance(given, list | tuple) else ():
        if isinstance(one, Mapping) and one.get("name") and one.get("value") not in (None, ""):
            yield {str(key): str(value) for key, value in one.items() if value is not None}


def _indicator(one: Mapping[str, str], record: RecordView, language: str) -> tuple[str, str]:
    """An indicator as it is stated, and its share of each inhabitant; without one where that would mean nothing."""
    unit = one.get("unit", "")
    line = f"{one['name']}: {one['value']} {unit}".rstrip()
    if before := one.get("baseline"):
        line = text("compare.baseline", language, value=line, before=before)
    value, people = amounts.number(one["value"], record.language), record.place.population
    if value is None or not people or RELATIVE.search(f"{unit} {one['name']}"):
        return line, ""
    key, share = ("each", value / people) if abs(value) >= people else ("thousand", THOUSAND * value / people)
    shown = f"{format_decimal(round(share, 2), locale=language)} {unit}".rstrip()
    return line, f"{one['name']}: {text(f'compare.{key}', language, value=shown)}"


RELATIVE = re.compile(
    r"%|‰|/|°|\bper\b|\bpro\b|\bpar\b|\bpor\b|\bje\b|percent|prozent|pour ?cent|por ciento|quota|share|anteil|"
    r"tasso|\brate\b|taux|quote|tasa|index|indice|índice|media\b|average|moyenn|durchschnitt|punt[io]\b|anno\b|year\b",
    re.IGNORECASE,
)
"""Values that are a share or a mean already, which a number of inhabitants does not divide."""


def _values(*values: str) -> Cell:
    return Cell(tuple(value for value in values if value))


TELLERS: Mapping[str, Teller] = {
    "place": _place,
    "population": _population,
    "kind": _kind,
    "status": _terms("status"),
    "years": _years,
    "cost": _cost,
    "funding": _text("funding"),
    "themes": _terms("themes"),
    "instruments": _terms("instruments"),
    "results": _text("results"),
    "indicators": _indicators,
    "success_factors": _text("success_factors"),
    "limiting_factors": _text("limiting_factors"),
    "lessons": _text("lessons"),
    "transferability": _text("transferability"),
}
"""Field → what tells of it, in order."""

OWN = frozenset(
    ("cost", "funding", "results", "indicators", "success_factors", "limiting_factors", "lessons", "transferability")
)
"""Fields in the records' own words."""
