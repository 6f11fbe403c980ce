"""What a record is narrowed, sorted and compared by, derived from what was stated of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb import places
from kb.facets import FACETS
from kb.values import Point

STATED = ("status", "scale", "nuts")
"""Columns that hold what the field of that name states."""


def columns(record: Mapping[str, Any]) -> dict[str, Any]:
    """The derived columns of a record, from its stated fields by name.

    What an Italian municipality's code implies, residents and coordinates, is taken from the reference table where it
    is not stated.
    """
    home, point, population = _home(record), _point(record), _population(record)
    x, y, z = places.on_sphere(point) if point else (None, None, None)
    return {
        **{name: record.get(name) for name in STATED},
        "lau": home.istat if home else record.get("lau"),
        "region_key": places.region_key(*(record.get(name) for name in ("country", "region", "nuts", "lau"))),
        "start_year": record.get("start"),
        "end_year": record.get("end"),
        "population": population,
        "band": places.band(population),
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
        "x": x,
        "y": y,
        "z": z,
    }


def terms(record: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Each facet with several values to a record, paired with each of its values."""
    several = [(facet.name, record.get(facet.detail) or ()) for facet in FACETS if facet.detail]
    return {(name, str(value)) for name, values in several for value in values}


def _home(record: Mapping[str, Any]) -> places.Municipality | None:
    return places.by_code(record.get("lau")) if record.get("country") == "IT" else None


def _point(record: Mapping[str, Any]) -> Point | None:
    lat, lon = record.get("lat"), record.get("lon")
    if lat is not None and lon is not None:
        return Point(lat=lat, lon=lon)
    home = _home(record)
    return home.point if home else None


def _population(record: Mapping[str, Any]) -> int | None:
    stated = record.get("population")
    if stated is not None:
        return int(stated)
    home = _home(record)
    return home.population if home else None
