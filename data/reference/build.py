"""Makes the tables of this folder: `python data/reference/build.py FOLDER` reads the two source tables from FOLDER."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent

MUNICIPALITIES = {
    "istat": "istat",
    "name": "nome",
    "other_name": "nome_altra_lingua",
    "region": "regione",
    "nuts2": "nuts2",
    "nuts3": "nuts3",
    "province": "sigla",
    "population": "popolazione_2011",
    "lat": "lat",
    "lon": "lon",
}
"""Our column → that of italian-municipalities.tsv."""

REGIONS = {"code": "nuts_id", "country": "country", "name": "name_latn"}
"""Our column → that of nuts2021.tsv."""

COUNTRIES = {"EL": "GR", "UK": "GB"}
"""Where NUTS names a country otherwise than ISO 3166."""

DECIMALS = 4
"""Of a degree: ten metres, finer than the middle of a municipality is known."""


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table with tabs between cells."""
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, delimiter="\t")


def write(path: Path, columns: Iterable[str], chosen: Iterable[dict[str, str]]) -> None:
    """Write a table with tabs between cells and a line feed after each row."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)


def municipality(row: dict[str, str]) -> dict[str, str]:
    """One municipality, its coordinates rounded."""
    cells = {ours: row[theirs] for ours, theirs in MUNICIPALITIES.items()}
    return cells | {name: f"{float(cells[name]):.{DECIMALS}f}" for name in ("lat", "lon") if cells[name]}


def region(row: dict[str, str]) -> dict[str, str]:
    """One region, under its country's ISO code."""
    cells = {ours: row[theirs] for ours, theirs in REGIONS.items()}
    return cells | {"country": COUNTRIES.get(cells["country"], cells["country"])}


def build(source: Path, target: Path = HERE) -> None:
    """Make both tables in `target`; regions are those of NUTS levels 1 and 2."""
    found = map(municipality, rows(source / "italian-municipalities.tsv"))
    write(target / "italian-municipalities.tsv", MUNICIPALITIES, sorted(found, key=lambda row: row["istat"]))
    levels = (row for row in rows(source / "nuts2021.tsv") if row["level"] in ("1", "2"))
    write(target / "nuts-regions.tsv", REGIONS, sorted(map(region, levels), key=lambda row: row["code"]))


if __name__ == "__main__":
    build(Path(sys.argv[1]))
