"""Collections from a table: all of it or nothing, and what people made meanwhile stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kb import resources
from kb.bootstrap import Kb
from kb.errors import InvalidManifest, MissingFile, NotAllowed
from kb.values import OPERATOR, VISITOR, Outcome
from tests.support import people

Describe = Callable[..., Outcome]

SHELF = {
    "key": "water",
    "cover": {"en": {"title": "Water"}, "it": {"title": "Acqua", "text": "Dalla sorgente."}},
    "sections": [["spring", {"it": "Sorgenti"}]],
    "records": [
        {"key": "two", "section": "spring", "note": "Prima questa."},
        {"key": "none"},
        {"key": "one", "section": "spring"},
    ],
}


def table(tmp_path: Path, *shelves: Any) -> Path:
    path = tmp_path / "collections.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in shelves))
    return path


def test_a_collection_is_made_in_the_order_of_its_table(kb: Kb, describe: Describe, tmp_path: Path) -> None:
    for key in ("one", "two"):
        describe(key=key, title=key)
    assert kb.shelving.take_in(table(tmp_path, SHELF), OPERATOR) == ("water",)
    page = kb.collections.page("water", VISITOR)
    assert [record.key for record in page.records] == ["two", "one"]
    assert page.title == "Acqua"


def test_what_people_made_meanwhile_stays(kb: Kb, tmp_path: Path) -> None:
    kb.collections.create("water", "Ours", OPERATOR, visibility="public")
    assert kb.shelving.take_in(table(tmp_path, SHELF), OPERATOR) == ()
    assert [one.title for one in kb.collections.list(VISITOR)] == ["Ours"]


@pytest.mark.parametrize("spoilt", ["no json", "[]", {**SHELF, "key": "No Key"}, {**SHELF, "more": 1}, {"key": "bare"}])
def test_a_spoilt_line_is_named_and_nothing_is_made(kb: Kb, tmp_path: Path, spoilt: Any) -> None:
    with pytest.raises(InvalidManifest, match="line 2"):
        kb.shelving.take_in(table(tmp_path, SHELF, spoilt), OPERATOR)
    assert kb.collections.list(OPERATOR) == ()


def test_only_curators_hand_collections_in(kb: Kb, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        kb.shelving.take_in(table(tmp_path, SHELF), people.add(kb, "contributor").reader)
    with pytest.raises(MissingFile):
        kb.shelving.take_in(tmp_path / "none", OPERATOR)


def test_the_sample_has_its_ten_collections(kb: Kb) -> None:
    assert len(kb.shelving.take_in(resources.SAMPLE / "collections.jsonl", OPERATOR)) == 10
