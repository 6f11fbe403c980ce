"""Lists in every order: total, stable from page to page, and near where nearness is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from kb import places
from kb.bootstrap import Kb
from kb.errors import InvalidInput
from kb.services import comparable
from kb.services.comparable import Traits
from kb.values import OPERATOR, VISITOR, Filters, Outcome, Point, Profile, Query, Sort

Describe = Callable[..., Outcome]

LUCCA = Profile(country="IT", region="ITI1", population=89_000, point=Point(lat=43.843, lon=10.505))
SORTS: tuple[Sort, ...] = ("relevance", "likeness", "date", "distance")
QUESTION = "brown bin for every household"


@pytest.fixture
def spread(kb: Kb, describe: Describe) -> Kb:
    """Twenty-three records of few years and few places, so that many are equal in any order."""
    for number in range(23):
        known = {"lat": 43.0 + number % 3, "lon": 10.0} if number % 4 else {}
        describe(
            key=f"r{number}",
            title=f"Bins {number % 5}",
            start=2000 + number % 3 if number % 6 else None,
            country="IT",
            solution="Every household received a brown bin and a basket.",
            **known,
        )
    return kb


def listed(kb: Kb, sort: Sort, offset: int = 0, limit: int = 100) -> list[int]:
    query = Query(sort=sort, place=LUCCA, offset=offset, limit=limit)
    return [record.record_id for record in kb.browsing.browse(query, VISITOR).records]


def found(kb: Kb, sort: Sort, offset: int = 0, limit: int = 100) -> list[int]:
    query = Query(text=QUESTION, sort=sort, place=LUCCA, offset=offset, limit=limit)
    return [hit.record_id for hit in kb.search.search(query, VISITOR).hits]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("ask", [listed, found])
def test_pages_of_any_size_neither_repeat_nor_skip(spread: Kb, ask: Callable[..., list[int]], sort: Sort) -> None:
    everything = ask(spread, sort)
    assert len(set(everything)) == len(everything) == 23
    for size in (1, 4, 10, 23):
        assert [one for offset in range(0, 23, size) for one in ask(spread, sort, offset, size)] == everything
    assert ask(spread, sort, offset=23) == []


@pytest.mark.parametrize("ask", [listed, found])
def test_newest_first_and_without_a_year_last(spread: Kb, ask: Callable[..., list[int]]) -> None:
    views = [spread.catalog.record(id_, VISITOR) for id_ in ask(spread, "date")]
    keys = [(view.year is None, -(view.year or 0), -view.record_id) for view in views]
    assert keys == sorted(keys)
    assert [view.year is None for view in views[-4:]] == [True] * 4


@pytest.mark.parametrize("ask", [listed, found])
def test_nearest_first_and_without_coordinates_last(spread: Kb, ask: Callable[..., list[int]]) -> None:
    away = []
    for id_ in ask(spread, "distance"):
        details = spread.catalog.record(id_, VISITOR).details
        point = Point(lat=float(str(details["lat"])), lon=float(str(details["lon"]))) if "lat" in details else None
        away.append((places.distance(point, LUCCA.point or point) if point else math.inf, id_))
    assert away == sorted(away)
    assert sum(math.isinf(km) for km, _ in away) == 6


def test_a_list_without_filters_is_all_there_is(spread: Kb, describe: Describe) -> None:
    describe(key="draft", title="A draft", state="draft")
    listing = spread.browsing.browse(Query(), VISITOR)
    assert (listing.total, len(listing.records)) == (23, 10)
    assert listing.facets["country"] == {"IT": 23}
    assert spread.browsing.browse(Query(), OPERATOR).total == 24


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (Query(text="bins", sort="distance"), "name a municipality"),
        (Query(text="bins", sort="likeness"), "name your municipality"),
        (Query(text="bins", sort="distance", place=Profile(country="IT")), "coordinates are known"),
        (Query(text="bins", sort="size"), "there are: relevance, likeness, date, distance"),  # type: ignore[arg-type]
        (Query(text="bins", limit=0), "1 to 100"),
        (Query(text="bins", offset=-1), "from 0 on"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(kb: Kb, query: Query, sentence: str) -> None:
    for ask in (kb.browsing.browse, kb.search.search):
        with pytest.raises(InvalidInput, match=sentence):
            ask(query, VISITOR)


# --- places like mine --------------------------------------------------------------------------


def somewhere(**known: object) -> Traits:
    nothing = {"country": None, "region": None, "population": None, "point": None, "territory": frozenset()}
    return Traits(**{**nothing, **known})  # type: ignore[arg-type]


def test_likeness_goes_from_nothing_to_one() -> None:
    mine = Profile(
        country="IT", region="ITI1", population=10_000, point=Point(lat=44, lon=10), territory=frozenset({"hill"})
    )
    same = somewhere(
        country="IT", region="ITI1", population=10_000, point=Point(lat=44, lon=10), territory=frozenset({"hill"})
    )
    assert comparable.likeness(mine, same) == pytest.approx(1)
    assert comparable.likeness(mine, somewhere()) == 0
    assert comparable.likeness(Profile(), same) == 0
    assert sum((comparable.POPULATION, comparable.TERRITORY, comparable.REGION, comparable.DISTANCE)) == pytest.approx(
        1
    )


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        (somewhere(population=12_000), somewhere(population=80_000)),
        (somewhere(population=8_000), somewhere(population=900)),
        (somewhere(country="IT", region="ITI1"), somewhere(country="IT", region="ITC1")),
        (somewhere(country="IT", region="ITC1"), somewhere(country="DE", region="DE2")),
        (somewhere(point=Point(lat=44.1, lon=10)), somewhere(point=Point(lat=46, lon=10))),
        (somewhere(territory=frozenset({"hill"})), somewhere(territory=frozenset({"hill", "coast"}))),
        (somewhere(population=1), somewhere(population=0)),
    ],
)
def test_what_is_alike_counts_for_more(nearer: Traits, farther: Traits) -> None:
    mine = Profile(
        country="IT", region="ITI1", population=10_000, point=Point(lat=44, lon=10), territory=frozenset({"hill"})
    )
    assert comparable.likeness(mine, nearer) >= comparable.likeness(mine, farther)
    assert comparable.likeness(mine, nearer) > comparable.likeness(mine, farther) or nearer.population == 1


def test_of_records_that_answer_alike_the_like_place_comes_first(kb: Kb, describe: Describe) -> None:
    for key, home in (("village", "004156"), ("city", "015146"), ("alike", "046017")):
        describe(key=key, title="Bins", country="IT", lau=home, solution="Every household received a brown bin.")
    profile = kb.browsing.profile(places.municipality("Capannori"), VISITOR)
    results = kb.search.search(Query(text=QUESTION, sort="likeness", place=profile), VISITOR)
    assert kb.catalog.record(results.hits[0].record_id, VISITOR).key == "alike"


def test_a_like_place_never_beats_a_clear_answer(kb: Kb, describe: Describe) -> None:
    """The mutant that weighs places more, or orders by likeness alone, turns this red."""
    describe(key="near", title="Bin", country="IT", lau="046007", solution="A brown bin, then trams, for every town.")
    describe(key="far", title="Bin", country="CO", population=9_000_000, solution="A brown bin for every household.")
    profile = kb.browsing.profile(places.municipality("Capannori"), VISITOR)
    results = kb.search.search(Query(text=QUESTION, sort="likeness", place=profile), VISITOR)
    best, second = results.hits
    assert [kb.catalog.record(hit.record_id, VISITOR).key for hit in (best, second)] == ["far", "near"]
    assert best.score - second.score > comparable.WORTH


def test_the_kinds_of_territory_of_a_place_are_those_of_its_records(kb: Kb, describe: Describe) -> None:
    describe(key="a", title="A", country="IT", lau="46007", territory=["hill"])
    describe(key="b", title="B", country="IT", lau="046007", territory=["coast"], state="draft")
    profile = kb.browsing.profile(places.municipality("Capannori"), VISITOR)
    assert profile.territory == {"hill"}
    assert (profile.country, profile.region, profile.population) == ("IT", "ITI1", 44898)


def test_a_list_is_narrowed_to_what_a_place_has() -> None:
    home = places.municipality("Capannori")
    assert comparable.narrowed(Filters(), home, same=("region", "population")) == Filters(
        regions=("ITI1",), populations=("15000-50000",)
    )
    circle = comparable.narrowed(Filters(), home, km=30).within
    assert circle is not None
    assert circle.km == 30


@pytest.mark.parametrize(
    ("place", "asked", "sentence"),
    [
        ("Capannori", {"same": ("colour",)}, "there are: region, population"),
        ("Capannori", {"km": 0}, "kilometres above 0"),
        ("Capannori", {"km": math.nan}, "kilometres above 0"),
        ("Sovizzo", {"km": 10}, "coordinates of Sovizzo"),
        ("Sovizzo", {"same": ("population",)}, "population of Sovizzo"),
    ],
)
def test_what_is_not_known_of_a_place_cannot_narrow(place: str, asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        comparable.narrowed(Filters(), places.municipality(place), **asked)  # type: ignore[arg-type]
