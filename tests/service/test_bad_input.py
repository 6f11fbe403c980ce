"""Bad input at the services' door: a clear refusal or the list the words alone would give, and nothing in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.bootstrap import Kb
from kb.errors import EmptyQuery, InvalidFilter, InvalidInput, NotFound
from kb.values import OPERATOR, VISITOR, Filters, Outcome, Query, Results
from tests.support.bad_input import CHARACTERS_100_000, SILENT, WORDED, WORDS_10_000

Describe = Callable[..., Outcome]

WORDS = "brown bin for every household"


@pytest.fixture
def bins(kb: Kb, describe: Describe) -> Kb:
    """Six records about bins in two languages, told apart by their numbers."""
    for number in range(6):
        describe(
            key=f"bins-{number}",
            title=f"Bins {number}",
            language="de" if number % 2 else "en",
            solution=f"Every household received a brown bin, in district {number} of the town, and a basket.",
        )
    return kb


def ask(kb: Kb, text: str, **given: object) -> Results:
    return kb.search.search(Query(text=text, **given), VISITOR)  # type: ignore[arg-type]


def listed(results: Results) -> list[tuple[int, float]]:
    return [(hit.record_id, round(hit.score, 3)) for hit in results.hits]


def sane(results: Results) -> None:
    """What every answer owes its reader: a total and counts that agree with the list, and no record twice."""
    ids = [hit.record_id for hit in results.hits]
    assert len(set(ids)) == len(ids)
    assert results.total >= len(ids)
    assert sum(results.facets["kind"].values()) == results.total
    assert all(0 <= hit.probability <= 1 for hit in results.hits)


@pytest.mark.parametrize("name", SILENT)
def test_text_without_a_letter_is_refused_alone(bins: Kb, name: str) -> None:
    for door in (ask, lambda kb, text: kb.similar.to_text(text, VISITOR)):
        with pytest.raises(EmptyQuery):
            door(bins, SILENT[name])


@pytest.mark.parametrize("name", SILENT)
def test_text_without_a_letter_changes_nothing_beside_words(bins: Kb, name: str) -> None:
    assert listed(ask(bins, f"{WORDS} {SILENT[name]}")) == listed(ask(bins, WORDS))


@pytest.mark.parametrize("name", WORDED)
def test_no_syntax_of_any_language_is_obeyed(bins: Kb, name: str) -> None:
    alone, beside = ask(bins, WORDED[name]), ask(bins, f"{WORDS} {WORDED[name]} {WORDS}")
    sane(alone)
    sane(beside)
    assert beside.total == 6, "nothing typed beside the words excludes what the words find"
    sane(bins.similar.to_text(f"{WORDS}.\n\n{WORDED[name]}", VISITOR))


def test_a_minus_does_not_exclude_nor_a_field_restrict(bins: Kb) -> None:
    assert {id_ for id_, _ in listed(ask(bins, "household -brown -bin title:nothing"))} == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("text", [CHARACTERS_100_000, WORDS_10_000], ids=["100,000 characters", "10,000 words"])
def test_more_than_a_question_is_refused_and_compared_instead(bins: Kb, text: str) -> None:
    with pytest.raises(InvalidInput, match="shorten it"):
        ask(bins, text)
    sane(bins.similar.to_text(text, VISITOR))


@pytest.mark.parametrize(
    "filters",
    [
        Filters(kinds=("recipe",)),
        Filters(kinds=("practice", "")),
        Filters(languages=("IT",)),
        Filters(languages=("en' OR '1'='1",)),
        Filters(languages=("%",)),
        Filters(countries=("it",)),
        Filters(countries=("\x00",)),
        Filters(countries=("IT\n",)),
    ],
)
def test_a_filter_outside_its_vocabulary_is_refused(bins: Kb, filters: Filters) -> None:
    with pytest.raises(InvalidFilter):
        ask(bins, WORDS, filters=filters)
    with pytest.raises(InvalidFilter):
        bins.similar.to_text(WORDS, VISITOR, Query(text="", filters=filters))


def test_a_filter_that_no_record_meets_finds_nothing(bins: Kb) -> None:
    assert ask(bins, WORDS, filters=Filters(languages=("zz",))).total == 0
    assert bins.similar.to_record(1, VISITOR, Query(text="", filters=Filters(countries=("XX",)))).total == 0


@pytest.mark.parametrize(("offset", "limit"), [(-1, 10), (0, 0), (0, -1), (0, 101), (0, 10**30), (-(10**30), 10)])
def test_absurd_paging_is_refused(bins: Kb, offset: int, limit: int) -> None:
    with pytest.raises(InvalidInput):
        ask(bins, WORDS, offset=offset, limit=limit)
    with pytest.raises(InvalidInput):
        bins.similar.to_record(1, VISITOR, Query(text="", offset=offset, limit=limit))


def test_beyond_the_last_there_is_nothing_but_the_total_stands(bins: Kb) -> None:
    found = ask(bins, WORDS, offset=10**30)
    assert (found.total, found.hits) == (6, ())


@pytest.mark.parametrize("record_id", [0, -1, 2**63, 10**30])
def test_an_id_that_no_record_can_have_is_not_found(bins: Kb, record_id: int) -> None:
    with pytest.raises(NotFound):
        bins.similar.to_record(record_id, OPERATOR)
    with pytest.raises(NotFound):
        bins.catalog.record(record_id, OPERATOR)


@pytest.mark.parametrize("name", ["", "a\x00b.txt", "\ud800.txt", "../../etc/passwd", "x" * 10_000, "-rf", "--help"])
def test_a_file_may_be_called_anything(bins: Kb, tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    path.write_text(f"{WORDS}. " * 5)
    found = bins.similar.to_file(path, name, VISITOR)
    assert found.total == 6
    sane(found)
