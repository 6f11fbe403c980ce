"""More like this, on the sample collection: the same practice told in six languages is one family."""

from __future__ import annotations

import pytest

from kb import resources
from kb.bootstrap import Kb
from kb.values import VISITOR, Results
from tests.relevance.test_sample import DOOR_TO_DOOR

pytestmark = pytest.mark.encoder


def keys(kb: Kb, found: Results) -> list[str]:
    return [kb.catalog.record(hit.record_id, VISITOR).key for hit in found.hits]


def companions(kb: Kb, key: str) -> set[str]:
    (record,) = [one for one in kb.catalog.latest(VISITOR, 100) if one.key == key]
    return set(keys(kb, kb.similar.to_record(record.record_id, VISITOR))[:5]) & DOOR_TO_DOOR.keys()


def test_the_door_to_door_practices_find_each_other_across_languages(sample: Kb) -> None:
    found = {key: len(companions(sample, key)) for key in DOOR_TO_DOOR}
    assert min(found.values()) >= 4, found
    assert sum(found.values()) >= 28, found


def test_a_document_finds_the_same_practice_in_other_languages(sample: Kb) -> None:
    path = resources.SAMPLE / "files" / "usurbil.pdf"
    found = keys(sample, sample.similar.to_file(path, "usurbil.pdf", VISITOR))
    assert found[0] == "usurbil-puerta-a-puerta"
    assert len(set(found[:6]) & DOOR_TO_DOOR.keys()) >= 5


def test_a_pasted_paragraph_finds_the_same_practice_in_other_languages(sample: Kb) -> None:
    text = (
        "Unser Landkreis möchte die Restmülltonnen verkleinern, Bioabfall und Papier an jeder Haustür abholen und die "
        "Gebühr danach bemessen, wie oft eine Tonne geleert wird. Vorher werden alle Haushalte besucht und beraten."
    )
    found = sample.similar.to_text(text, VISITOR).hits
    listed = [sample.catalog.record(hit.record_id, VISITOR).key for hit in found]
    assert len(set(listed[:6]) & DOOR_TO_DOOR.keys()) >= 4, listed[:6]
    assert len({hit.language for hit in found[:6]}) >= 4
