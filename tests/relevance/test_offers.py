"""Translations and subjects by meaning, on texts whose translations and subjects are known."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundled import BUNDLED_NAME
from kb import imports
from kb.bootstrap import Kb, build
from kb.config import load
from kb.values import OPERATOR

pytestmark = pytest.mark.encoder

LANGUAGES = ("en", "de", "ro")


@pytest.fixture
def empty(models_folder: Path, tmp_path: Path) -> Iterator[Kb]:
    """A product with the real encoder and nothing in it."""
    kb = build(load(data=tmp_path / "data", models=models_folder))
    kb.database.upgrade()
    kb.models.add(BUNDLED_NAME)
    yield kb
    kb.close()


def articles(shared: Path) -> dict[tuple[str, int, str], str]:
    """Of two articles two paragraphs and two others, each in several languages."""
    rows = [json.loads(line) for line in (shared / "eval/parallel/corpus.jsonl").read_text("utf-8").splitlines()]
    texts = {row["id"]: row["text"] for row in rows}
    numbers: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["lang"] == "en":
            numbers[row["title"]].append(row["id"].removeprefix("en-"))
    return {
        (title, half, code): "\n\n".join(
            texts[f"{code}-{number}"] for number in numbers[title][2 * half : 2 * half + 2]
        )
        for title in ("Amazon rainforest", "Oxygen")
        for half in (0, 1)
        for code in LANGUAGES
        if all(f"{code}-{number}" in texts for number in numbers[title][2 * half : 2 * half + 2])
    }


def test_translations_are_found_and_texts_on_the_same_subject_are_not(empty: Kb, shared: Path, tmp_path: Path) -> None:
    files = {}
    for number, (key, text) in enumerate(articles(shared).items()):
        files[key] = tmp_path / f"{number}-{key[2]}.txt"
        files[key].write_text(text, encoding="utf-8")
    outcomes = imports.add(empty, list(files.values()), "published", lambda _: lambda _done, _total: None)
    keys = {outcome.record_id: key for outcome, key in zip(outcomes, files, strict=True)}
    found = {frozenset((own, one.record)) for own, one in empty.duplicates.everything(OPERATOR)}
    wanted = {
        frozenset((one, other)) for one in keys for other in keys if one != other and keys[one][:2] == keys[other][:2]
    }
    assert len(wanted) >= 10
    assert found == wanted
    first = next(iter(keys)) or 0
    versions = {one.language for one in empty.duplicates.versions(first, OPERATOR)}
    assert versions == set(LANGUAGES) - {keys[first][2]}


def test_the_sample_has_no_translations_though_it_tells_like_practices_in_many_languages(sample: Kb) -> None:
    """Of 8,646 pairs one is taken for a translation, just at the limit: two studies of industrial symbiosis."""
    assert [one.percent for _, one in sample.duplicates.everything(OPERATOR)] in ([], [40], [40, 40])
