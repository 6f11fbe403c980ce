"""What is kept of the catalogue is never older than the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from kb.bootstrap import Kb
from kb.db.memo import KEPT, Memo, memo
from kb.services import catalog
from kb.services.fields import parse
from kb.values import OPERATOR, VISITOR, Filters, Query
from kb.worker import Worker
from tests.support.tiny import tiny_kb

CHANGES = {
    "a record's state": "UPDATE record SET state = 'withdrawn'",
    "a record is gone": "DELETE FROM record",
    "a theme is given": "INSERT INTO term (record_id, facet, value) VALUES (1, 'theme', 'water')",
    "a theme is another": "UPDATE term SET value = 'water' WHERE value = 'waste'",
    "a theme is gone": "DELETE FROM term",
    "a collection is made": (
        "INSERT INTO collection (id, key, title, visibility, created_at) VALUES (1, 'c', 'C', 'public', '2026-01-01')"
    ),
}


@pytest.fixture
def one(tmp_path: Path) -> Kb:
    kb = tiny_kb(tmp_path)
    kb.intake.add_record(
        parse({"title": "Bins", "solution": "Brown bins.", "themes": ["waste"]}, where="t"), source="t"
    )
    Worker(kb).drain()
    with kb.database.write() as session:
        session.execute(text("UPDATE record SET state = 'published'"))
    return kb


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_makes_a_new_memo(one: Kb, change: str) -> None:
    with one.database.read() as session:
        before = memo(session)
    with one.database.read() as session:
        assert memo(session) is before
    with one.database.write() as session:
        session.execute(text(change))
    with one.database.read() as session:
        assert memo(session).version > before.version  # type: ignore[operator]


def test_what_is_withdrawn_elsewhere_is_gone_at_once(one: Kb, tmp_path: Path) -> None:
    other = tiny_kb(tmp_path)
    with one.database.read() as session:
        assert catalog.allowed(session, Filters(themes=("waste",)), VISITOR).tolist() == [1]
    with other.database.write() as session:
        session.execute(text("UPDATE record SET state = 'withdrawn'"))
    with one.database.read() as session:
        assert catalog.allowed(session, Filters(themes=("waste",)), VISITOR).tolist() == []
    other.close()


def test_an_older_snapshot_keeps_its_own_state(one: Kb) -> None:
    with one.database.read() as old:
        assert catalog.visible(old, VISITOR).tolist() == [1]
        with one.database.write() as session:
            session.execute(text("UPDATE record SET state = 'withdrawn'"))
        with one.database.read() as new:
            assert catalog.visible(new, VISITOR).tolist() == []
        assert catalog.visible(old, VISITOR).tolist() == [1]


def test_a_writer_keeps_nothing(one: Kb) -> None:
    with one.database.write() as session:
        assert catalog.visible(session, VISITOR).tolist() == [1]
        session.execute(text("UPDATE record SET state = 'withdrawn'"))
    with one.database.write() as session:
        assert catalog.visible(session, VISITOR).tolist() == []


def test_only_so_many_answers_are_kept() -> None:
    kept = Memo(1)
    for number in range(KEPT + 1):
        kept.answer(number, lambda number=number: number)  # type: ignore[misc]

    assert kept.answer(KEPT, lambda: -1) == KEPT
    assert kept.answer(0, lambda: -1) == -1


def test_rows_are_read_once() -> None:
    asked: list[list[int]] = []

    def read(ids: list[int]) -> dict[int, int]:
        asked.append(list(ids))
        return {id_: id_ * 2 for id_ in ids if id_ != 3}

    kept = Memo(1)
    assert kept.rows("twice", [1, 2], read) == {1: 2, 2: 4}  # type: ignore[arg-type]
    assert kept.rows("twice", [2, 3, 4], read) == {2: 4, 4: 8}  # type: ignore[arg-type]
    assert asked == [[1, 2], [3, 4]]


def test_counts_follow_what_happens_in_another_process(one: Kb, tmp_path: Path) -> None:
    other = tiny_kb(tmp_path)

    def counts() -> tuple[int, dict[str, int], int, int]:
        listing = one.browsing.browse(Query(text=""), VISITOR)
        on_map = one.atlas.chart(Query(text=""), VISITOR)
        totals = one.catalog.counts(VISITOR)
        assert listing.total == on_map.total == totals["records"]
        assert dict(on_map.facets["theme"]) == dict(listing.facets["theme"]) == dict(one.catalog.themes(VISITOR))
        return listing.total, dict(listing.facets["theme"]), on_map.located, totals["passages"]

    assert counts() == (1, {"waste": 1}, 0, 1)
    given = {"title": "Wells", "solution": "Clean wells.", "themes": ["energy", "waste"], "lat": 44.0, "lon": 11.0}
    other.intake.add_record(parse(given, where="t"), source="t")
    assert counts()[3] == 1
    Worker(other).drain()
    assert counts() == (2, {"waste": 2, "energy": 1}, 1, 2)
    with other.database.write() as session:
        session.execute(text("UPDATE record SET state = 'withdrawn' WHERE title = 'Bins'"))
    assert counts() == (1, {"waste": 1, "energy": 1}, 1, 1)
    with other.database.write() as session:
        session.execute(text("UPDATE record SET x = NULL, y = NULL, z = NULL, lat = NULL, lon = NULL"))
    assert counts() == (1, {"waste": 1, "energy": 1}, 0, 1)
    other.close()


def test_what_one_person_may_see_is_not_counted_for_another(one: Kb) -> None:
    with one.database.write() as session:
        session.execute(text("UPDATE record SET state = 'draft'"))
    assert [one.browsing.browse(Query(text=""), reader).total for reader in (OPERATOR, VISITOR)] == [1, 0]
    assert [one.catalog.counts(reader)["passages"] for reader in (OPERATOR, VISITOR)] == [1, 0]
