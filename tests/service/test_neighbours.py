"""What stands around a record is found once, and again as soon as anything changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kb.bootstrap import Kb
from kb.services import publishing
from kb.values import VISITOR, Outcome

Describe = Callable[..., Outcome]


def around(kb: Kb, record_id: int) -> set[int]:
    record = kb.catalog.record(record_id, VISITOR)
    found = kb.similar.neighbours(record, VISITOR)
    return {hit.record_id for hit in (*found.alike, *found.abroad, *found.twins)}


def test_it_is_found_once_while_nothing_changes(kb: Kb, describe: Describe, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        describe(key=f"r{number}", title=f"Bins {number}", summary="Bins in the streets of the town.")
    first = around(kb, 1)
    monkeypatch.setattr(kb.models, "reading", None)  # whoever asks the index again breaks
    assert around(kb, 1) == first == {2, 3}


def test_what_is_withdrawn_or_published_shows_at_once(kb: Kb, describe: Describe) -> None:
    for number in range(3):
        describe(key=f"r{number}", title=f"Bins {number}", summary="Bins in the streets of the town.")
    assert around(kb, 1) == {2, 3}
    with kb.database.write() as session:
        publishing.move(session, 2, "withdrawn")
    assert around(kb, 1) == {3}
    describe(key="new", title="Bins 4", summary="Bins in the streets of the town.")
    assert around(kb, 1) == {3, 4}
