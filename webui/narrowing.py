"""What a list of records offers to narrow and order it by: choices, chips, and the orders there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from babel.lists import format_list

from kb import places
from kb.facets import FACETS
from webui import context, labels, languages
from webui.asked import LIMITS, Asked
from webui.place import Placed
from webui.texts import text

SHOWN = 6
"""Values of a field that are shown at once; the others unfold."""

UNFOLDED = ("language",)
"""Fields that show all their values: an answer in a rare language is what people come here for."""

OPEN = 2
"""Fields that are unfolded from the start, besides those with a value chosen."""

NEARBY_KM = 50
"""Radius that is offered to those who named their place."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that narrows the list: its name for people, the records that have it, and whether it is chosen."""

    field: str
    value: str
    name: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field to narrow by: the values shown at once, those that unfold, and whether the field itself is open."""

    name: str
    shown: Sequence[Choice]
    more: Sequence[Choice]
    open: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use: what it is, and the address of the same list without it."""

    field: str
    name: str
    address: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to narrow the list to places like the one named, or an order: its name, and its value or address."""

    name: str
    value: str = ""
    chosen: bool = False
    address: Mapping[str, object] | None = None


def fields(wanted: Asked, facets: Mapping[str, Mapping[str, int]]) -> list[Field]:
    """The fields that have anything to choose, in the order of the page."""
    offered = [(facet.name, choices(facet.name, wanted, facets.get(facet.name, {}))) for facet in FACETS]
    return [
        Field(name, *folded(name, found), open=position < OPEN or found[0].chosen)
        for position, (name, found) in enumerate(one for one in offered if one[1])
    ]


def choices(name: str, wanted: Asked, counts: Mapping[str, int]) -> list[Choice]:
    """What a field can be narrowed to: the chosen values first, then by number of records."""
    chosen = wanted.chosen.get(name, ())
    values = [*chosen, *(value for value in counts if value not in chosen)]
    language = context.language()
    offered = [
        Choice(name, value, labels.value_name(name, value, language), counts.get(value, 0), value in chosen)
        for value in values
    ]
    return sorted(offered, key=lambda choice: (not choice.chosen, -choice.count, choice.name.casefold()))


def chips(wanted: Asked, placed: Placed) -> list[Chip]:
    """The filters in use, each with the way to do without it."""
    return [*_chosen(wanted), *_limits(wanted, placed), *_home(wanted, placed)]


def orders(wanted: Asked, placed: Placed) -> list[Way]:
    """The orders that a list can have; the first is what it has unless another is chosen."""
    language, kind = context.language(), "search" if wanted.text else "list"
    default = f"sort.{kind}.{'likeness' if placed.home else 'default'}"
    offered = [("", default), *([("relevance", "sort.relevance")] if placed.home and wanted.text else [])]
    offered += [] if default == "sort.list.default" else [("date", "sort.date")]
    offered += [("distance", "sort.distance")]
    return [Way(text(key, language), value, chosen=value == (wanted.sort or "")) for value, key in offered]


def ways(wanted: Asked, placed: Placed) -> list[Way]:
    """How to narrow the list to places that share something with the one named."""
    home, language = placed.home, context.language()
    if home is None:
        return []
    band = places.band(home.population)
    offered: list[Way] = []
    if band and band not in wanted.chosen.get("population", ()):
        name = labels.value_name("population", band, language)
        offered.append(Way(text("place.same.population", language, band=name), address=wanted.having(population=band)))
    if home.nuts2 not in wanted.chosen.get("region", ()):
        name = labels.value_name("region", home.nuts2, language)
        offered.append(Way(text("place.same.region", language, region=name), address=wanted.having(region=home.nuts2)))
    if home.point and "within" not in wanted.limits:
        offered.append(Way(text("place.nearby", language, km=NEARBY_KM), address=wanted.having(within=NEARBY_KM)))
    return offered


def reads(wanted: Asked) -> Way | None:
    """The languages she said she reads, offered where no language is chosen; never applied by itself."""
    said = languages.known()
    if not said or wanted.chosen.get("language"):
        return None
    language = context.language()
    names = format_list([labels.language_name(code, language) for code in said], locale=language)
    return Way(names, address=replace(wanted, chosen={**wanted.chosen, "language": said}, page=1).address())


def folded(name: str, offered: Sequence[Choice]) -> tuple[Sequence[Choice], Sequence[Choice]]:
    """The values shown at once and those that unfold; what is chosen is always shown, one alone never unfolds."""
    shown = max(SHOWN, sum(choice.chosen for choice in offered))
    if name in UNFOLDED or len(offered) <= shown + 1:
        return offered, ()
    return offered[:shown], offered[shown:]


def _chosen(wanted: Asked) -> Iterator[Chip]:
    titles = _collection_titles(wanted)
    for name, values in wanted.chosen.items():
        for value in values:
            shown = titles.get(value, value) if name == "collection" else _name(name, value)
            yield Chip(name, shown, wanted.without(name, value))


def _limits(wanted: Asked, placed: Placed) -> Iterator[Chip]:
    language = context.language()
    for name in LIMITS:
        if name in wanted.limits and not (name == "within" and placed.missing):
            number = wanted.limits[name]
            shown = labels.kilometres(number, language) if name == "within" else f"{number:.0f}"
            yield Chip(name, shown, wanted.without(name))


def _home(wanted: Asked, placed: Placed) -> Iterator[Chip]:
    if placed.home:
        yield Chip("place", str(placed.home), wanted.without("place"))


def _name(field: str, value: str) -> str:
    return labels.value_name(field, value, context.language())


def _collection_titles(wanted: Asked) -> Mapping[str, str]:
    if not wanted.chosen.get("collection"):
        return {}
    return {one.key: one.title for one in context.kb().collections.list(context.reader())}
