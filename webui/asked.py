"""A search as it stands in the address: read from it, checked, and written back to it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from kb import places
from kb.errors import InvalidFilter, InvalidInput, NotFound
from kb.facets import BY_NAME, FACETS
from kb.values import Filters, Query, Sort

FIELDS = (*(facet.name for facet in FACETS), "collection")
"""What narrows a search by its values, in the order of the page."""

LIMITS = ("from", "to", "within")
"""What narrows a search by one number each: years, and kilometres around the place."""

SORTS: tuple[Sort, ...] = ("relevance", "likeness", "date", "distance")
"""Orders of a list; the first holds where none is asked for, the second where a place is named."""

BY_PLACE = ("likeness", "distance")
"""Orders that need a place."""

PER_PAGE = 10
MOST_CHARACTERS = 2_000
LONGEST_PLACE = 100
MOST_PAGES = 100_000
MOST_KM = 20_000
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}
"""Unicode categories nobody types: controls, format characters, private, surrogate, unassigned."""


class QueryTooLong(InvalidInput):
    """A question longer than any a person would write."""

    code = "query-too-long"


class InvalidPage(InvalidInput):
    """A page number that is no whole number from 1."""

    code = "invalid-page"


class NoSuchPage(NotFound):
    """A page of results beyond the last."""

    code = "no-such-page"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: the text, what narrows it, from which place, in which order, and which page from 1.

    `limits` holds the numbers of `LIMITS` that are given; `sort` is empty where no order is asked for.
    """

    text: str
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    limits: Mapping[str, float] = field(default_factory=dict)
    place: str = ""
    sort: Sort | None = None

    @property
    def query(self) -> Query:
        """The question as the services take it, still without its place."""
        values: dict[str, Any] = {BY_NAME[name].filter: self.chosen.get(name, ()) for name in FIELDS if name in BY_NAME}
        filters = Filters(
            **values,
            collections=self.chosen.get("collection", ()),
            year_from=_whole(self.limits.get("from")),
            year_to=_whole(self.limits.get("to")),
        )
        return Query(text=self.text, filters=filters, offset=(self.page - 1) * PER_PAGE, limit=PER_PAGE)

    @property
    def endpoint(self) -> str:
        """The page that answers: a search, or without a question the list of records."""
        return "search.results" if self.text else "search.browse"

    @property
    def narrowed(self) -> bool:
        """Whether any filter is in use."""
        return any(self.chosen.values()) or bool(self.limits)

    @property
    def bare(self) -> bool:
        """Whether there is nothing but, at most, a text."""
        return not (self.narrowed or self.place or self.sort)

    def address(self, page: int = 1) -> dict[str, Any]:
        """The parameters of the same search on another page; the first has no number."""
        values: dict[str, Any] = {"q": self.text} if self.text else {}
        values |= {name: list(v) for name, v in self.chosen.items() if v}
        values |= {name: f"{number:g}" for name, number in self.limits.items()}
        values |= {name: value for name, value in (("place", self.place), ("sort", self.sort)) if value}
        return values | ({"page": page} if page > 1 else {})

    def without(self, name: str, value: str = "") -> dict[str, Any]:
        """The parameters of the same search with one filter less; without its place, nothing is measured from it."""
        if name == "place":
            limits = {key: number for key, number in self.limits.items() if key != "within"}
            sort = None if self.sort in BY_PLACE else self.sort
            return replace(self, place="", limits=limits, sort=sort, page=1).address()
        if name in LIMITS:
            kept = {key: number for key, number in self.limits.items() if key != name}
            return replace(self, limits=kept, page=1).address()
        values = tuple(v for v in self.chosen.get(name, ()) if v != value)
        return replace(self, chosen={**self.chosen, name: values}, page=1).address()

    def having(self, **changes: Any) -> dict[str, Any]:
        """The parameters of the same search with another place, order, limit or values of a field."""
        fields = {name: [str(value)] for name, value in changes.items() if name in FIELDS}
        rest = {name: value for name, value in changes.items() if name not in FIELDS}
        return {**self.address(), **fields, **rest}

    def plain(self) -> dict[str, Any]:
        """The parameters of the same search without filters, place and order."""
        return Asked(self.text).address()


def read(arguments: MultiDict[str, str]) -> Asked:
    """The search that the parameters of an address ask for.

    Raises:
        QueryTooLong: the text has more characters than a question needs.
        InvalidPage: the page is no whole number from 1.
        InvalidFilter: a year or radius is no number, or there is no such order.
    """
    text = clean(arguments.get("q", ""))
    if len(text) > MOST_CHARACTERS:
        raise QueryTooLong(f"A question has at most {MOST_CHARACTERS} characters; shorten it.", most=MOST_CHARACTERS)
    return Asked(
        text,
        {**_chosen(arguments), "region": _regions(arguments)},
        _page(arguments.get("page", "")),
        {name: _number(name, given) for name in LIMITS if (given := arguments.get(name, "").strip())},
        clean(arguments.get("place", ""))[:LONGEST_PLACE],
        _sort(arguments.get("sort", "")),
    )


def salvage(arguments: MultiDict[str, str]) -> Asked:
    """As much of a search as can be kept for a second try, whatever was wrong with it."""
    try:
        return read(MultiDict((name, value) for name, value in arguments.items(multi=True) if name != "page"))
    except InvalidInput:
        return Asked(clean(arguments.get("q", "")[:MOST_CHARACTERS]), _chosen(arguments))


def clean(text: str) -> str:
    """What a person can have meant: invisible characters are gaps, and gaps are single spaces."""
    visible = (" " if unicodedata.category(letter) in INVISIBLE else letter for letter in text)
    return " ".join("".join(visible).split())


def _chosen(arguments: MultiDict[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: _values(arguments, name) for name in FIELDS}


def _regions(arguments: MultiDict[str, str]) -> tuple[str, ...]:
    """Regions by their code where one has the name given, so that the page ticks what was asked for."""
    codes = ((value, places.region_codes(value)) for value in _values(arguments, "region"))
    return tuple(dict.fromkeys(found[0] if len(found) == 1 else value for value, found in codes))


def _values(arguments: MultiDict[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in arguments.getlist(name) if value))


def _page(given: str) -> int:
    if not given:
        return 1
    if not re.fullmatch(r"[0-9]{1,6}", given) or not 1 <= int(given) <= MOST_PAGES:
        raise InvalidPage(f"'{given[:20]}' is no page number; they are whole numbers from 1.")
    return int(given)


def _number(name: str, given: str) -> float:
    """A year or a radius; both commas and points are decimal signs somewhere."""
    pattern = r"[0-9]{1,5}(?:[.,][0-9]{1,3})?" if name == "within" else r"[0-9]{4}"
    if not re.fullmatch(pattern, given, re.ASCII) or not 0 < float(given.replace(",", ".")) <= MOST_KM:
        raise InvalidFilter(f"'{given[:20]}' is no {'radius in kilometres' if name == 'within' else 'year'}.")
    return float(given.replace(",", "."))


def _sort(given: str) -> Sort | None:
    if not given:
        return None
    found = next((sort for sort in SORTS if sort == given), None)
    if found is None:
        raise InvalidFilter(f"'{given[:20]}' is no order; there are: {', '.join(SORTS)}.")
    return found


def _whole(number: float | None) -> int | None:
    return None if number is None else math.floor(number)
