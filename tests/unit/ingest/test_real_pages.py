"""Real web pages: their text is kept, what stands around it is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.cleaning import clean
from ingest.extractors.html import extract
from ingest.extractors.html_asides import is_aside


@pytest.mark.shared
def test_what_must_be_there_is_and_what_must_not_is_not(shared: Path) -> None:
    folder = shared / "docs" / "difficult"
    wanted: list[bool] = []
    unwanted: list[bool] = []
    for line in (folder / "html_gold.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        text = " ".join(block.text for block in extract(folder / gold["path"], gold["path"]).blocks)
        wanted += [clean(phrase) in text for phrase in gold["with_"]]
        unwanted += [clean(phrase) in text for phrase in gold["without"]]
    assert sum(wanted) / len(wanted) >= 0.93
    assert sum(unwanted) / len(unwanted) <= 0.09


@pytest.mark.parametrize(
    "text",
    [
        "Leggi anche: Il nuovo piano del traffico",
        "À lire aussi",
        "Mehr zum Thema",
        "© 2024 City of X",
        "Foto: M. Rossi",
    ],
)
def test_what_points_elsewhere_is_an_aside(text: str) -> None:
    assert is_aside(text)


@pytest.mark.parametrize(
    "text",
    [
        "Leggi regionali e statali in materia di rifiuti",
        "Fotovoltaico: 34 impianti sui tetti delle scuole",
        "Images of it",
    ],
)
def test_what_only_begins_like_one_is_not(text: str) -> None:
    assert not is_aside(text)
