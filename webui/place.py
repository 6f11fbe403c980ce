"""The place in an address: resolved to a municipality, or answered with what it may have meant."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kb import places
from kb.places import Municipality
from kb.services import comparable
from kb.values import Query
from webui import context
from webui.asked import BY_PLACE, Asked


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of the place asked for: the municipality, or the several of that name, or names like it.

    `missing` says that the order or radius asked for needs a place that nothing tells.
    """

    home: Municipality | None = None
    several: tuple[Municipality, ...] = ()
    like: tuple[str, ...] = ()
    missing: bool = False


def resolve(wanted: Asked) -> tuple[Query, Placed]:
    """The query with its place, and what became of it; what needs a place that is not known is left out."""
    found = places.candidates(wanted.place) if wanted.place else ()
    needs = wanted.sort in BY_PLACE or "within" in wanted.limits
    if len(found) != 1:
        like = places.names_like(wanted.place) if wanted.place and not found else ()
        return _without_place(wanted), Placed(several=found, like=like, missing=needs or bool(wanted.place))
    home = found[0]
    if home.point is None and (wanted.sort == "distance" or "within" in wanted.limits):
        return _without_place(wanted), Placed(home=home, missing=True)
    return _with_place(wanted, home), Placed(home=home)


def _without_place(wanted: Asked) -> Query:
    return wanted.query if wanted.sort in (None, *BY_PLACE) else replace(wanted.query, sort=wanted.sort)


def _with_place(wanted: Asked, home: Municipality) -> Query:
    query = wanted.query
    return replace(
        query,
        filters=comparable.narrowed(query.filters, home, km=wanted.limits.get("within")),
        sort=wanted.sort or "likeness",
        place=context.kb().browsing.profile(home, context.reader()),
    )
