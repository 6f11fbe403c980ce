"""A small map of one place as SVG, so that a page needs no script to show where a record belongs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kb import outlines
from kb.values import Place, Point

WIDTH, HEIGHT = 300, 220
"""Pixels; the page scales it."""

DEGREES = 11.0
"""Of longitude from side to side: enough for the coast or border that people know a country by."""

DRAWN = 500
"""Maps kept, up to 18 kB each: to draw one takes a quarter of the time of the page it stands on."""


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """The land around a place as the data of an SVG path; the place itself is in the middle."""

    path: str
    width: int = WIDTH
    height: int = HEIGHT
    sources: str = outlines.SOURCES


def place_map(place: Place) -> PlaceMap | None:
    """The map of a place; none where its coordinates are not known, or where nothing is drawn around it."""
    if place.point is None or abs(place.point.lat) > outlines.FARTHEST_NORTH:
        return None
    path = _path(place.point)
    return PlaceMap(path) if path else None


@lru_cache(DRAWN)
def _path(point: Point) -> str:
    rings = outlines.around(point, DEGREES, DEGREES * HEIGHT / WIDTH, WIDTH)
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in rings)
