"""Places like mine: how alike two places are, and what that adds to how well a record answers."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from kb import places
from kb.db.entities import Record, Term
from kb.errors import InvalidFilter
from kb.places import Municipality
from kb.services.catalog import point
from kb.services.visibility import visible_to
from kb.values import Circle, Filters, Point, Profile, Reader

POPULATION, TERRITORY, REGION, DISTANCE = 0.40, 0.25, 0.20, 0.15
"""What each likeness weighs; together 1. What is not known of either place adds nothing."""

WORTH = 1.5
"""Log-odds that a place wholly like the asker's adds to a record's score."""

DECADES = 2
"""Powers of ten between two populations at which they are no longer alike at all."""

NEAR_KM = 100.0
"""Distance at which nearness has fallen to 1/e."""

SAME = ("region", "population")
"""What a list can be narrowed to that the asker's municipality has too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known of a record's place."""

    country: str | None
    region: str | None
    population: int | None
    point: Point | None
    territory: frozenset[str]


def likeness(mine: Profile, other: Traits) -> float:
    """How alike two places are, from 0 to 1."""
    return (
        POPULATION * _population(mine.population, other.population)
        + TERRITORY * _shared(mine.territory, other.territory)
        + REGION * _region(mine, other)
        + DISTANCE * _nearness(mine.point, other.point)
    )


def profile(session: Session, home: Municipality, reader: Reader) -> Profile:
    """What is known of a municipality: from the reference table, and its kinds of territory from its records."""
    theirs = select(Record.id).where(visible_to(reader), Record.lau == home.istat)
    territory = select(Term.value).where(Term.facet == "territory", Term.record_id.in_(theirs)).distinct()
    return Profile(
        country="IT",
        region=home.nuts2,
        population=home.population,
        point=home.point,
        territory=frozenset(session.execute(territory).scalars()),
    )


def traits(
    session: Session, records: Sequence[Record | Row[Any]], ids: Select[int] | None = None
) -> Mapping[int, Traits]:
    """Record id → what is known of its place; `ids` may choose the same records where they are too many to name."""
    named = ids if ids is not None else [record.id for record in records]
    chosen = select(Term.record_id, Term.value).where(Term.facet == "territory", Term.record_id.in_(named))
    territory: dict[int, set[str]] = {}
    for record_id, value in session.execute(chosen):
        territory.setdefault(record_id, set()).add(value)
    return {record.id: _traits(record, territory.get(record.id, ())) for record in records}


def narrowed(filters: Filters, home: Municipality, *, same: Collection[str] = (), km: float | None = None) -> Filters:
    """The filters narrowed to the municipality's own region or population band, or to a circle around it.

    Raises:
        InvalidFilter: `same` names something else, the radius is none, or the municipality's own is not known.
    """
    for name in same:
        if name not in SAME:
            raise InvalidFilter(f"'{name}' is nothing that places share; there are: {', '.join(SAME)}.")
    if "region" in same:
        filters = replace(filters, regions=(home.nuts2,))
    if "population" in same:
        filters = replace(filters, populations=(_own_band(home),))
    return filters if km is None else replace(filters, within=circle(home, km))


def circle(home: Municipality, km: float) -> Circle:
    """All around a municipality; raises `InvalidFilter` when its coordinates are not known or the radius is none."""
    if home.point is None:
        raise InvalidFilter(f"The coordinates of {home} are not known; name a municipality beside it.")
    return around(home.point, km)


def around(centre: Point, km: float) -> Circle:
    """All around a point; raises `InvalidFilter` when the radius is none."""
    if not (math.isfinite(km) and km > 0):
        raise InvalidFilter(f"{km:g} is no radius; write a number of kilometres above 0, such as 30.")
    return Circle(centre=centre, km=km)


def _own_band(home: Municipality) -> str:
    if (band := places.band(home.population)) is None:
        raise InvalidFilter(f"The population of {home} is not known; choose a population band instead.")
    return band


def _traits(record: Record | Row[Any], territory: Collection[str]) -> Traits:
    return Traits(
        country=record.country,
        region=record.region_key,
        population=record.population,
        point=point(record),
        territory=frozenset(territory),
    )


def _population(mine: int | None, other: int | None) -> float:
    """1 for as many inhabitants, a half for ten times as many or a tenth, 0 from a hundred times on."""
    if not mine or not other:
        return 0.0
    return max(0.0, 1 - abs(math.log10(mine / other)) / DECADES)


def _shared(mine: frozenset[str], other: frozenset[str]) -> float:
    """The part of all kinds of territory that both have (Jaccard)."""
    return len(mine & other) / len(mine | other) if mine and other else 0.0


def _region(mine: Profile, other: Traits) -> float:
    if mine.country is None or mine.country != other.country:
        return 0.0
    return 1.0 if mine.region is not None and mine.region == other.region else 0.5


def _nearness(mine: Point | None, other: Point | None) -> float:
    return math.exp(-places.distance(mine, other) / NEAR_KM) if mine and other else 0.0
