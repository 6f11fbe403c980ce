"""The sample collection is what the README says: its languages, coverage, places, files and collections."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kb import places, resources, vocabulary
from kb.services.fields import Indicator
from kb.services.manifest import entries


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (resources.SAMPLE / name).read_text("utf-8").splitlines()]


def table(name: str, key: str) -> dict[str, dict[str, str]]:
    with (resources.REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file, delimiter="\t")}


RECORDS = lines("records.jsonl")
COLLECTIONS = lines("collections.jsonl")
INDICATORS = [one for record in RECORDS for one in record.get("indicators", ())]
KEYS = {record["key"] for record in RECORDS}

LANGUAGES = {
    **dict.fromkeys(("it", "de"), 15),
    "en": 13,
    "fr": 11,
    "es": 10,
    "pl": 6,
    **dict.fromkeys(("nl", "sv"), 5),
    **dict.fromkeys(("pt", "da", "fi", "el", "cs", "sl", "hr", "ro", "hu"), 4),
    "sk": 2,
    **dict.fromkeys(("bg", "et"), 1),
}

COVERS = ("it", "en", "fr", "de", "es")
"""Languages in which every collection says what it is."""

LONG = tuple(vocabulary.terms("sections"))

BOXES = {
    "AR": (-55.1, -21.7, -73.6, -53.6),
    "AT": (46.3, 49.1, 9.5, 17.2),
    "BE": (49.4, 51.6, 2.5, 6.5),
    "BG": (41.2, 44.3, 22.3, 28.7),
    "CH": (45.8, 47.9, 5.9, 10.6),
    "CO": (-4.3, 12.5, -79.1, -66.8),
    "CY": (34.5, 35.8, 32.2, 34.7),
    "CZ": (48.5, 51.1, 12.0, 18.9),
    "DE": (47.2, 55.1, 5.8, 15.1),
    "DK": (54.5, 57.8, 8.0, 15.3),
    "EE": (57.5, 59.8, 21.7, 28.3),
    "ES": (27.6, 43.9, -18.2, 4.4),
    "FI": (59.7, 70.1, 19.3, 31.6),
    "FR": (41.3, 51.2, -5.2, 9.6),
    "GB": (49.8, 60.9, -8.7, 1.8),
    "GR": (34.7, 41.8, 19.3, 29.7),
    "HR": (42.3, 46.6, 13.4, 19.5),
    "HU": (45.7, 48.6, 16.1, 22.9),
    "IE": (51.4, 55.4, -10.7, -5.9),
    "IT": (35.4, 47.1, 6.6, 18.6),
    "LU": (49.4, 50.2, 5.7, 6.6),
    "MT": (35.7, 36.1, 14.1, 14.6),
    "NL": (50.7, 53.6, 3.3, 7.3),
    "NO": (57.9, 71.3, 4.4, 31.2),
    "PL": (49.0, 54.9, 14.1, 24.2),
    "PT": (32.3, 42.2, -31.3, -6.1),
    "RO": (43.6, 48.3, 20.2, 29.8),
    "SE": (55.3, 69.1, 10.9, 24.2),
    "SI": (45.4, 46.9, 13.3, 16.6),
    "SK": (47.7, 49.7, 16.8, 22.6),
}
"""Country → least and greatest latitude, least and greatest longitude."""


def sentences(record: dict[str, Any]) -> set[str]:
    texts = " ".join(str(record.get(name, "")) for name in ("summary", *LONG))
    return {sentence for sentence in re.split(r"(?<=[.!?;:])\s+", texts) if len(sentence) > 20}


def test_as_many_records_in_each_language_as_the_readme_says() -> None:
    assert Counter(record["language"] for record in RECORDS) == LANGUAGES
    assert len(RECORDS) == len(KEYS) == 120
    assert Counter(record["kind"] for record in RECORDS) == {"practice": 110, "study": 10}


def test_the_readme_lists_every_record_and_collection() -> None:
    readme = (resources.SAMPLE / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", readme, flags=re.MULTILINE)
    assert listed == [record["key"] for record in (*RECORDS, *COLLECTIONS)]


def test_every_row_keeps_the_rules_of_records() -> None:
    found = entries(resources.SAMPLE / "records.jsonl")
    assert [entry.error for entry in found if entry.error] == []
    assert sum(len(entry.paths) for entry in found) == 12
    assert all(path.is_file() for entry in found for path in entry.paths)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["key"])
def test_each_says_where_what_when_and_from_whom(record: dict[str, Any]) -> None:
    for field in (
        *("country", "region", "municipality", "lat", "lon", "scale", "territory", "promoter", "keywords"),
        *("themes", "sdgs", "aalborg", "instruments", "status", "start", "summary", "source_url"),
    ):
        assert record.get(field), field
    assert record["source_url"].startswith("https://")
    assert record["licence"] == "CC-BY-4.0"
    if not record.get("file"):
        for field in ("challenge", "solution", "results", "lessons", "transferability"):
            assert len(record[field]) > 60, field


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["key"])
def test_each_lies_where_it_says(record: dict[str, Any]) -> None:
    south, north, west, east = BOXES[record["country"]]
    assert south <= record["lat"] <= north
    assert west <= record["lon"] <= east
    if "nuts" in record:
        assert table("nuts-regions.tsv", "code")[record["nuts"]]["country"] == record["country"]
    else:
        assert record["country"] in ("AR", "CO"), "outside NUTS"


@pytest.mark.parametrize("record", [one for one in RECORDS if one["country"] == "IT"], ids=lambda one: one["key"])
def test_italian_places_are_those_of_istat(record: dict[str, Any]) -> None:
    row = table("italian-municipalities.tsv", "istat")[record["lau"]]
    assert record["municipality"] in (row["name"], f"{row['name']}/{row['other_name']}")
    assert record["nuts"] == row["nuts2"]
    assert record["population"] == int(row["population"])
    # The middle of a municipality may lie a few kilometres from its town, as at Magliano Alpi.
    assert record["lat"] == pytest.approx(float(row["lat"]), abs=0.15)
    assert record["lon"] == pytest.approx(float(row["lon"]), abs=0.15)


def test_every_theme_place_and_goal_is_covered() -> None:
    themes = Counter(theme for record in RECORDS for theme in record["themes"])
    assert set(themes) == set(vocabulary.terms("themes"))
    assert min(themes.values()) >= 8
    for field, terms in (("territory", "territories"), ("instruments", "instruments"), ("sdgs", "sdgs")):
        assert {str(term) for record in RECORDS for term in record[field]} == set(vocabulary.terms(terms)), field
    assert {str(number) for record in RECORDS for number in record["aalborg"]} == set(vocabulary.terms("aalborg"))
    bands = {places.band(record["population"]) for record in RECORDS if "population" in record}
    assert bands == set(vocabulary.terms("population-bands"))
    assert len({record["country"] for record in RECORDS} - {"AR", "CO"}) >= 20
    italian = {record["nuts"][:3] for record in RECORDS if record["country"] == "IT"}
    assert italian == {"ITC", "ITF", "ITG", "ITH", "ITI"}, "from north to south, and the islands"


def test_small_mountain_municipalities_speak_german_and_of_waste() -> None:
    """An Italian officer of such a place must find hers across the border."""
    found = [
        record
        for record in RECORDS
        if record["language"] == "de"
        and "mountain" in record["territory"]
        and 2_000 <= record.get("population", 0) <= 4_500
    ]
    assert len(found) >= 4
    assert sum("waste" in record["themes"] for record in found) >= 2


def test_failures_are_told_for_what_they_teach() -> None:
    failed = [record for record in RECORDS if record["status"] == "discontinued"]
    assert len(failed) >= 6
    assert all(record.get("limiting_factors") or record.get("file") for record in failed)


def test_studies_name_their_publication() -> None:
    for record in (one for one in RECORDS if one["kind"] == "study"):
        assert record["authors"]
        assert record["publisher"]
        assert record["year"] >= record["start"]
        if "doi" in record:
            assert record["source_url"] == f"https://doi.org/{record['doi']}"


def test_no_two_records_share_a_sentence() -> None:
    counted = Counter(sentence for record in RECORDS for sentence in sentences(record))
    assert [sentence for sentence, times in counted.items() if times > 1] == []


def test_what_was_measured_has_a_name_and_a_value() -> None:
    assert sum("indicators" in record for record in RECORDS) >= 40
    for indicator in INDICATORS:
        assert {"name", "value"} <= indicator.keys() <= Indicator.model_fields.keys()
        assert Indicator.model_validate(indicator).value == indicator["value"]


def test_there_are_ten_collections() -> None:
    assert len({collection["key"] for collection in COLLECTIONS}) == len(COLLECTIONS) == 10


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection["key"])
def test_each_collection_says_in_five_languages_what_it_holds_in_order(collection: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,60}", collection["key"])
    assert collection["visibility"] == "public"
    assert tuple(collection["cover"]) == COVERS
    for words in collection["cover"].values():
        assert 1 <= len(words["title"]) <= 120
        assert 1 <= len(words["text"]) <= 1_000
    for _, names in collection["sections"]:
        assert tuple(names) == COVERS
        assert all(1 <= len(name) <= 120 for name in names.values())
    held = [record["key"] for record in collection["records"]]
    assert 6 <= len(held) <= 14
    assert len(set(held)) == len(held)
    assert set(held) <= KEYS
    assert all(10 <= len(record["note"]) <= 500 for record in collection["records"])
    order = [record["section"] for record in collection["records"]]
    assert list(dict.fromkeys(order)) == [key for key, _ in collection["sections"]]
    assert order == sorted(order, key=list(dict.fromkeys(order)).index), "records of a section stand together"


def test_the_files_are_what_their_sources_make(tmp_path: Path) -> None:
    copy = tmp_path / "sample"
    shutil.copytree(resources.SAMPLE, copy)
    shutil.rmtree(copy / "files")
    (copy / "files").mkdir()
    subprocess.run([sys.executable, copy / "build_files.py"], check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in (copy / "files").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (resources.SAMPLE / "files").iterdir()}
