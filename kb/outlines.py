"""The outlines of countries, and of the regions of Italy, that maps are drawn on: no picture comes from elsewhere."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from kb.resources import REFERENCE
from kb.values import Point

FILE = REFERENCE / "outlines.json"
"""GeoJSON; `data/reference/README.md` says where it comes from."""

SOURCES = "© EuroGeographics · openpolis CC BY 4.0 · Natural Earth"
"""Whom each map has to name."""

FINEST = 2.5
"""Pixels between two points of a line."""

FARTHEST_NORTH = 85.0
"""Degrees of latitude beyond which nothing is drawn: there, the projection grows without end."""

Position = tuple[float, float]
Ring = Sequence[Position]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def project(lon: float, lat: float) -> Position:
    """A point on the plane in Mercator's projection, in degrees of longitude, y growing downwards."""
    held = math.radians(max(-FARTHEST_NORTH, min(FARTHEST_NORTH, lat)))
    return lon, -math.degrees(math.asinh(math.tan(held)))


def around(point: Point, width: float, height: float, pixels: int) -> list[list[Position]]:
    """What lies in a window around a point, `width` by `height` degrees of longitude drawn `pixels` wide.

    Rings, in pixels from the left upper corner of the window; they are cut off a little outside of it.
    """
    x, y = project(point.lon, point.lat)
    left, top, scale = x - width / 2, y - height / 2, pixels / width
    edge = width / 20
    box = (left - edge, top - edge, left + width + edge, top + height + edge)
    cut = (clipped(ring, box) for (bounds, ring) in _rings() if _meet(bounds, box))
    drawn = (_thinned([(round((x - left) * scale, 1), round((y - top) * scale, 1)) for x, y in ring]) for ring in cut)
    return [ring for ring in drawn if len(ring) > 2]


def _thinned(ring: Sequence[Position]) -> list[Position]:
    """The ring without the points that lie closer to the one before than anybody sees."""
    kept: list[Position] = []
    for x, y in ring:
        if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= FINEST:
            kept.append((x, y))
    return kept


def clipped(ring: Ring, box: Box) -> Ring:
    """The part of a closed ring that lies in a box (Sutherland and Hodgman 1974)."""
    left, top, right, bottom = box
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        ring = _cut(ring, axis, limit, sign)
    return ring


def _cut(ring: Ring, axis: int, limit: float, sign: int) -> Ring:
    """The part of a ring on one side of a line parallel to an axis."""
    kept: list[Position] = []
    for before, here in pairwise([ring[-1], *ring] if ring else []):
        inside = sign * (here[axis] - limit) >= 0
        if inside != (sign * (before[axis] - limit) >= 0):
            share = (limit - before[axis]) / (here[axis] - before[axis])
            kept.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
        if inside:
            kept.append(here)
    return kept


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


@cache
def _rings() -> tuple[tuple[Box, Ring], ...]:
    """Every outer ring, projected, with the box it lies in; lakes and enclaves are drawn by nobody."""
    features = json.loads(FILE.read_text(encoding="utf-8"))["features"]
    rings = [
        [project(lon, lat) for lon, lat in polygon[0]] for one in features for polygon in one["geometry"]["coordinates"]
    ]
    return tuple((_bounds(ring), ring) for ring in rings)


def _bounds(ring: Ring) -> Box:
    across, down = zip(*ring, strict=True)
    return min(across), min(down), max(across), max(down)
