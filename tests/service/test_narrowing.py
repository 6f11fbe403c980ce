"""Narrowing: every facet, before ranking; counts that agree; terms in step with what is stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from kb import facets, traits
from kb.bootstrap import Kb
from kb.db.entities import Record, Term
from kb.errors import InvalidFilter
from kb.facets import FACETS
from kb.services import catalog
from kb.values import OPERATOR, VISITOR, Circle, Filters, Outcome, Point, Query

Describe = Callable[..., Outcome]

THEMES = (["waste"], ["waste", "energy"], ["mobility"], [])
TOWNS = (
    {"country": "IT", "region": "Toscana", "lau": "046007", "municipality": "Capannori"},
    {"country": "IT", "region": "Piemonte", "lau": "004156", "municipality": "Ostana"},
    {"country": "DE", "region": "Bayern", "nuts": "DE27", "population": 2500, "lat": 47.77, "lon": 10.4},
    {"country": "FR", "region": "Hauts-de-France", "nuts": "FRE1"},
    {"country": "CO", "region": "Antioquia", "population": 2_500_000},
)
QUESTION = "brown bin for every household"


@pytest.fixture
def towns(kb: Kb, describe: Describe) -> Kb:
    """Twenty records of five places with all that can be narrowed by, and a draft."""
    for number in range(20):
        describe(
            key=f"town-{number}",
            title=f"Bins {number}",
            kind="study" if number % 4 == 0 else "practice",
            language="de" if number % 2 else "en",
            start=2000 + number if number % 5 else None,
            status=("completed", "under-way", "planned", None)[number % 4],
            themes=THEMES[number % 4],
            sdgs=["3", "4", "13"][: number % 4],
            aalborg=["3", "4"][: number % 3],
            instruments=["green", "grey"][: number % 3],
            territory=["mountain", "rural", "coast"][: number % 4],
            solution=f"Every household received a brown bin, in district {number} of the town, and a basket.",
            **TOWNS[number % 5],
        )
    describe(key="draft", title="Bins of a draft", state="draft", region="Atlantis", country="GR", themes=["tourism"])
    return kb


def narrowed(facet: str, *values: str) -> Filters:
    return replace(Filters(), **{facets.BY_NAME[facet].filter: values})


def browse(kb: Kb, filters: Filters | None = None, **given: Any) -> Any:
    return kb.browsing.browse(Query(filters=filters or Filters(), limit=100, **given), VISITOR)


def stated(kb: Kb, record_id: int) -> dict[str, set[str]]:
    """Facet → the values a record has, from what was stated of it."""
    with kb.database.read() as session:
        row = session.get(Record, record_id)
        assert row is not None
        given = {**row.details, "country": row.country, "region": row.region}
        derived = {**traits.columns(given), "kind": row.kind, "language": row.language, "country": row.country}
        values = {facet.name: {derived[facet.column]} - {None} for facet in FACETS if facet.column}
        for name, value in traits.terms(given):
            values.setdefault(name, set()).add(value)
        return values


def test_every_facet_counts_and_narrows_a_browse_exactly(towns: Kb) -> None:
    everything = browse(towns)
    assert everything.total == 20
    assert all(len(everything.facets[facet.name]) >= 2 for facet in FACETS)
    for name, counts in everything.facets.items():
        for value, count in counts.items():
            listed = browse(towns, narrowed(name, value))
            assert (listed.total, len(listed.records)) == (count, count), (name, value)
            assert all(value in stated(towns, record.record_id)[name] for record in listed.records)


def test_every_facet_narrows_a_search_to_those_that_have_the_value(towns: Kb) -> None:
    found = towns.search.search(Query(text=QUESTION, limit=100), VISITOR)
    assert found.total == 20
    for name, counts in found.facets.items():
        for value, count in counts.items():
            less = towns.search.search(Query(text=QUESTION, limit=100, filters=narrowed(name, value)), VISITOR)
            assert (less.total, less.facets[name][value]) == (count, count), (name, value)
            assert all(value in stated(towns, hit.record_id)[name] for hit in less.hits)


def test_values_are_alternatives_and_fields_are_all_required(towns: Kb) -> None:
    waste, mobility, both = (
        browse(towns, narrowed("theme", *values)).total for values in (("waste",), ("mobility",), ("waste", "mobility"))
    )
    assert (waste, mobility, both) == (10, 5, 15)
    mixed = browse(towns, Filters(themes=("waste", "energy"), countries=("IT",), kinds=("study",)))
    assert {record.kind for record in mixed.records} == {"study"}
    assert {record.place.country for record in mixed.records} == {"IT"}
    assert mixed.total == 2


def test_years_are_narrowed_to_those_listed_under(towns: Kb) -> None:
    listed = browse(towns, Filters(year_from=2003, year_to=2009))
    assert sorted(record.year for record in listed.records) == [2003, 2004, 2006, 2007, 2008, 2009]
    assert {record.year for record in browse(towns, Filters(year_from=2018)).records} == {2018, 2019}


@pytest.mark.parametrize("name", ["ITI1", "Toscana", "toscana", "TOSCANA"])
def test_a_region_goes_by_its_code_or_its_name(towns: Kb, name: str) -> None:
    assert {record.place.municipality for record in browse(towns, narrowed("region", name)).records} == {"Capannori"}


def test_a_region_without_records_finds_nothing_and_an_unknown_one_is_refused(towns: Kb) -> None:
    assert browse(towns, narrowed("region", "Molise")).total == 0
    with pytest.raises(InvalidFilter, match="'Tuskany' is no region; there are: Antioquia, DE2, FRE, ITC1, ITI1"):
        browse(towns, narrowed("region", "Tuskany"))


def test_what_only_a_draft_has_is_not_told(towns: Kb) -> None:
    with pytest.raises(InvalidFilter) as refused:
        browse(towns, narrowed("region", "Atlantis"))
    assert "Atlantis, " not in refused.value.message
    assert towns.browsing.browse(Query(filters=narrowed("region", "Atlantis")), OPERATOR).total == 1
    assert "tourism" not in browse(towns).facets["theme"]


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        (Filters(themes=("recipes",)), "'recipes' is no theme; there are: agriculture, "),
        (Filters(sdgs=("18",)), "there are: 1, 2, 3"),
        (Filters(populations=("huge",)), "there are: under-1000"),
        (Filters(statuses=("",)), "there are: planned"),
        (Filters(languages=("Italian",)), "two small letters"),
        (Filters(countries=("it",)), "two capital letters"),
        (Filters(year_from=99), "four digits"),
        (Filters(year_from=2010, year_to=2009), "earlier year first"),
        (Filters(collections=("none",)), "there is none yet"),
    ],
)
def test_an_unknown_value_is_one_sentence_that_says_what_there_is(kb: Kb, filters: Filters, sentence: str) -> None:
    for ask in (kb.browsing.browse, kb.search.search):
        with pytest.raises(InvalidFilter, match=sentence):
            ask(Query(text="bins", filters=filters), VISITOR)


def test_a_circle_holds_what_lies_inside(towns: Kb) -> None:
    lucca = Point(lat=43.843, lon=10.505)
    assert {r.place.municipality for r in browse(towns, Filters(within=Circle(centre=lucca, km=30))).records} == {
        "Capannori"
    }
    wide = browse(towns, Filters(within=Circle(centre=lucca, km=300)))
    assert {record.place.municipality for record in wide.records} == {"Capannori", "Ostana"}


def test_what_the_code_of_a_municipality_implies_fills_columns_only(towns: Kb) -> None:
    with towns.database.read() as session:
        row = session.execute(select(Record).where(Record.key == "town-0")).scalar_one()
        assert (row.population, row.band, row.region_key) == (44898, "15000-50000", "ITI1")
        assert row.lat == pytest.approx(43.84, abs=0.1)
        assert not {"population", "lat", "lon"} & set(row.details)


def test_a_correction_changes_columns_and_terms(towns: Kb, describe: Describe) -> None:
    describe(key="town-1", title="Bins 1", themes=["tourism"], status="discontinued", country="IT")
    assert [record.key for record in browse(towns, Filters(themes=("tourism",))).records] == ["town-1"]
    assert [record.key for record in browse(towns, Filters(statuses=("discontinued",))).records] == ["town-1"]
    assert "town-1" not in [record.key for record in browse(towns, Filters(themes=("waste",))).records]


def test_terms_and_columns_are_what_the_details_say(towns: Kb) -> None:
    with towns.database.read() as session:
        terms = {(row.record_id, row.facet, row.value) for row in session.execute(select(Term)).scalars()}
        rows = list(session.execute(select(Record)).scalars())
        given = {row.id: {**row.details, "country": row.country, "region": row.region} for row in rows}
        assert terms == {(id_, *term) for id_, fields in given.items() for term in traits.terms(fields)}
        assert len(terms) > 80
        for row in rows:
            assert {name: getattr(row, name) for name in traits.columns({})} == traits.columns(given[row.id])


def test_a_filter_acts_before_ranking(towns: Kb, describe: Describe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filtering after ranking would lose the one record that ranks below hundreds of better ones."""
    describe(title="Far away", themes=["tourism"], solution="Something else altogether about trams and rails.")
    monkeypatch.setattr("kb.services.search.POOL", 1)
    found = towns.search.search(Query(text=QUESTION, filters=Filters(themes=("tourism",))), VISITOR)
    assert [hit.title for hit in found.hits] == ["Far away"]


def test_allowed_passages_ascend_and_are_those_of_the_chosen_records(towns: Kb) -> None:
    filters = Filters(themes=("waste",), countries=("IT",))
    space = towns.models.space()
    with towns.database.read() as session:
        records = catalog.allowed(session, filters, VISITOR)
        chosen = set(session.execute(catalog.chosen_records(filters, VISITOR)).scalars())
        passages = space.passages_of(records)
        found = catalog.hydrate(session, passages.tolist(), VISITOR)
    assert list(records) == sorted(chosen)
    assert list(passages) == sorted(passages)
    assert {one.record_id for one in found.values()} == chosen
    assert chosen
