"""Collections: who sees which, who changes them, and a filter that tells nothing to anybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from kb.bootstrap import Kb
from kb.db.editorial import Event
from kb.errors import InvalidCollection, InvalidFilter, NotAllowed, NotFound, Outdated
from kb.services import publishing
from kb.values import OPERATOR, VISITOR, CollectionChanges, Filters, Outcome, Query, Reader

Describe = Callable[..., Outcome]

ANNA, BRUNO = Reader(role="member", account_id=1), Reader(role="member", account_id=2)
READERS = {"visitor": VISITOR, "anna": ANNA, "bruno": BRUNO, "operator": OPERATOR}


def show(kb: Kb, key: str, visibility: str, reader: Reader) -> None:
    version = kb.collections.page(key, reader).version
    kb.collections.change(key, reader, version, CollectionChanges(visibility=visibility))


def order(kb: Kb, key: str, reader: Reader) -> list[int]:
    return [one.record_id for one in kb.collections.page(key, reader).records]


@pytest.fixture
def shelves(kb: Kb, describe: Describe) -> Kb:
    """Four records, of which one is a draft, and a collection of each visibility, all Anna's."""
    for number in range(4):
        describe(key=f"r{number}", title=f"Bins {number}", state="draft" if number == 3 else "published")
    for visibility in ("private", "shared", "public"):
        kb.collections.create(visibility, visibility.title(), ANNA)
        for record_id in (1, 2):
            kb.collections.add(visibility, record_id, ANNA)
        show(kb, visibility, visibility, OPERATOR)
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
    shelves.collections.add("shared", 1, ANNA, note="Read this first.")
    first, second = shelves.collections.page("shared", BRUNO).sections[0].entries
    assert (first.record.record_id, first.note, second.note) == (1, "Read this first.", "")


def test_removing_and_deleting_leave_the_records(shelves: Kb) -> None:
    shelves.collections.remove("public", 1, OPERATOR)
    assert shelves.browsing.browse(Query(filters=Filters(collections=("public",))), VISITOR).total == 1
    shelves.collections.delete("public", OPERATOR)
    assert shelves.collections.list(VISITOR) == ()
    assert shelves.browsing.browse(Query(), VISITOR).total == 3
    with pytest.raises(NotFound):
        shelves.collections.remove("shared", 3, ANNA)


@pytest.mark.parametrize("act", ["add", "remove"])
@pytest.mark.parametrize(
    ("who", "key", "error"),
    [
        ("bruno", "shared", NotAllowed),
        ("bruno", "private", NotFound),
        ("visitor", "public", NotAllowed),
        ("anna", "public", NotAllowed),
    ],
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
    ("key", "title"),
    [("Two Words", "T"), ("", "T"), ("public", "T"), ("new", "T"), ("a", "  "), ("a", "x" * 251), ("a", "\x00b")],
)
def test_a_key_that_is_none_or_taken_is_refused(shelves: Kb, key: str, title: str) -> None:
    with pytest.raises(InvalidCollection):
        shelves.collections.create(key, title, ANNA)


def test_a_visitor_makes_no_collection(kb: Kb) -> None:
    with pytest.raises(NotAllowed):
        kb.collections.create("mine", "Mine", VISITOR)


def test_only_a_curator_makes_a_collection_public_and_its_owner_may_take_it_back(shelves: Kb) -> None:
    for act in (lambda: show(shelves, "shared", "public", ANNA), lambda: _create_public(shelves)):
        with pytest.raises(NotAllowed):
            act()
    show(shelves, "public", "private", ANNA)
    assert shelves.collections.list(VISITOR) == ()
    shelves.collections.remove("public", 1, ANNA)
    with pytest.raises(NotAllowed):
        show(shelves, "public", "public", ANNA)
    with shelves.database.read() as session:
        moves = [one.facts for one in session.execute(select(Event)).scalars() if one.action == "collection-visibility"]
    assert moves[-1] == {"before": "public", "after": "private"}


def _create_public(kb: Kb) -> None:
    kb.collections.create("loud", "Loud", ANNA, visibility="public")


def test_two_people_cannot_overwrite_each_other(shelves: Kb) -> None:
    page = shelves.collections.page("shared", ANNA)
    shelves.collections.change("shared", ANNA, page.version, CollectionChanges(title="Bins of all"))
    for change in (
        lambda: shelves.collections.change("shared", OPERATOR, page.version, CollectionChanges(title="Mine")),
        lambda: shelves.collections.step("shared", 1, OPERATOR, page.version, 1),
        lambda: shelves.collections.place("shared", 1, OPERATOR, page.version, section="", position=2, note="x"),
        lambda: shelves.collections.remove("shared", 1, OPERATOR, page.version),
    ):
        with pytest.raises(Outdated):
            change()
    after = shelves.collections.page("shared", BRUNO)
    assert (after.title, [one.record_id for one in after.records]) == ("Bins of all", [1, 2])


