"""A search as it is kept: the parameters of its page, read back as the query they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb import places
from kb.facets import FACETS
from kb.services import comparable
from kb.values import Filters, Query


def query(address: Mapping[str, Any]) -> Query:
    """What the page of this address asks for: its text and filters; order and page do not matter to what matches.

    Raises:
        InvalidFilter: a radius cannot be one.
    """
    values: dict[str, Any] = {facet.filter: _values(address, facet.name) for facet in FACETS}
    filters = Filters(
        **values,
        collections=_values(address, "collection"),
        year_from=_year(address, "from"),
        year_to=_year(address, "to"),
    )
    return Query(text=str(address.get("q", "")), filters=_within(filters, address))


def _values(address: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = address.get(name, ())
    return (given,) if isinstance(given, str) else tuple(given)


def _year(address: Mapping[str, Any], name: str) -> int | None:
    given = str(address.get(name, ""))
    return int(given) if given.isdecimal() else None


def _within(filters: Filters, address: Mapping[str, Any]) -> Filters:
    """A radius counts where its place is one municipality whose coordinates are known, as on the page."""
    found = places.candidates(str(address["place"])) if address.get("place") else ()
    if "within" not in address or len(found) != 1 or found[0].point is None:
        return filters
    return comparable.narrowed(filters, found[0], km=float(address["within"]))
