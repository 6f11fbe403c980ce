"""More like this, on the sample collection: the same practice told in six languages is one family."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kb import resources
from kb.bootstrap import Kb
from kb.values import VISITOR, Hit, Results
from tests.relevance.test_sample import DOOR_TO_DOOR

pytestmark = pytest.mark.encoder


def keys(kb: Kb, found: Results) -> list[str]:
    return [kb.catalog.record(hit.record_id, VISITOR).key for hit in found.hits]


def about_waste(kb: Kb, hits: Sequence[Hit]) -> int:
    """How many of some records are about waste."""
    return sum("waste" in kb.catalog.record(hit.record_id, VISITOR).details["themes"] for hit in hits)


def test_what_is_like_a_door_to_door_practice_is_about_waste_in_whatever_language(sample: Kb) -> None:
    ids = {one.key: one.record_id for one in sample.catalog.latest(VISITOR, 200)}
    for key in DOOR_TO_DOOR:
        first = sample.similar.to_record(ids[key], VISITOR).hits[:6]
        assert about_waste(sample, first) == 6, key
        assert len({hit.language for hit in first}) >= 5, key


def test_a_document_finds_the_same_practice_in_other_languages(sample: Kb) -> None:
    path = resources.SAMPLE / "files" / "usurbil.pdf"
    found = sample.similar.to_file(path, "usurbil.pdf", VISITOR)
    assert keys(sample, found)[0] == "usurbil-puerta-a-puerta"
    assert about_waste(sample, found.hits[:6]) == 6
    assert len({hit.language for hit in found.hits[:6]}) >= 5


def test_a_pasted_paragraph_finds_the_same_practice_in_other_languages(sample: Kb) -> None:
    text = (
        "Unser Landkreis möchte die Restmülltonnen verkleinern, Bioabfall und Papier an jeder Haustür abholen und die "
        "Gebühr danach bemessen, wie oft eine Tonne geleert wird. Vorher werden alle Haushalte besucht und beraten."
    )
    found = sample.similar.to_text(text, VISITOR).hits
    assert about_waste(sample, found[:6]) == 6
    assert len({hit.language for hit in found[:10]}) >= 3
