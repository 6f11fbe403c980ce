"""Saved searches with the real encoder: what is new is told across languages, and only that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundled import BUNDLED_NAME
from kb import resources
from kb.bootstrap import Kb, build
from kb.config import load
from kb.services.manifest import Entry, entries
from kb.values import VISITOR, Query
from kb.worker import Worker
from tests.support import people

pytestmark = pytest.mark.encoder

GERMAN, FRENCH = "freiburg-vauban-autoreduziert", "dunkerque-bus-gratuits"
DOOR_TO_DOOR = ("capannori-porta-a-porta-rifiuti-zero", "usurbil-puerta-a-puerta")


@pytest.fixture
def kb(models_folder: Path, tmp_path: Path) -> Iterator[Kb]:
    kb = build(load(data=tmp_path, models=models_folder))
    kb.database.upgrade()
    kb.models.add(BUNDLED_NAME)
    yield kb
    kb.close()


def test_an_italian_search_is_told_of_a_german_record_and_of_no_other(kb: Kb) -> None:
    sample = {entry.source: entry for entry in entries(resources.SAMPLE / "records.jsonl")}
    anna = people.add(kb, "member", "anna").reader
    kb.searches.save("Senza auto", {"q": "quartiere senza auto con parcheggi ai margini"}, anna)
    kb.searches.save("Pollame", {"q": "allevamento di galline ovaiole"}, anna)
    for key in (FRENCH, GERMAN):
        _add(kb, sample[key])
    hens, cars = kb.searches.list(anna)
    told = [one.record for one in kb.searches.feed(cars.feed_key).entries]
    assert [(one.key, one.language) for one in told] == [(GERMAN, "de")]
    assert hens.found == 0


def test_a_record_that_another_one_lifts_into_the_list_is_told_too(sample: Kb) -> None:
    """In Spanish, and below the threshold by itself; what stands low in the list is not told."""
    question = Query(text="raccolta porta a porta con tariffa puntuale", limit=100)
    listed = [hit.record_id for hit in sample.search.search(question, VISITOR).hits]
    ids = {sample.catalog.record(record_id, VISITOR).key: record_id for record_id in listed}
    told = sample.search.judged(question, VISITOR, list(ids.values()))
    assert {ids[key] for key in DOOR_TO_DOOR} <= told.keys()
    assert len(told) < len(ids) / 2
    assert sample.search.judged(Query(text="allevamento di galline ovaiole"), VISITOR, list(ids.values())) == {}


def _add(kb: Kb, entry: Entry) -> None:
    assert entry.fields is not None
    kb.intake.add_record(entry.fields, entry.paths, source=entry.source)
    Worker(kb).drain()
