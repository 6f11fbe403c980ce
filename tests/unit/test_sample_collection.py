"""The sample collection is what the README says: six languages, real places, sources, and twelve files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from kb import resources
from kb.services.manifest import entries

RECORDS = [json.loads(line) for line in (resources.SAMPLE / "records.jsonl").read_text("utf-8").splitlines()]


def test_six_records_in_each_of_six_languages() -> None:
    assert Counter(record["language"] for record in RECORDS) == dict.fromkeys(("it", "en", "fr", "de", "es", "pl"), 6)
    assert len({record["key"] for record in RECORDS}) == 36


def test_every_row_keeps_the_rules_of_records() -> None:
    found = entries(resources.SAMPLE / "records.jsonl")
    assert [entry.error for entry in found if entry.error] == []
    assert sum(len(entry.paths) for entry in found) == 12
    assert all(path.is_file() for entry in found for path in entry.paths)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["key"])
def test_each_says_where_what_when_and_from_whom(record: dict[str, object]) -> None:
    for field in ("country", "municipality", "lat", "lon", "themes", "start", "summary", "source_url"):
        assert record.get(field), field
    assert str(record["source_url"]).startswith("https://")
    assert record["licence"] == "CC-BY-4.0"


def test_the_files_are_what_their_sources_make(tmp_path: Path) -> None:
    copy = tmp_path / "sample"
    shutil.copytree(resources.SAMPLE, copy)
    shutil.rmtree(copy / "files")
    (copy / "files").mkdir()
    subprocess.run([sys.executable, copy / "build_files.py"], check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in (copy / "files").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (resources.SAMPLE / "files").iterdir()}
