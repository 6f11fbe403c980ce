"""The outlines are what their sources make, hold the land people know, and are cut off where a map ends."""

from __future__ import annotations

import importlib.util
import json
from itertools import pairwise
from pathlib import Path

import pytest

from kb import outlines
from kb.values import Point


def inside(point: Point, rings: list[list[tuple[float, float]]], width: int, height: float) -> bool:
    """Whether the middle of a window lies on land, by the rule of even and odd, of any ring."""
    x, y = width / 2, height / 2
    found = False
    for ring in rings:
        crossings = sum(
            (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0
            for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True)
        )
        found = found or crossings % 2 == 1
    return found


@pytest.mark.parametrize(
    ("lat", "lon", "on_land"),
    [
        (43.84, 10.58, True),  # Capannori
        (37.5, 14.2, True),  # Sicily
        (46.69, 10.55, True),  # Mals, at the border
        (43.94, 12.45, True),  # San Marino
        (52.2, 21.0, True),  # Warsaw
        (6.2, -75.6, True),  # Medellín
        (66.0, 175.0, True),  # Chukotka, whose ring crosses the date line
        (66.5, 2.0, False),  # the sea on the latitude of Chukotka
        (45.3, 12.9, False),  # the gulf of Venice
        (44.1, 9.0, False),  # the Ligurian Sea
        (40.0, 12.0, False),  # the Tyrrhenian
        (45.0, -40.0, False),  # the Atlantic
    ],
)
def test_what_is_land_and_what_is_sea(lat: float, lon: float, on_land: bool) -> None:
    rings = outlines.around(Point(lat=lat, lon=lon), 10, 8, 300)
    assert inside(Point(lat=lat, lon=lon), rings, 300, 240) is on_land


def test_nothing_is_drawn_far_outside_the_window() -> None:
    rings = outlines.around(Point(lat=45, lon=9), 10, 8, 300)
    across = [x for ring in rings for x, _ in ring]
    assert rings
    assert -20 < min(across) < max(across) < 320


def test_a_square_is_cut_to_the_part_inside() -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    assert set(outlines.clipped(square, (1, 1, 9, 9))) == {(1, 1), (4, 1), (4, 4), (1, 4)}
    assert outlines.clipped(square, (5, 5, 9, 9)) == []


def test_no_line_leads_around_the_earth() -> None:
    features = json.loads(outlines.FILE.read_text(encoding="utf-8"))["features"]
    rings = [ring for one in features for polygon in one["geometry"]["coordinates"] for ring in polygon]
    assert max(abs(x1 - x0) for ring in rings for (x0, _), (x1, _) in pairwise(ring)) < 60


def test_the_outlines_are_what_the_sources_make(shared: Path, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("build_outlines", outlines.FILE.parent / "build_outlines.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(shared / "reference", tmp_path)
    assert (tmp_path / "outlines.json").read_bytes() == outlines.FILE.read_bytes()
