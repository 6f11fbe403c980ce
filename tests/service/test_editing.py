"""Editing by hand: nothing is overwritten, nothing proposed replaces what was stated, the old stays till the new is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.bootstrap import Kb
from kb.db.entities import Record
from kb.errors import InvalidFields, InvalidState, NotAllowed, NotFound, Outdated
from kb.services import publishing
from kb.services.fields import PROVISIONAL, check
from kb.values import OPERATOR, VISITOR, Query, Reader
from kb.worker import Worker
from tests.support import people
from tests.support.people import Person

Write = Callable[[str, str], Path]
OLD = "Capannori collects household waste door to door since 2005, and weighs what each family leaves."
TOWN = "Il Comune di Capannori raccoglie i rifiuti porta a porta. Oggi il Comune di Capannori ricicla tutto."
NEW = "Capannori opened a reuse centre where furniture and bicycles are mended by apprentices."


@pytest.fixture
def anna(kb: Kb) -> Person:
    return people.add(kb, "contributor", "anna")


@pytest.fixture
def curator(kb: Kb) -> Person:
    return people.add(kb, "curator")


@pytest.fixture
def draft(kb: Kb, anna: Person) -> int:
    fields = check({"title": "Waste in Capannori", "language": "en", "solution": OLD, "themes": ["waste"]})
    return kb.editing.begin(fields, anna.reader)


@pytest.fixture
def published(kb: Kb, draft: int, anna: Person) -> int:
    kb.editing.submit(draft, 1, anna.reader)
    move(kb, draft, "published")
    Worker(kb).drain()
    return draft


def move(kb: Kb, record_id: int, state: str) -> None:
    with kb.database.write() as session:
        publishing.move(session, record_id, state, OPERATOR, "because")


def accept(kb: Kb, amendment: int, reader: Reader, version: int | None = None) -> None:
    with kb.database.write() as session:
        record = session.get_one(Record, amendment)
        kb.editing.accept_amendment(session, record, reader, "good", version=version)
    Worker(kb).drain()


def found(kb: Kb, text: str) -> list[str]:
    """What a visitor reads when she searches for a text."""
    hits = kb.search.search(Query(text=text), VISITOR).hits
    return [passage.text for hit in hits for passage in hit.passages]


def test_of_two_editors_the_second_is_told_and_nothing_changes(
    kb: Kb, draft: int, anna: Person, curator: Person
) -> None:
    kb.editing.save(draft, 1, {"summary": "first"}, anna.reader)
    for change in (
        lambda: kb.editing.save(draft, 1, {"summary": "second"}, curator.reader),
        lambda: kb.editing.restore(draft, 1, 1, curator.reader),
        lambda: kb.editing.submit(draft, 1, curator.reader),
        lambda: kb.editing.attach(draft, 1, [], curator.reader),
        lambda: kb.editing.detach(draft, 1, 1, curator.reader),
        lambda: kb.editing.discard(draft, 1, anna.reader),
    ):
        with pytest.raises(Outdated):
            change()
    view = kb.editing.view(draft, anna.reader)
    assert (view.fields["summary"], view.version, view.record.state) == ("first", 2, "draft")


def test_nobody_else_reads_or_changes_a_draft(kb: Kb, draft: int, anna: Person) -> None:
    other = people.add(kb, "contributor", "bruno").reader
    for reader in (VISITOR, other):
        for act in (
            lambda who=reader: kb.editing.view(draft, who),
            lambda who=reader: kb.editing.save(draft, 1, {"summary": "x"}, who),
            lambda who=reader: kb.editing.submit(draft, 1, who),
            lambda who=reader: kb.desk.history(draft, who),
            lambda who=reader: kb.desk.lacks(draft, who),
        ):
            with pytest.raises(NotFound):
                act()
        assert kb.editing.actions(draft, reader) == frozenset()
    with pytest.raises(NotAllowed):
        kb.editing.begin(check({"title": "A"}), people.add(kb, "member").reader)
    assert kb.desk.records(other) == ()


def test_a_published_record_is_amended_by_its_submitter_and_edited_by_curators_with_a_reason(
    kb: Kb, published: int, anna: Person, curator: Person
) -> None:
    version = kb.editing.view(published, anna.reader).version
    with pytest.raises(NotAllowed):
        kb.editing.save(published, version, {"summary": "x"}, anna.reader)
    with pytest.raises(NotAllowed):
        kb.editing.amend(published, people.add(kb, "contributor", "bruno").reader)
    with pytest.raises(InvalidFields):
        kb.editing.save(published, version, {"summary": "x"}, curator.reader)
    kb.editing.save(published, version, {"summary": "x"}, curator.reader, "a word was missing")
    assert kb.desk.history(published, anna.reader)[0].why == "a word was missing"


def test_an_amendment_waits_beside_the_old_and_then_becomes_it(
    kb: Kb, published: int, anna: Person, curator: Person, text_file: Write
) -> None:
    kb.editing.save(
        published, kb.editing.view(published, curator.reader).version, {"cost": "ten"}, curator.reader, "asked"
    )
    amendment = kb.editing.amend(published, anna.reader)
    assert kb.editing.amend(published, anna.reader) == amendment
    version = kb.editing.view(amendment, anna.reader).version
    with pytest.raises(InvalidFields, match="change"):
        kb.editing.submit(amendment, version, anna.reader)
    version = kb.editing.save(amendment, version, {"title": "Waste and reuse in Capannori"}, anna.reader)
    kb.editing.attach(amendment, version, [(text_file("reuse.txt", NEW), "reuse.txt")], anna.reader)
    kb.editing.submit(amendment, version + 1, anna.reader)
    Worker(kb).drain()
    assert not any("apprentices" in text for text in found(kb, "apprentices mend bicycles"))
    assert any("door to door" in text for text in found(kb, "household waste door to door"))
    assert kb.catalog.record(published, VISITOR).title == "Waste in Capannori"
    with pytest.raises(NotFound):
        kb.catalog.record(amendment, VISITOR)
    with pytest.raises(InvalidState):
        move(kb, amendment, "published")
    assert [one.field for one in kb.desk.proposed(amendment, curator.reader)] == ["title"]
    accept(kb, amendment, curator.reader)
    view = kb.catalog.record(published, VISITOR)
    assert (view.title, view.details["cost"]) == ("Waste and reuse in Capannori", "ten")
    assert [one.name for one in view.documents] == ["description", "reuse.txt"]
    assert any("apprentices" in text for text in found(kb, "apprentices mend bicycles"))
    assert any("door to door" in text for text in found(kb, "household waste door to door"))
    (closed,) = [one for one in kb.desk.records(anna.reader) if one.record_id == amendment]
    assert (closed.state, closed.merged_into_id) == ("archived", published)


def test_an_amendment_of_a_record_that_changed_meanwhile_is_accepted_knowingly_and_keeps_both_changes(
    kb: Kb, published: int, anna: Person, curator: Person
) -> None:
    amendment = kb.editing.amend(published, anna.reader)
    version = kb.editing.save(amendment, 1, {"summary": "hers"}, anna.reader)
    kb.editing.submit(amendment, version, anna.reader)
    now = kb.editing.view(published, curator.reader).version
    now = kb.editing.save(published, now, {"cost": "his"}, curator.reader, "asked")
    with pytest.raises(Outdated):
        accept(kb, amendment, curator.reader)
    accept(kb, amendment, curator.reader, now)
    view = kb.catalog.record(published, VISITOR)
    assert (view.summary, view.details["cost"]) == ("hers", "his")


def test_versions_tell_what_differs_word_by_word_and_can_be_restored(kb: Kb, draft: int, anna: Person) -> None:
    kb.editing.save(draft, 1, {"solution": OLD.replace("2005", "2006"), "cost": "ten euros"}, anna.reader)
    solution, cost = kb.desk.difference(draft, 1, 2, anna.reader)
    assert [(one.text, one.kind) for one in solution.pieces if one.kind != "same"] == [
        ("2005, ", "deleted"),
        ("2006, ", "inserted"),
    ]
    assert (cost.field, cost.before, cost.after) == ("cost", None, "ten euros")
    kb.editing.restore(draft, 1, 2, anna.reader)
    view = kb.editing.view(draft, anna.reader)
    assert (view.fields["solution"], "cost" in view.fields, view.version) == (OLD, False, 3)
    assert [one.number for one in kb.desk.history(draft, anna.reader)] == [3, 2, 1]
    with pytest.raises(NotFound):
        kb.editing.restore(draft, 9, 3, anna.reader)


def test_reading_a_file_fills_in_only_what_she_has_not_stated_and_is_no_change_of_hers(
    kb: Kb, anna: Person, text_file: Write
) -> None:
    words = f"---\ntitle: Rifiuti\nauthor: Qualcun Altro\n---\n\n{TOWN}"
    outcome = kb.editing.hand_in(text_file("rifiuti.md", words), "rifiuti.md", anna.reader)
    record = outcome.record_id or 0
    stated = {"title": "My title", "region": "Lazio", "authors": ["Anna Bianchi"]}
    version = kb.editing.save(record, 1, stated, anna.reader)
    Worker(kb).drain()
    view = kb.editing.view(record, anna.reader)
    assert (view.version, view.record.state) == (version, "draft")
    assert {name: view.fields[name] for name in stated} == stated
    assert view.fields["municipality"] is None


def test_what_she_takes_out_of_a_proposal_stays_out(kb: Kb, anna: Person, text_file: Write) -> None:
    words = f"# Rifiuti\n\n{TOWN}"
    outcome = kb.editing.hand_in(text_file("rifiuti.md", words), "rifiuti.md", anna.reader)
    Worker(kb).drain()
    view = kb.editing.view(outcome.record_id or 0, anna.reader)
    assert view.fields["municipality"] == "Capannori"
    assert "municipality" in view.provisional
    emptied = {"municipality": "", "lau": "", "region": "", "country": ""}
    kb.editing.save(view.record.record_id, view.version, emptied, anna.reader)
    with kb.database.write() as session:
        record = session.get_one(Record, view.record.record_id)
        assert "municipality" not in record.details[PROVISIONAL]
        session.connection().exec_driver_sql("UPDATE document SET recipe = 'older'")
    Worker(kb).drain()
    assert kb.editing.view(view.record.record_id, anna.reader).fields["municipality"] is None


def test_bytes_that_another_has_handed_in_tell_her_nothing(kb: Kb, anna: Person, text_file: Write) -> None:
    bruno, path = people.add(kb, "contributor", "bruno"), text_file("a.txt", OLD)
    first = kb.editing.hand_in(path, "a.txt", bruno.reader)
    second = kb.editing.hand_in(path, "a.txt", anna.reader)
    assert (second.status, second.resembles) == ("waiting", ())
    assert second.record_id != first.record_id
    Worker(kb).drain()
    assert kb.duplicates.of_record(second.record_id or 0, anna.reader) == ()
    assert [one.record for one in kb.duplicates.of_record(second.record_id or 0, OPERATOR)] == [first.record_id]
    again = kb.editing.hand_in(path, "b.txt", anna.reader)
    assert (again.status, again.record_id) == ("duplicate", second.record_id)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b"MZ\x90\0program"), ("tool", b"\x7fELF\2\1\1"), ("run.sh", b"echo a"), ("a.txt", b"#!/bin/sh\n")],
)
def test_programs_are_turned_away_and_nothing_of_them_is_stored(
    kb: Kb, anna: Person, tmp_path: Path, name: str, content: bytes
) -> None:
    draft = kb.editing.begin(check({"title": "A"}), anna.reader)
    path = tmp_path / "upload"
    path.write_bytes(content)
    (outcome,) = kb.editing.attach(draft, 1, [(path, name)], anna.reader)
    assert (outcome.status, outcome.code) == ("rejected", "unsupported")
    assert kb.editing.view(draft, anna.reader).version == 1


def test_a_contact_is_for_others_only_with_consent(kb: Kb, published: int, anna: Person, curator: Person) -> None:
    contact = {"contact_name": "Anna", "contact_email": "anna@comune.example", "contact_phone": "+39 1"}
    version = kb.editing.view(published, curator.reader).version
    version = kb.editing.save(published, version, contact, curator.reader, "asked")
    bruno = people.add(kb, "contributor", "bruno").reader
    for reader, sees in ((VISITOR, False), (bruno, False), (anna.reader, True), (curator.reader, True)):
        views = (kb.catalog.record(published, reader), *kb.catalog.latest(reader))
        views += kb.browsing.browse(Query(), reader).records
        assert {"contact_email" in view.details for view in views} == {sees}
    kb.editing.save(published, version, {"contact_consent": True}, curator.reader, "she agreed")
    assert kb.catalog.record(published, VISITOR).details["contact_name"] == "Anna"


def test_a_draft_goes_back_and_forth_and_away(kb: Kb, draft: int, anna: Person) -> None:
    kb.editing.submit(draft, 1, anna.reader)
    with pytest.raises(NotAllowed):
        kb.editing.save(draft, 2, {"summary": "x"}, anna.reader)
    kb.editing.take_back(draft, 2, anna.reader)
    kb.editing.submit(draft, 3, anna.reader)
    move(kb, draft, "returned")
    (own,) = kb.desk.records(anna.reader)
    assert (own.state, own.asked) == ("returned", "because")
    kb.editing.discard(draft, own.version, anna.reader)
    assert kb.desk.records(anna.reader) == ()


def test_what_cannot_be_reviewed_is_not_sent(kb: Kb, anna: Person, text_file: Write) -> None:
    bare = kb.editing.begin(check({"title": "Only a title"}), anna.reader)
    with pytest.raises(InvalidFields, match="content"):
        kb.editing.submit(bare, 1, anna.reader)
    outcome = kb.editing.hand_in(text_file("a.txt", OLD), "a.txt", anna.reader)
    with pytest.raises(InvalidFields, match="title"):
        kb.editing.submit(outcome.record_id or 0, 1, anna.reader)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"title": "x" * 251}, "title", "too-long"),
        ({"title": ""}, "title", "required"),
        ({"solution": "x" * 5_001}, "solution", "too-long"),
        ({"themes": ["wastes"]}, "themes", "unknown-term"),
        ({"indicators": [{"name": "CO2"}]}, "indicators", "required"),
        ({"population": 10**30}, "population", "too-large"),
        ({"start": 2010, "end": 2009}, "end", "before-start"),
        ({"contact_email": "nobody"}, "contact_email", "mail-address"),
        ({"photo": "../../etc/passwd"}, "photo", "web-address"),
        ({"colour": "red"}, "colour", "no-such-field"),
    ],
)
def test_what_breaks_the_rules_is_told_at_its_field(given: dict[str, object], field: str, code: str) -> None:
    with pytest.raises(InvalidFields) as raised:
        check({"title": "A", **given})
    problems = raised.value.facts["problems"]
    assert [(one.field, one.code) for one in problems] == [(field, code)]  # type: ignore[attr-defined]


def test_what_no_database_keeps_is_left_out() -> None:
    assert check({"title": "A\0B\ud800", "keywords": ["c\0"]}).title == "AB"


def test_many_rows_are_begun_all_or_none(kb: Kb, anna: Person, tmp_path: Path) -> None:
    rows = [(check({"title": "A"}), ()), (check({"title": "B"}), ((tmp_path / "absent.pdf", "absent.pdf"),))]
    with pytest.raises(Exception, match="absent"):
        kb.editing.begin_many(rows, anna.reader)
    assert kb.desk.records(anna.reader) == ()
