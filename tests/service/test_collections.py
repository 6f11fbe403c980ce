"""Collections: who sees which, who changes them, and a filter that tells nothing to anybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kb.bootstrap import Kb
from kb.errors import InvalidCollection, InvalidFilter, NotAllowed, NotFound
from kb.values import OPERATOR, VISITOR, Filters, Outcome, Query, Reader

Describe = Callable[..., Outcome]

ANNA, BRUNO = Reader(role="member", account_id=1), Reader(role="member", account_id=2)
READERS = {"visitor": VISITOR, "anna": ANNA, "bruno": BRUNO, "operator": OPERATOR}


@pytest.fixture
def shelves(kb: Kb, describe: Describe) -> Kb:
    """Four records, of which one is a draft, and a collection of each visibility, all Anna's."""
    for number in range(4):
        describe(key=f"r{number}", title=f"Bins {number}", state="draft" if number == 3 else "published")
    for visibility in ("private", "shared", "public"):
        kb.collections.create(visibility, visibility.title(), ANNA, visibility=visibility)  # type: ignore[arg-type]
        for record_id in (1, 2):
            kb.collections.add(visibility, record_id, ANNA)
    kb.collections.add("public", 4, OPERATOR)
    return kb


@pytest.mark.parametrize(
    ("who", "keys"),
    [
        ("visitor", ["public"]),
        ("bruno", ["public", "shared"]),
        ("anna", ["private", "public", "shared"]),
        ("operator", ["private", "public", "shared"]),
    ],
)
def test_who_sees_which_may_narrow_by_it_and_nobody_else(shelves: Kb, who: str, keys: list[str]) -> None:
    reader = READERS[who]
    assert [one.key for one in shelves.collections.list(reader)] == keys
    for key in ("private", "shared", "public"):
        query = Query(text="bins", filters=Filters(collections=(key,)))
        for ask in (shelves.browsing.browse, shelves.search.search):
            if key in keys:
                drafts = who == "operator" and key == "public" and ask == shelves.browsing.browse
                assert ask(query, reader).total == 2 + drafts
            else:
                with pytest.raises(InvalidFilter) as refused:
                    ask(query, reader)
                assert refused.value.message == f"'{key}' is no collection; there are: {', '.join(keys)}."


def test_a_draft_in_a_public_collection_is_neither_listed_nor_counted(shelves: Kb) -> None:
    counts = {one.key: one.records for one in shelves.collections.list(VISITOR)}
    assert counts == {"public": 2}
    assert {one.key: one.records for one in shelves.collections.list(OPERATOR)}["public"] == 3


def test_adding_twice_keeps_the_place_and_takes_the_note(shelves: Kb) -> None:
    shelves.collections.add("public", 1, ANNA, note="Read this first.")
    assert {one.key: one.records for one in shelves.collections.list(ANNA)}["public"] == 2


def test_removing_and_deleting_leave_the_records(shelves: Kb) -> None:
    shelves.collections.remove("public", 1, ANNA)
    assert shelves.browsing.browse(Query(filters=Filters(collections=("public",))), VISITOR).total == 1
    shelves.collections.delete("public", ANNA)
    assert shelves.collections.list(VISITOR) == ()
    assert shelves.browsing.browse(Query(), VISITOR).total == 3
    with pytest.raises(NotFound):
        shelves.collections.remove("shared", 3, ANNA)


@pytest.mark.parametrize("act", ["add", "remove"])
@pytest.mark.parametrize(
    ("who", "key", "error"),
    [("bruno", "shared", NotAllowed), ("bruno", "private", NotFound), ("visitor", "public", NotAllowed)],
)
def test_only_its_owner_and_curators_change_a_collection(
    shelves: Kb, act: str, who: str, key: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        getattr(shelves.collections, act)(key, 1, READERS[who])
    with pytest.raises(error):
        shelves.collections.delete(key, READERS[who])


def test_nobody_collects_what_he_may_not_know_of(shelves: Kb) -> None:
    with pytest.raises(NotFound, match="There is no record 4"):
        shelves.collections.add("private", 4, ANNA)


@pytest.mark.parametrize(
    ("key", "title"), [("Two Words", "T"), ("", "T"), ("public", "T"), ("a", "  "), ("a", "x" * 251)]
)
def test_a_key_that_is_none_or_taken_is_refused(shelves: Kb, key: str, title: str) -> None:
    with pytest.raises(InvalidCollection):
        shelves.collections.create(key, title, ANNA)


def test_a_visitor_makes_no_collection(kb: Kb) -> None:
    with pytest.raises(NotAllowed):
        kb.collections.create("mine", "Mine", VISITOR)
