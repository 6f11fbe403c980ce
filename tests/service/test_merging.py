"""Merging two records: nothing of either is lost, and everything is found under the one that stays."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kb.bootstrap import Kb
from kb.db.editorial import Assessment, Feedback, Remark, Revision, Visits
from kb.db.entities import CollectionRecord, Document, Embedding, Passage, Record, Term
from kb.db.people import Match, SavedSearch
from kb.errors import InvalidMerge, InvalidVersions, NotAllowed, NotFound, Outdated
from kb.services.steps import Decision
from kb.values import OPERATOR, VISITOR, Query
from kb.worker import Worker
from tests.support import cases, people
from tests.support.people import Person

Write = Callable[[str, str], Path]

SHARED = "Quaranta orti di quartiere sono affidati ai pensionati, che li curano ogni giorno. " * 4
ONLY_HERS = "Il regolamento degli orti vieta i pesticidi e chiede il compostaggio domestico. " * 4


@dataclass(frozen=True)
class Two:
    """Two records of the same experience."""

    keep: int
    drop: int


@pytest.fixture
def carla(kb: Kb) -> Person:
    return people.add(kb, "curator", "carla")


@pytest.fixture
def bruno(kb: Kb) -> Person:
    return people.add(kb, "contributor", "bruno")


@pytest.fixture
def two(kb: Kb, carla: Person, bruno: Person, text_file: Write) -> Two:
    """Both published, with one file of the same bytes under two names, and one that only the second has."""
    keep = cases.hand_in(
        kb,
        people.add(kb, "contributor", "anna"),
        text_file("orti.txt", SHARED),
        state="published",
        title="Orti sociali",
        summary="Orti per i pensionati.",
        themes=["waste"],
        challenge="Terreni comunali abbandonati lungo il fiume.",
    )
    drop = cases.hand_in(
        kb,
        bruno,
        text_file("copia.txt", SHARED),
        text_file("regolamento.txt", ONLY_HERS),
        state="published",
        title="Orti del quartiere fluviale",
        summary="Appezzamenti e api lungo il fiume.",
        themes=["agriculture"],
        challenge="Terreni comunali abbandonati lungo il fiume.",
        solution="Un bando assegna gli appezzamenti per cinque anni.",
        country="IT",
        municipality="Modena",
    )
    return Two(keep, drop)


def merge(kb: Kb, two: Two, carla: Person, why: str = "Stessa esperienza") -> None:
    versions = cases.version(kb, two.keep), cases.version(kb, two.drop)
    kb.merging.merge(two.keep, two.drop, versions, carla.reader, why)


def found(kb: Kb, text: str) -> list[int]:
    return [hit.record_id for hit in kb.search.search(Query(text=text), VISITOR).hits]


def names(kb: Kb, record_id: int) -> list[str]:
    return [one.name for one in kb.catalog.record(record_id, OPERATOR).documents]


def count(kb: Kb, entity: type, *conditions: object) -> int:
    with kb.database.read() as session:
        return session.execute(select(func.count()).select_from(entity).where(*conditions)).scalar_one()  # type: ignore[arg-type]


def test_all_is_found_under_the_record_that_stays(kb: Kb, two: Two, carla: Person) -> None:
    before = {"documents": count(kb, Document), "passages": count(kb, Passage), "revisions": count(kb, Revision)}
    merge(kb, two, carla)
    for text in ("pensionati quartiere", "pesticidi compostaggio", "bando appezzamenti cinque anni", "api lungo fiume"):
        assert found(kb, text) == [two.keep], text
    assert count(kb, Document) == before["documents"]
    assert count(kb, Passage) == before["passages"]
    assert count(kb, Revision) == before["revisions"] + 2
    Worker(kb).drain()
    # The words that only the other had are a file of its own now, and are read as one.
    assert names(kb, two.keep) == ["description", "orti.txt", "Orti del quartiere fluviale.txt", "regolamento.txt"]
    for text in ("pesticidi compostaggio", "bando appezzamenti cinque anni", "api lungo fiume", "quartiere fluviale"):
        assert found(kb, text) == [two.keep], text
    assert kb.checks.everything()[0].level != "error"


def test_no_passage_of_the_archived_record_is_found(kb: Kb, two: Two, carla: Person) -> None:
    merge(kb, two, carla)
    with kb.database.read() as session:
        owner = (
            select(Record.id, Embedding.live)
            .join(Document, Document.record_id == Record.id)
            .join(Passage, Passage.document_id == Document.id)
            .join(Embedding, Embedding.passage_id == Passage.id)
        )
        live = {(row.id, row.live) for row in session.execute(owner)}
    assert live == {(two.keep, True), (two.drop, False)}
    assert kb.browsing.browse(Query(), VISITOR).total == 1
    assert [one.record_id for one in kb.catalog.latest(VISITOR)] == [two.keep]


def test_the_kept_word_counts_and_what_is_lacking_is_filled(kb: Kb, two: Two, carla: Person) -> None:
    merge(kb, two, carla)
    view = kb.catalog.record(two.keep, VISITOR)
    assert (view.title, view.summary) == ("Orti sociali", "Orti per i pensionati.")
    assert (view.place.country, view.place.municipality) == ("IT", "Modena")
    assert view.details["solution"] == "Un bando assegna gli appezzamenti per cinque anni."
    assert view.details["themes"] == ["waste", "agriculture"]
    assert count(kb, Term, Term.record_id == two.keep, Term.facet == "theme") == 2


def test_an_address_leads_to_the_other_record_and_a_file_stays_at_its_own(kb: Kb, two: Two, carla: Person) -> None:
    documents = {one.name: one.document_id for one in kb.catalog.record(two.drop, VISITOR).documents}
    merge(kb, two, carla)
    assert kb.catalog.moved(two.drop, VISITOR) == two.keep
    assert kb.catalog.moved(two.keep, VISITOR) is None
    with pytest.raises(NotFound):
        kb.catalog.record(two.drop, VISITOR)
    for name in ("copia.txt", "regolamento.txt"):
        assert kb.catalog.original(documents[name], VISITOR).name == name
    cases.move(kb, two.keep, "withdrawn")
    assert kb.catalog.moved(two.drop, VISITOR) is None
    for name in ("copia.txt", "regolamento.txt"):
        with pytest.raises(NotFound):
            kb.catalog.original(documents[name], VISITOR)


def test_links_of_all_kinds_follow(kb: Kb, two: Two, carla: Person) -> None:
    third = cases.hand_in(kb, None, state="published", title="Gardens", language="en")
    kb.works.link([two.drop, third], carla.reader)
    for key, ids in (("both", (two.keep, third, two.drop)), ("hers", (third, two.drop))):
        kb.collections.create(key, key, carla.reader, visibility="public")
        for record_id in ids:
            kb.collections.add(key, record_id, carla.reader, note=f"nota {record_id}")
    with kb.database.write() as session:
        for name, records in (("a", (two.keep, two.drop)), ("b", (two.drop,))):
            search = SavedSearch(account_id=carla.account_id, name=name, feed_key=name)
            session.add(search)
            session.flush()
            for record_id in records:
                session.add(Match(search_id=search.id, record_id=record_id, probability=record_id / 10))
        for record_id, day in ((two.keep, 1), (two.drop, 1), (two.drop, 2)):
            session.add(Visits(day=date(2026, 1, day), record_id=record_id, count=record_id * 10))
        session.add(Feedback(record_id=two.drop, topic="error", text="Il numero è sbagliato"))
        older = Record(key="older", kind="study", state="archived", title="Older", merged_into_id=two.drop)
        session.add(older)
    merge(kb, two, carla)

    with kb.database.read() as session:
        entries = select(CollectionRecord).order_by(CollectionRecord.collection_id, CollectionRecord.position)
        places = [(one.record_id, one.position, one.note) for one in session.execute(entries).scalars()]
        matches = [
            (one.record_id, one.probability)
            for one in session.execute(select(Match).order_by(Match.search_id)).scalars()
        ]
        visits = [one.count for one in session.execute(select(Visits).order_by(Visits.day)).scalars()]
    assert places == [
        (two.keep, 1, f"nota {two.keep}\n\nnota {two.drop}"),
        (third, 2, f"nota {third}"),
        (third, 1, f"nota {third}"),
        (two.keep, 2, f"nota {two.drop}"),
    ]
    assert matches == [(two.keep, two.drop / 10), (two.keep, two.drop / 10)]
    assert visits == [(two.keep + two.drop) * 10, two.drop * 10]
    assert count(kb, Feedback, Feedback.record_id == two.keep) == 1
    assert [one.record_id for one in kb.works.versions_of(two.keep, VISITOR)] == [third]
    assert [one.record_id for one in kb.works.versions_of(third, VISITOR)] == [two.keep]
    assert count(kb, Record, Record.key == "older", Record.merged_into_id == two.keep) == 1


def test_what_was_said_answered_and_changed_of_either_is_read_with_the_one_that_stays(
    kb: Kb, two: Two, carla: Person, bruno: Person
) -> None:
    for record_id in (two.keep, two.drop):
        kb.reviewing.remark(record_id, f"nota {record_id}", carla.reader)
        kb.reviewing.assess(record_id, cases.version(kb, record_id), cases.MET, carla.reader)
    kb.reviewing.remark(two.drop, "Grazie!", carla.reader, internal=False)
    said, answered = count(kb, Remark), count(kb, Assessment)
    merge(kb, two, carla)
    case = kb.reviewing.case(two.keep, carla.reader)
    assert {one.text for one in case.remarks} == {f"nota {two.keep}", f"nota {two.drop}", "Grazie!"}
    assert {one.record_id for one in case.assessed} == {one.record_id for one in case.versions} == {two.keep, two.drop}
    assert [one.record_id for one in case.took_in] == [two.drop]
    assert (count(kb, Remark), count(kb, Assessment)) == (said, answered)
    # What was meant for the submitter of the one is no business of the other's, and stays hers.
    anna = people.add(kb, "contributor", "anna")
    assert kb.reviewing.remarks(two.keep, anna.reader) == ()
    assert [one.text for one in kb.reviewing.remarks(two.drop, bruno.reader)] == ["Grazie!"]
    gone = kb.reviewing.case(two.drop, carla.reader)
    assert (gone.state, gone.decisions) == ("archived", ())
    assert gone.merged_into is not None
    assert gone.merged_into.record_id == two.keep


def test_the_log_says_what_was_moved_and_the_submitter_is_told(kb: Kb, two: Two, carla: Person, bruno: Person) -> None:
    merge(kb, two, carla)
    entry = next(one for one in kb.ledger.everything(carla.reader) if one.action == "merged")
    moved = set(names(kb, two.keep)) - {"description", "orti.txt"}
    with kb.database.read() as session:
        chosen = select(Document.name).where(Document.id.in_(entry.facts["moved"]))
        assert set(session.execute(chosen).scalars()) == moved
    assert (entry.subject_id, entry.facts["into"], len(entry.facts["alike"])) == (two.drop, two.keep, 1)
    assert "Stessa esperienza" in entry.why
    assert {"solution", "country", "municipality", "themes"} <= set(entry.facts["fields"])
    assert cases.letters(kb, bruno) == ["Unita a un’altra scheda: Orti del quartiere fluviale"]
    assert kb.duplicates.everything(OPERATOR) == ()


def test_a_file_that_could_be_read_takes_the_place_of_its_twin_that_could_not(kb: Kb, two: Two, carla: Person) -> None:
    with kb.database.write() as session:
        failed = session.execute(select(Document).where(Document.name == "orti.txt")).scalar_one()
        failed.status, failed.failure_code = "failed", "crashed"
        session.execute(Passage.__table__.delete().where(Passage.document_id == failed.id))  # type: ignore[attr-defined]
    merge(kb, two, carla)
    assert "copia.txt" in names(kb, two.keep)
    assert names(kb, two.drop) == ["orti.txt"]
    assert found(kb, "pensionati curano ogni giorno") == [two.keep]


def test_files_in_archives_follow_theirs(kb: Kb, carla: Person, tmp_path: Path, text_file: Write) -> None:
    archive = tmp_path / "tutto.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("orti.txt", SHARED)
        zipped.writestr("regolamento.txt", ONLY_HERS)
    keep = cases.hand_in(kb, None, text_file("orti.txt", SHARED), state="published", title="Uno", solution="Orti.")
    drop = cases.hand_in(kb, None, archive, state="published", title="Due", solution="Orti.")
    kb.merging.merge(keep, drop, (cases.version(kb, keep), cases.version(kb, drop)), carla.reader)
    Worker(kb).drain()
    assert "tutto.zip" in names(kb, keep)
    assert found(kb, "pesticidi compostaggio") == [keep]
    with kb.database.read() as session:
        lying = select(Document).where(Document.container_id.is_not(None))
        for document in session.execute(lying).scalars():
            assert session.get_one(Document, document.container_id).record_id == document.record_id


def test_a_contact_goes_with_its_own_consent_only(kb: Kb, carla: Person) -> None:
    keep = cases.hand_in(kb, None, state="published", title="Uno", solution="Orti.")
    drop = cases.hand_in(kb, None, state="published", title="Due", solution="Orti.")
    with kb.database.write() as session:
        one, other = session.get_one(Record, keep), session.get_one(Record, drop)
        one.details = {**one.details, "contact_consent": True, "contact_name": "Anna"}
        other.details = {**other.details, "contact_email": "bruno@comune.example"}
    kb.merging.merge(keep, drop, (cases.version(kb, keep), cases.version(kb, drop)), carla.reader)
    assert "contact_email" not in kb.catalog.record(keep, OPERATOR).details


def test_a_change_proposed_of_the_one_is_one_of_the_other(kb: Kb, two: Two, carla: Person, bruno: Person) -> None:
    amendment = kb.editing.amend(two.drop, bruno.reader)
    kb.editing.save(amendment, 1, {"lessons": "Servono rubinetti."}, bruno.reader)
    kb.editing.submit(amendment, cases.version(kb, amendment), bruno.reader)
    merge(kb, two, carla)
    assert [one.field for one in kb.desk.proposed(amendment, carla.reader)] == ["lessons"]
    kb.reviewing.decide(amendment, cases.version(kb, amendment), Decision("accept"), carla.reader)
    view = kb.catalog.record(two.keep, VISITOR)
    assert (view.details["lessons"], view.title) == ("Servono rubinetti.", "Orti sociali")


def test_what_cannot_be_merged_stays_as_it_is(kb: Kb, two: Two, carla: Person, bruno: Person) -> None:
    waiting = cases.hand_in(kb, bruno, title="In attesa", read=False)
    draft = cases.hand_in(kb, bruno, title="Bozza", state="draft", read=False)
    amendment = cases.hand_in(kb, bruno, title="Modifica", read=False)
    with kb.database.write() as session:
        session.get_one(Record, amendment).amends_id = two.keep

    def attempt(keep: int, drop: int, person: Person = carla, older: int = 0) -> None:
        versions = cases.version(kb, keep) - older, cases.version(kb, drop)
        kb.merging.merge(keep, drop, versions, person.reader)

    for keep, drop in ((two.keep, two.keep), (waiting, two.drop), (two.keep, draft), (two.keep, amendment)):
        with pytest.raises(InvalidMerge):
            attempt(keep, drop)
    with pytest.raises(Outdated):
        attempt(two.keep, two.drop, older=1)
    for role in ("member", "contributor"):
        with pytest.raises(NotAllowed):
            attempt(two.keep, two.drop, people.add(kb, role))
    with pytest.raises(NotAllowed):
        attempt(two.keep, two.drop, bruno)
    assert cases.state(kb, two.drop) == "published"
    assert cases.events(kb, two.drop) == []
    attempt(two.keep, waiting)  # what waits may go into what is published
    assert cases.state(kb, waiting) == "archived"
    with pytest.raises(InvalidMerge):
        attempt(two.keep, waiting)


# --- language versions --------------------------------------------------------------------------------


def test_language_versions_are_linked_shown_to_who_may_see_them_and_unlinked(kb: Kb, carla: Person) -> None:
    one, other, hidden, same = (
        cases.hand_in(kb, None, title=language, language=language, state=state, key=key, read=False)  # type: ignore[arg-type]
        for key, language, state in (
            ("a", "it", "published"),
            ("b", "de", "published"),
            ("c", "fr", "submitted"),
            ("d", "de", "published"),
        )
    )
    kb.works.link([one, other], carla.reader)
    kb.works.link([hidden, other], carla.reader)
    assert [two.language for two in kb.works.versions_of(one, VISITOR)] == ["de"]
    assert [two.language for two in kb.works.versions_of(one, carla.reader)] == ["de", "fr"]
    assert kb.works.versions_of(hidden, VISITOR) == ()
    for wrong in ([one], [one, one], [one, same]):
        with pytest.raises(InvalidVersions):
            kb.works.link(wrong, carla.reader)
    with pytest.raises(NotFound):
        kb.works.link([one, 999], carla.reader)
    kb.works.unlink(hidden, carla.reader)
    assert [two.language for two in kb.works.versions_of(one, carla.reader)] == ["de"]
    kb.works.unlink(one, carla.reader)
    assert kb.works.versions_of(other, carla.reader) == ()
    assert count(kb, Record, Record.work_id.is_not(None)) == 0
    with pytest.raises(InvalidVersions):
        kb.works.unlink(one, carla.reader)
    assert cases.events(kb, one) == ["versions-linked", "versions-linked", "versions-unlinked"]
