"""A small map of one place as SVG, so that a page needs no script to show where a record belongs."""

from __future__ import annotations

from dataclasses import dataclass

from kb import outlines
from kb.values import Place

WIDTH, HEIGHT = 300, 220
"""Pixels; the page scales it."""

DEGREES = 11.0
"""Of longitude from side to side: enough for the coast or border that people know a country by."""


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
    rings = outlines.around(place.point, DEGREES, DEGREES * HEIGHT / WIDTH, WIDTH)
    path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in rings)
    return PlaceMap(path) if path else None
