"""The map holds what the list holds, as far as coordinates are known, and nothing a reader may not know of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kb.bootstrap import Kb
from kb.errors import InvalidFilter, InvalidInput
from kb.services import atlas, publishing
from kb.services.atlas import Chart
from kb.services.fields import State, parse
from kb.values import OPERATOR, VISITOR, Filters, Point, Profile, Query, Sort
from kb.worker import Worker
from tests.support.tiny import tiny_kb

LUCCA = Profile(country="IT", region="ITI1", population=89_000, point=Point(lat=43.843, lon=10.505))
SOLUTION = "Every household received a brown bin and a basket."
QUESTION = "brown bin for every household"
HIDDEN = {"draft", "submitted", "gone"}


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    """Twelve records in three countries, every fourth without coordinates, and three that are not public."""
    kb = tiny_kb(tmp_path_factory.mktemp("atlas"))
    for number in range(12):
        known = {"lat": 43.0 + number % 3, "lon": 10.0 + number} if number % 4 else {}
        _add(kb, f"r{number}", start=2000 + number, country=("IT", "DE", "FR")[number % 3], **known)
    for state in ("draft", "submitted"):
        _add(kb, state, state, lat=43, lon=10)
    gone = _add(kb, "gone", lat=43, lon=10)
    Worker(kb).drain()
    with kb.database.write() as session:
        publishing.move(session, gone, "withdrawn")
    yield kb
    kb.close()


def _add(kb: Kb, key: str, state: State = "published", **fields: object) -> int:
    row = {"key": key, "title": f"Bins {key}", "language": "en", "solution": SOLUTION, **fields}
    (outcome,) = kb.intake.add_record(parse(row, where="test"), source="test", state=state)
    assert outcome.record_id
    return outcome.record_id


def ids(chart: Chart) -> list[int]:
    return [pin.record_id for pin in chart.pins]


def keys(kb: Kb, chart: Chart) -> set[str]:
    return {kb.catalog.record(id_, OPERATOR).key for id_ in ids(chart)}


@pytest.mark.parametrize("text", ["", QUESTION], ids=["list", "question"])
def test_only_what_a_reader_may_know_of_is_on_the_map(spread: Kb, text: str) -> None:
    public = spread.atlas.chart(Query(text=text), VISITOR)
    assert (public.total, public.located, len(public.pins)) == (12, 9, 9)
    assert keys(spread, public) & HIDDEN == set()
    assert sum(public.facets["country"].values()) == 12
    assert keys(spread, spread.atlas.chart(Query(), OPERATOR)) > HIDDEN


@pytest.mark.parametrize(
    "filters",
    [Filters(countries=("IT", "FR")), Filters(year_from=2006), Filters(kinds=("study",)), Filters(languages=("en",))],
)
@pytest.mark.parametrize("sort", ["relevance", "date", "likeness", "distance"])
def test_filters_and_order_are_those_of_the_list(spread: Kb, filters: Filters, sort: Sort) -> None:
    query = Query(filters=filters, sort=sort, place=LUCCA, limit=100)
    chart, listing = spread.atlas.chart(query, VISITOR), spread.browsing.browse(query, VISITOR)
    assert (chart.total, chart.facets) == (listing.total, listing.facets)
    assert ids(chart) == [view.record_id for view in listing.records if view.place.point]


def test_the_results_of_a_question_are_on_the_map_in_their_order(spread: Kb) -> None:
    query = Query(text=QUESTION, filters=Filters(countries=("DE", "FR")), limit=100)
    chart, results = spread.atlas.chart(query, VISITOR), spread.search.search(query, VISITOR)
    assert chart.total == results.total > 0
    assert ids(chart) == [hit.record_id for hit in results.hits if hit.place.point]


@pytest.mark.parametrize("sort", ["date", "likeness"])
def test_a_map_holds_no_more_than_browsers_bear(spread: Kb, monkeypatch: pytest.MonkeyPatch, sort: Sort) -> None:
    everything = ids(spread.atlas.chart(Query(sort=sort, place=LUCCA), VISITOR))
    monkeypatch.setattr(atlas, "MOST", 4)
    chart = spread.atlas.chart(Query(sort=sort, place=LUCCA), VISITOR)
    assert (chart.located, ids(chart)) == (9, everything[:4])


def test_what_cannot_be_meant_is_refused(spread: Kb) -> None:
    with pytest.raises(InvalidFilter):
        spread.atlas.chart(Query(filters=Filters(countries=("Italy",))), VISITOR)
    with pytest.raises(InvalidInput, match="name a municipality"):
        spread.atlas.chart(Query(sort="distance"), VISITOR)


def test_chosen_records_come_in_the_order_they_were_chosen_in_and_only_those_one_may_see(spread: Kb) -> None:
    listed = {view.key: view.record_id for view in spread.catalog.latest(OPERATOR, 100)}
    wanted = [listed["r5"], listed["draft"], 1 << 70, listed["r2"], listed["gone"]]
    assert [view.key for view in spread.browsing.chosen(wanted, VISITOR)] == ["r5", "r2"]
    assert [view.key for view in spread.browsing.chosen(wanted, OPERATOR)] == ["r5", "draft", "r2", "gone"]
