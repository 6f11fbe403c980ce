"""Answers: filters before ranking, counts that agree with the list, and bad questions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kb.bootstrap import Kb
from kb.errors import EmptyQuery, InvalidFilter, InvalidInput
from kb.protocols import Encoding, Vectors
from kb.services import search
from kb.values import VISITOR, Filters, Outcome, Query, Results

Describe = Callable[..., Outcome]


@pytest.fixture
def bins(kb: Kb, describe: Describe) -> Kb:
    """Twelve records about bins in two languages and three countries."""
    for number in range(12):
        describe(
            key=f"bins-{number}",
            title=f"Bins {number}",
            kind="study" if number % 4 == 0 else "practice",
            language="de" if number % 2 else "en",
            country=("IT", "DE", "FR")[number % 3],
            solution=f"Every household received a brown bin, in district {number} of the town, and a basket.",
        )
    return kb


def ask(kb: Kb, text: str = "brown bin for every household", **given: object) -> Results:
    return kb.search.search(Query(text=text, **given), VISITOR)  # type: ignore[arg-type]


def test_a_query_is_encoded_once_and_by_the_model_in_use(bins: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, space = ask(bins), bins.models.space()
    begun: list[str] = []
    encoding = space.encoding

    def counting(text: str) -> Encoding:
        begun.append(text)
        return encoding(text)

    monkeypatch.setattr(space, "encoding", counting)
    assert ask(bins) == expected
    assert begun == ["brown bin for every household"]

    def stale() -> Vectors:
        raise AssertionError("a vector of another model was asked for")

    monkeypatch.setattr(bins.models, "begun", lambda text: ("another@1", stale))
    assert ask(bins) == expected
    assert len(begun) == 2


def test_pages_neither_repeat_nor_skip(bins: Kb) -> None:
    everything = [hit.record_id for hit in ask(bins, limit=100).hits]
    pages = [hit.record_id for offset in range(0, 12, 5) for hit in ask(bins, offset=offset, limit=5).hits]
    assert pages == everything
    assert len(set(everything)) == len(everything) == 12
    assert ask(bins, offset=100).hits == ()


def test_total_and_facets_agree_with_the_list(bins: Kb) -> None:
    results = ask(bins, limit=100)
    assert results.total == len(results.hits)
    for facet, attribute in (("kind", "kind"), ("language", "language")):
        listed = [getattr(hit, attribute) for hit in results.hits]
        assert results.facets[facet] == {value: listed.count(value) for value in results.facets[facet]}
        assert sum(results.facets[facet].values()) == results.total
    assert results.facets["country"] == {"IT": 4, "DE": 4, "FR": 4}


def test_filters_narrow_before_ranking(bins: Kb) -> None:
    results = ask(bins, filters=Filters(languages=("de",), countries=("IT", "FR")), limit=100)
    assert results.total == 4
    assert {hit.language for hit in results.hits} == {"de"}
    assert {hit.place.country for hit in results.hits} == {"IT", "FR"}
    assert ask(bins, filters=Filters(kinds=("study",)), limit=100).total == 3
    assert ask(bins, filters=Filters(countries=("PL",))).total == 0


def test_a_filter_finds_what_would_never_be_among_the_best(
    bins: Kb, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filtering after ranking would lose the one record that ranks below hundreds of better ones."""
    describe(title="Far away", country="PL", solution="Something else altogether about trams and rails.")
    monkeypatch.setattr(search, "POOL", 1)
    results = ask(bins, filters=Filters(countries=("PL",)))
    assert [hit.title for hit in results.hits] == ["Far away"]


@pytest.mark.parametrize("text", ["", "   ", "?!…", "\x00\x01", "()[]{}", "\u200b"])
def test_a_query_without_a_letter_is_refused(kb: Kb, text: str) -> None:
    with pytest.raises(EmptyQuery):
        ask(kb, text)


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "a AND",
        "title:x",
        "*",
        "bin~2",
        "(bin",
        "bin^3",
        "\\",
        "+bin -bin",
        "[a TO b]",
        "bin\x00bin",
        "'; DROP TABLE",
    ],
)
def test_no_operator_of_any_query_language_does_harm(bins: Kb, text: str) -> None:
    assert ask(bins, text + " brown bin household").total == 12


def test_too_long_a_query_is_refused_and_a_long_one_answered(bins: Kb) -> None:
    with pytest.raises(InvalidInput, match="10000 characters"):
        ask(bins, "bin " * 25_000)
    assert ask(bins, "brown bin household " * 400).total > 0


@pytest.mark.parametrize(
    "filters", [Filters(kinds=("recipe",)), Filters(languages=("Italian",)), Filters(countries=("Italia",))]
)
def test_an_unknown_filter_value_is_refused(kb: Kb, filters: Filters) -> None:
    with pytest.raises(InvalidFilter):
        ask(kb, filters=filters)


@pytest.mark.parametrize(("offset", "limit"), [(-1, 10), (0, 0), (0, 101)])
def test_a_page_that_makes_no_sense_is_refused(kb: Kb, offset: int, limit: int) -> None:
    with pytest.raises(InvalidInput):
        ask(kb, offset=offset, limit=limit)


def test_an_empty_collection_answers_with_nothing(kb: Kb) -> None:
    results = ask(kb)
    assert (results.total, results.hits) == (0, ())


def test_matched_words_are_marked_in_the_snippet(bins: Kb) -> None:
    passage = ask(bins, "household bins").hits[0].passages[0]
    marked = {span.text.lower() for span in passage.snippet if span.marked}
    assert {"household", "bin"} <= marked
    assert "".join(span.text for span in passage.snippet).strip("… ") in " ".join(passage.text.split())