def test_records_move_past_each_other_and_over_the_borders_of_sections(shelves: Kb) -> None:
    kb = shelves
    kb.collections.add("private", 3, ANNA)
    sections = [("", {"it": "Prima", "en": "First"}), ("", {"it": "Dopo"}), ("", {"it": " "})]
    kb.collections.change("private", ANNA, _version(kb), CollectionChanges(sections=sections))
    assert [(one.key, dict(one.titles)) for one in kb.collections.page("private", ANNA).sections[1:]] == [
        ("s1", {"it": "Prima", "en": "First"}),
        ("s2", {"it": "Dopo"}),
    ]
    kb.collections.step("private", 3, ANNA, _version(kb), -1)
    assert _placed(kb) == {"": [1, 3, 2], "s1": [], "s2": []}
    kb.collections.step("private", 2, ANNA, _version(kb), 1)
    kb.collections.place("private", 1, ANNA, _version(kb), section="s2", position=1, note="Why")
    kb.collections.place("private", 3, ANNA, _version(kb), section="s2", position=1, note="")
    assert _placed(kb) == {"s1": [2], "s2": [3, 1]}
    for by, record_id in ((1, 1), (-1, 3), (-1, 3), (-1, 3), (-1, 3)):
        kb.collections.step("private", record_id, ANNA, _version(kb), by)
    assert _placed(kb) == {"": [3], "s1": [2], "s2": [1]}
    kb.collections.change("private", ANNA, _version(kb), CollectionChanges(sections=[("s1", {"it": "Prima"})]))
    assert {key: sorted(ids) for key, ids in _placed(kb).items()} == {"": [1, 3], "s1": [2]}
    with pytest.raises(InvalidCollection):
        kb.collections.place("private", 1, ANNA, _version(kb), section="s2", position=1, note="")


def _version(kb: Kb) -> int:
    return kb.collections.page("private", ANNA).version


def _placed(kb: Kb) -> dict[str, list[int]]:
    sections = kb.collections.page("private", ANNA).sections
    return {one.key: [entry.record.record_id for entry in one.entries] for one in sections}


def test_what_is_withdrawn_is_gone_from_pages_and_counts_and_keeps_its_place(shelves: Kb) -> None:
    kb = shelves
    kb.collections.add("shared", 3, ANNA)
    with kb.database.write() as session:
        publishing.move(session, 2, "withdrawn")
    assert order(kb, "shared", BRUNO) == [1, 3]
    assert {one.key: one.records for one in kb.collections.list(BRUNO)}["shared"] == 2
    kb.collections.step("shared", 3, ANNA, kb.collections.page("shared", ANNA).version, -1)
    assert order(kb, "shared", BRUNO) == [3, 1]
    with kb.database.write() as session:
        publishing.move(session, 2, "published")
    assert set(order(kb, "shared", BRUNO)) == {1, 2, 3}


def test_a_cover_keeps_its_languages_and_nothing_no_page_can_show(shelves: Kb) -> None:
    cover = {"it": {"title": " Rifiuti \n", "text": "Primo.\r\n\r\nSecondo\x00."}, "en": {"title": "", "text": " "}}
    shelves.collections.change("private", ANNA, _version(shelves), CollectionChanges(cover=cover))
    page = shelves.collections.page("private", ANNA)
    assert page.cover == {"it": {"title": "Rifiuti", "text": "Primo.\n\nSecondo."}}
    assert shelves.collections.list(ANNA)[0].titles == {"it": "Rifiuti"}
    with pytest.raises(InvalidCollection):
        too_long = CollectionChanges(cover={"it": {"text": "x" * 5_001}})
        shelves.collections.change("private", ANNA, _version(shelves), too_long)


def test_a_collection_made_from_a_search_takes_what_its_maker_may_see(shelves: Kb) -> None:
    shelves.collections.create("found", "Found", ANNA, address={"q": "bins"}, records=[3, 4, 1, 3, 99])
    page = shelves.collections.page("found", ANNA)
    assert ([one.record_id for one in page.records], page.address) == ([3, 1], {"q": "bins"})
    assert shelves.collections.free_key("Fòund") == "found-2"
    assert shelves.collections.free_key("Città—verdi!") == "citta-verdi"
    assert shelves.collections.free_key("…") == "collection"
    assert shelves.collections.free_key("New") == "new-2"
