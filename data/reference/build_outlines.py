"""Makes `outlines.json`: `python data/reference/build_outlines.py FOLDER` reads three source geometries from FOLDER."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

Position = tuple[float, float]
Ring = list[Position]
Polygon = list[Ring]

INLAND = [(8.0, 44.4), (9.0, 45.0), (12.0, 45.8), (13.5, 45.9)]
"""A line from the western to the eastern end of the Alps that keeps away from the sea."""

SAN_MARINO = [(12.38, 43.88), (12.54, 43.88), (12.54, 44.0), (12.38, 44.0), (12.38, 43.88)]
"""A square around it; the regions are drawn over what of it is theirs."""

WORLD_DECIMALS, EUROPE_DECIMALS, ITALY_DECIMALS = 1, 2, 3
"""Of a degree of latitude: 11 km, 1.1 km and 110 m, as coarse as what the sources were drawn at."""

ITALY_TOLERANCE = 0.006
"""Degrees that the line of a border may move where points of it are left out: half a kilometre."""

IN_EUROPE = (
    "Albania", "Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czechia", "Denmark", "Estonia", "Finland",
    "France", "Germany", "Greece", "Hungary", "Iceland", "Ireland", "Italy", "Latvia", "Lithuania", "Luxembourg",
    "Macedonia", "Montenegro", "N. Cyprus", "Netherlands", "Norway", "Poland", "Portugal", "Romania", "Serbia",
    "Slovakia", "Slovenia", "Spain", "Sweden", "Switzerland", "Turkey", "United Kingdom",
)  # fmt: skip
"""Countries that the coarse map of the world has too, under its names."""


def world(source: Path) -> list[Polygon]:
    """The countries that the map of Europe does not have, but for Antarctica."""
    topology = json.loads((source / "world_countries_110m.topo.json").read_text(encoding="utf-8"))
    chosen = (
        shape
        for shape in topology["objects"]["countries"]["geometries"]
        if shape["properties"]["name"] not in (*IN_EUROPE, "Antarctica")
    )
    return _rounded(_polygons(chosen, _arcs(topology)), WORLD_DECIMALS)


def europe(source: Path) -> list[Polygon]:
    """The countries of Europe without Italy."""
    return _rounded([one for code, polygons in _countries(source) if code != "IT" for one in polygons], EUROPE_DECIMALS)


def beneath(source: Path) -> list[Polygon]:
    """What shows between the coarse neighbours of Italy and its finer regions: the Alps, and San Marino."""
    countries = list(_countries(source))
    neighbours = {point for code, polygons in countries if code != "IT" for ring in _outer(polygons) for point in ring}
    (mainland,) = [ring for ring in _outer(dict(countries)["IT"]) if sum(point in neighbours for point in ring) > 9]
    shared = [point in neighbours for point in mainland]
    # The ring begins anywhere; its border with the neighbours begins after the sea.
    first = next(n for n, is_shared in enumerate(shared) if is_shared and not shared[n - 1])
    border = [point for point in mainland[first:] + mainland[:first] if point in neighbours]
    alps = [*border, *sorted(INLAND, reverse=border[-1][0] > border[0][0]), border[0]]
    return _rounded([[alps], [SAN_MARINO]], EUROPE_DECIMALS)


def italy(source: Path) -> list[Polygon]:
    """The regions of Italy; neighbours share each point of their border, because borders are simplified once."""
    topology = json.loads((source / "it_regions.topo.json").read_text(encoding="utf-8"))
    arcs = [simplified(arc, ITALY_TOLERANCE) for arc in _arcs(topology)]
    return _rounded(_polygons(topology["objects"]["regions"]["geometries"], arcs), ITALY_DECIMALS)


def simplified(line: Ring, tolerance: float) -> Ring:
    """The line without the points that lie within `tolerance` of what remains (Douglas and Peucker 1973)."""
    if len(line) < 3:
        return line
    away, farthest = max((_away(point, line[0], line[-1]), n) for n, point in enumerate(line[1:-1], 1))
    if away <= tolerance:
        return [line[0], line[-1]]
    return simplified(line[: farthest + 1], tolerance)[:-1] + simplified(line[farthest:], tolerance)


def _away(point: Position, start: Position, end: Position) -> float:
    """Distance of a point from a stretch of line."""
    (x, y), (x0, y0), (x1, y1) = point, start, end
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2
    along = max(0.0, min(1.0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length)) if length else 0.0
    return float(((x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2) ** 0.5)


def _arcs(topology: dict[str, Any]) -> list[Ring]:
    """The arcs of a quantized TopoJSON in degrees."""
    (by_x, by_y), (from_x, from_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((x * by_x + from_x, y * by_y + from_y))
        arcs.append(line)
    return arcs


def _polygons(shapes: Any, arcs: Sequence[Ring]) -> list[Polygon]:
    return [
        [_joined(ring, arcs) for ring in polygon]
        for shape in shapes
        for polygon in _listed(shape["type"], shape["arcs"])
    ]


def _joined(ring: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """The arcs of a ring one after the other; ~n is the arc n backwards."""
    line: Ring = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        line += arc[1:] if line else arc
    return line


def _countries(source: Path) -> Iterator[tuple[str, list[Polygon]]]:
    """The countries of Europe by their NUTS codes."""
    collection = json.loads((source / "nuts2021_60m_l0.geojson").read_text(encoding="utf-8"))
    for one in collection["features"]:
        polygons = _listed(one["geometry"]["type"], one["geometry"]["coordinates"])
        yield one["properties"]["NUTS_ID"], [[[(x, y) for x, y in ring] for ring in polygon] for polygon in polygons]


def _outer(polygons: Sequence[Polygon]) -> Iterator[Ring]:
    return (polygon[0] for polygon in polygons)


def _unbroken(ring: Ring) -> Ring:
    """A ring that crosses the date line, continued beyond 180 degrees instead of leading around the Earth."""
    turns, before, line = 0, ring[0][0], []
    for x, y in ring:
        turns += (x - before < -180) - (x - before > 180)
        before = x
        line.append((x + 360 * turns, y))
    return line


def _listed(kind: str, coordinates: Any) -> Any:
    return coordinates if kind == "MultiPolygon" else [coordinates]


def _rounded(polygons: Sequence[Polygon], decimals: int) -> list[Polygon]:
    """Coordinates with fewer digits; rings that become a point or a line are left out, and their polygons."""
    rounded = [[ring for ring in (_sparse(ring, decimals) for ring in one) if len(ring) > 3] for one in polygons]
    return [polygon for polygon in rounded if polygon]


def _sparse(ring: Ring, decimals: int) -> Ring:
    return list(_distinct([(round(x, decimals), round(y, decimals)) for x, y in _unbroken(ring)]))


def _distinct(line: Ring) -> Iterator[Position]:
    before = None
    for point in line:
        if point != before:
            yield point
        before = point


def build(source: Path, target: Path = HERE) -> None:
    """Make the table of outlines in `target`: GeoJSON, one feature for each of the maps it is made of, from below."""
    layers = {"world": world(source), "europe": europe(source), "beneath": beneath(source), "italy": italy(source)}
    features = [
        {
            "type": "Feature",
            "properties": {"layer": name},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        }
        for name, polygons in layers.items()
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    (target / "outlines.json").write_text(text.replace(".0,", ",").replace(".0]", "]") + "\n", encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
