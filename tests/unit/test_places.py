"""Places known without asking anybody: names, codes, distances, bands, and the tables they come from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kb import places, resources, vocabulary
from kb.errors import AmbiguousPlace, UnknownPlace
from kb.values import Point


@pytest.mark.parametrize("given", ["Capannori", "  CAPANNORI ", "046007", "46007", "Capannori (LU)", "capannori(lu)"])
def test_a_municipality_by_name_or_code(given: str) -> None:
    found = places.municipality(given)
    assert (found.istat, found.region, found.nuts2, found.population) == ("046007", "Toscana", "ITI1", 44898)
    assert str(found) == "Capannori (LU)"


@pytest.mark.parametrize(
    ("given", "istat"), [("aglie", "001001"), ("Bozen", "021008"), ("Malles Venosta", "021046"), ("mals", "021046")]
)
def test_accents_and_the_other_language_may_be_used(given: str, istat: str) -> None:
    assert places.municipality(given).istat == istat


def test_a_name_that_several_have_gives_them_all() -> None:
    with pytest.raises(AmbiguousPlace, match=r"Castro \(BG\) 016065; Castro \(LE\) 075096"):
        places.municipality("castro")
    assert [one.province for one in places.candidates("Castro")] == ["BG", "LE"]
    assert places.municipality("Castro (LE)").istat == "075096"


@pytest.mark.parametrize("given", ["Capanori", "999999", "", "   ", "()", "?!", "x" * 5_000, "’", "Roma\x00"])
def test_an_unknown_name_is_refused(given: str) -> None:
    if given == "Roma\x00":
        assert places.municipality(given).name == "Roma"
        return
    with pytest.raises(UnknownPlace):
        places.municipality(given)


def test_a_misspelt_name_is_answered_with_those_like_it() -> None:
    with pytest.raises(UnknownPlace, match="did you mean Capannori"):
        places.municipality("Capanori")


def test_distance_is_that_of_the_great_circle() -> None:
    rome, milan = Point(lat=41.9, lon=12.5), Point(lat=45.4642, lon=9.19)
    assert places.distance(rome, milan) == pytest.approx(476, abs=2)
    assert places.distance(rome, rome) == 0
    assert places.distance(Point(lat=0, lon=179.9), Point(lat=0, lon=-179.9)) == pytest.approx(22.2, abs=0.1)
    assert places.distance(Point(lat=90, lon=0), Point(lat=-90, lon=0)) == pytest.approx(20_015, abs=1)


@pytest.mark.parametrize("km", [0.5, 30, 476.9, 5_000, 19_000])
def test_the_chord_is_as_good_as_the_arc(km: float) -> None:
    centre = Point(lat=43.8, lon=10.6)
    for degrees in (0.001, 0.2, 3, 30, 100):
        other = Point(lat=43.8 - degrees, lon=10.6 + degrees)
        chord = sum((a - b) ** 2 for a, b in zip(places.on_sphere(centre), places.on_sphere(other), strict=True))
        assert (chord <= places.chord_squared(km)) == (places.distance(centre, other) <= km)


@pytest.mark.parametrize(
    ("population", "band"),
    [
        (0, "under-1000"),
        (999, "under-1000"),
        (1_000, "1000-5000"),
        (4_999, "1000-5000"),
        (5_000, "5000-15000"),
        (15_000, "15000-50000"),
        (50_000, "50000-250000"),
        (250_000, "over-250000"),
        (8_000_000, "over-250000"),
        (None, None),
    ],
)
def test_every_number_of_inhabitants_has_one_band(population: int | None, band: str | None) -> None:
    assert places.band(population) == band
    assert [name for name, _ in places.BANDS] == list(vocabulary.terms("population-bands"))


@pytest.mark.parametrize(
    ("country", "region", "nuts", "lau", "key"),
    [
        ("IT", "Toscana", None, None, "ITI1"),
        ("IT", "toscana", "ITI12", None, "ITI1"),
        ("IT", "Tuscany", "ITI1", None, "ITI1"),
        ("IT", None, None, "046007", "ITI1"),
        ("IT", "Trentino-Alto Adige", None, "021008", "ITH1"),
        ("DE", "Bayern", "DE27", None, "DE2"),
        ("DE", None, "DE27", None, "DE27"),
        ("FR", "Hauts-de-France", "FRE1", None, "FRE"),
        ("CO", "Antioquia", None, None, "Antioquia"),
        ("AT", "Bayern", None, None, "Bayern"),
        ("IT", None, None, None, None),
    ],
)
def test_a_region_goes_by_one_key_whatever_it_is_called(
    country: str, region: str | None, nuts: str | None, lau: str | None, key: str | None
) -> None:
    assert places.region_key(country, region, nuts, lau) == key


def test_the_tables_are_what_the_sources_make(shared: Path, tmp_path: Path) -> None:
    source = shared / "reference"
    if not (source / "nuts2021.tsv").exists():
        pytest.skip("needs the source tables")
    spec = importlib.util.spec_from_file_location("build", resources.REFERENCE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(source, tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (resources.REFERENCE / made.name).read_bytes()


def test_the_table_is_whole() -> None:
    table = list(places._municipalities().values())
    assert len(table) == 7896
    assert sum(one.population is not None for one in table) == 7889
    assert sum(one.point is not None for one in table) == 7885
    assert all(len(one.nuts2) == 4 and one.nuts3.startswith(one.nuts2) for one in table)
