"""Places known without asking anybody: Italian municipalities, European regions, distance, size."""

from __future__ import annotations

import csv
import difflib
import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.errors import AmbiguousPlace, UnknownPlace
from kb.resources import REFERENCE
from kb.values import Point

EARTH_KM = 6_371.0088
"""Mean radius of the Earth (IUGG)."""

LIKE_NAMES = 3
"""Names offered when there is no municipality of the name given."""

BANDS = (
    ("under-1000", 1_000),
    ("1000-5000", 5_000),
    ("5000-15000", 15_000),
    ("15000-50000", 50_000),
    ("50000-250000", 250_000),
    ("over-250000", math.inf),
)
"""Population bands, each with the number of inhabitants that no longer belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """An Italian municipality; `population` is that of the census of 2011, unknown for those merged since."""

    istat: str
    name: str
    other_name: str
    region: str
    nuts2: str
    nuts3: str
    province: str
    population: int | None
    point: Point | None

    def __str__(self) -> str:
        return f"{self.name} ({self.province})"


def municipality(given: str) -> Municipality:
    """The municipality of that ISTAT code, or of that name when only one has it; "Castro (LE)" names a province.

    Raises:
        UnknownPlace: there is none; the message offers names that look alike.
        AmbiguousPlace: several have the name; the message gives them all.
    """
    found = candidates(given)
    if not found:
        raise UnknownPlace(_unknown(given), place=given, like=names_like(given))
    if len(found) > 1:
        named = "; ".join(f"{one} {one.istat}" for one in found)
        raise AmbiguousPlace(f"Several municipalities are called '{given}': {named}. Give the code.", candidates=found)
    return found[0]


def candidates(given: str) -> tuple[Municipality, ...]:
    """Every municipality of that ISTAT code or name; accents, case and the province in brackets may be left out."""
    given = given.strip()
    if given.isdigit():
        one = by_code(given)
        return (one,) if one else ()
    name, _, province = given.partition("(")
    found = _by_name().get(folded(name), ())
    wanted = province.strip(" )").upper()
    return tuple(one for one in found if wanted in ("", one.province))


def by_code(code: str | None) -> Municipality | None:
    """The municipality of an ISTAT code, with or without its leading zeros."""
    return _municipalities().get((code or "").strip().zfill(6))


def names_like(given: str) -> tuple[str, ...]:
    """Names of municipalities that look like the one given."""
    near = difflib.get_close_matches(folded(given), _by_name(), n=LIKE_NAMES, cutoff=0.75)
    return tuple(str(_by_name()[name][0]) for name in near)


def beginning(given: str, limit: int) -> tuple[Municipality, ...]:
    """The largest municipalities whose names begin like that, as somebody types them."""
    typed = folded(given)
    found = {one for name, ones in _by_name().items() if typed and name.startswith(typed) for one in ones}
    return tuple(sorted(found, key=lambda one: (-(one.population or 0), one.istat))[:limit])


def region_key(country: str | None, region: str | None, nuts: str | None, lau: str | None) -> str | None:
    """What a record's region goes by, whatever it was called.

    The code of the NUTS region of level 1 or 2 whose name is stated, so that a German Land and an Italian region
    are each what people there call a region; else the level-2 code stated, or that of the municipality; else the
    name as it stands.
    """
    named = region_codes(region or "", country)
    if len(named) == 1:
        return named[0]
    if nuts and len(nuts) >= 4:
        return nuts[:4]
    home = by_code(lau) if country == "IT" else None
    return (home.nuts2 if home else None) or region


def region_codes(name: str, country: str | None = None) -> tuple[str, ...]:
    """Codes of the NUTS regions of that name, in one country or all; of two levels of one name the upper."""
    found = [code for code, home in _codes_by_name().get(folded(name), ()) if country in (None, home)]
    return tuple(code for code in found if not any(code != other and code.startswith(other) for other in found))


@cache
def region_names() -> Mapping[str, str]:
    """Code → name of every NUTS region of levels 1 and 2."""
    return {code: name for code, _, name in _regions()}


def band(population: int | None) -> str | None:
    """The population band of a number of inhabitants."""
    if population is None:
        return None
    return next(name for name, limit in BANDS if population < limit)


def distance(one: Point, other: Point) -> float:
    """Great-circle distance in kilometres, by the haversine formula."""
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    by_lat = math.sin((other_lat - lat) / 2) ** 2
    by_lon = math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, by_lat + math.cos(lat) * math.cos(other_lat) * by_lon)))


def on_sphere(point: Point) -> tuple[float, float, float]:
    """The point on a sphere of radius 1: there, distance is arithmetic that any database can do."""
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def chord_squared(km: float) -> float:
    """Square of the straight line, on a sphere of radius 1, under an arc of so many kilometres."""
    return float((2 * math.sin(min(km / EARTH_KM, math.pi) / 2)) ** 2)


def folded(name: str) -> str:
    """A name as it is compared: without accents, case and punctuation."""
    bare = (char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in bare).casefold().split())


def _unknown(given: str) -> str:
    like = names_like(given)
    offered = f"did you mean {' or '.join(like)}?" if like else "give its name or its ISTAT code."
    return f"There is no Italian municipality '{given}': {offered}"


@cache
def _municipalities() -> Mapping[str, Municipality]:
    return {row["istat"]: _municipality(row) for row in _rows("italian-municipalities.tsv")}


def _municipality(row: Mapping[str, str]) -> Municipality:
    point = Point(lat=float(row["lat"]), lon=float(row["lon"])) if row["lat"] else None
    return Municipality(
        istat=row["istat"],
        name=row["name"],
        other_name=row["other_name"],
        region=row["region"],
        nuts2=row["nuts2"],
        nuts3=row["nuts3"],
        province=row["province"],
        population=int(row["population"]) if row["population"] else None,
        point=point,
    )


@cache
def _by_name() -> Mapping[str, tuple[Municipality, ...]]:
    found: dict[str, tuple[Municipality, ...]] = {}
    for one in _municipalities().values():
        for name in {folded(one.name), folded(one.other_name)} - {""}:
            found[name] = (*found.get(name, ()), one)
    return found


@cache
def _regions() -> tuple[tuple[str, str, str], ...]:
    return tuple((row["code"], row["country"], row["name"]) for row in _rows("nuts-regions.tsv"))


@cache
def _codes_by_name() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for code, country, name in _regions():
        found[folded(name)] = (*found.get(folded(name), ()), (code, country))
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    with Path(REFERENCE / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, delimiter="\t")
