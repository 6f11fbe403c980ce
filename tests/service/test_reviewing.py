"""Reviewing: who sees the queue, what is kept of what was said and answered, and what follows from a decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from kb.bootstrap import Kb
from kb.db.editorial import Revision
from kb.db.entities import Record, now
from kb.db.people import Account, Message
from kb.errors import (
    InvalidAnswers,
    InvalidFilter,
    InvalidInput,
    InvalidState,
    NotAllowed,
    NotFound,
    Outdated,
    ReasonMissing,
)
from kb.services.review_queue import Sought
from kb.services.steps import Decision
from kb.values import VISITOR, Filters, Query, Reader
from kb.worker import Worker
from tests.support import cases, people
from tests.support.people import Person

Write = Callable[[str, str], Path]


@pytest.fixture
def carla(kb: Kb) -> Person:
    return people.add(kb, "curator", "carla")


@pytest.fixture
def anna(kb: Kb) -> Person:
    return people.add(kb, "contributor", "anna")


@pytest.fixture
def handed_in(kb: Kb, anna: Person) -> int:
    return cases.hand_in(kb, anna, summary="Quaranta orti affidati ai pensionati.")


def others(kb: Kb) -> list[Reader]:
    """Everybody who has no business with a record of Anna's."""
    return [VISITOR, people.add(kb, "member").reader, people.add(kb, "contributor", "bruno").reader]


# --- who may --------------------------------------------------------------------------------------


def test_only_reviewers_see_the_queue_and_act(kb: Kb, anna: Person, handed_in: int) -> None:
    for reader in (*others(kb), anna.reader):
        for act in (
            kb.reviewing.queue,
            lambda r: kb.reviewing.case(handed_in, r),
            lambda r: kb.reviewing.assign(handed_in, None, r),
            lambda r: kb.reviewing.assess(handed_in, 1, cases.MET, r),
            lambda r: kb.reviewing.decide(handed_in, 1, Decision("accept", "so"), r),
            lambda r: kb.reviewing.decide(handed_in, 1, Decision("withdraw", "so"), r),
            kb.ledger.page,
            kb.ledger.everything,
            lambda r: kb.works.link([handed_in, handed_in], r),
        ):
            with pytest.raises(NotAllowed):
                act(reader)
    for reader in others(kb):
        with pytest.raises((NotFound, NotAllowed)):
            kb.reviewing.remark(handed_in, "hello", reader, internal=False)
    assert cases.events(kb, handed_in) == []
    assert cases.state(kb, handed_in) == "submitted"


def test_what_reviewers_say_among_themselves_never_reaches_the_submitter(
    kb: Kb, carla: Person, anna: Person, handed_in: int
) -> None:
    kb.reviewing.remark(handed_in, "Ist das nicht von 2012?", carla.reader)
    kb.reviewing.remark(handed_in, "Di che anno è?", carla.reader, internal=False)
    assert [one.text for one in kb.reviewing.remarks(handed_in, anna.reader)] == ["Di che anno è?"]
    assert len(kb.reviewing.remarks(handed_in, carla.reader)) == 2
    assert {one.by.address for one in kb.reviewing.remarks(handed_in, anna.reader)} == {""}
    for reader in others(kb):
        with pytest.raises(NotFound):
            kb.reviewing.remarks(handed_in, reader)
    with kb.database.read() as session:
        bodies = list(session.execute(select(Message.body).where(Message.account_id == anna.account_id)).scalars())
    assert len(bodies) == 1
    assert "2012" not in bodies[0]
    assert "Di che anno è?" in bodies[0]
    cases.move(kb, handed_in, "published")
    assert kb.reviewing.remarks(handed_in, VISITOR) == ()


def test_the_submitter_answers_whoever_has_the_record(kb: Kb, carla: Person, anna: Person, handed_in: int) -> None:
    kb.reviewing.assign(handed_in, carla.account_id, people.add(kb, "administrator").reader)
    kb.reviewing.remark(handed_in, "Del 2019.", anna.reader, internal=False)
    assert [one.by.name for one in kb.reviewing.case(handed_in, carla.reader).remarks] == ["anna"]
    assert cases.letters(kb, carla) == ["Assegnata a te: Orti sociali", "Risposta di chi ha inviato: Orti sociali"]
    with pytest.raises(NotAllowed):
        kb.reviewing.remark(handed_in, "psst", anna.reader, internal=True)
    for empty in ("  ", "x" * 5001):
        with pytest.raises(InvalidInput):
            kb.reviewing.remark(handed_in, empty, carla.reader)


# --- the queue --------------------------------------------------------------------------------------


def test_the_longest_wait_comes_first_and_filters_narrow(kb: Kb, carla: Person, anna: Person) -> None:
    new, old, young = (
        cases.hand_in(kb, anna, title=title, read=False, **fields)
        for title, fields in (
            ("Rifiuti", {"themes": ["waste"], "country": "IT"}),
            ("Strom", {"themes": ["energy"], "country": "DE", "language": "de", "kind": "study"}),
            ("Acqua", {}),
        )
    )
    with kb.database.write() as session:
        for record_id, days in ((new, 3), (old, 40), (young, 0)):
            at = now() - timedelta(days=days, minutes=1)
            session.execute(update(Record).where(Record.id == record_id).values(submitted_at=at))
    kb.reviewing.assign(old, carla.account_id, carla.reader)

    def found(**sought: object) -> list[int]:
        filters = Filters(**{k: v for k, v in sought.items() if k in ("themes", "countries", "languages", "kinds")})  # type: ignore[arg-type]
        rest = {k: v for k, v in sought.items() if k in ("state", "assignee", "days")}
        queue = kb.reviewing.queue(carla.reader, Sought(filters=filters, **rest))  # type: ignore[arg-type]
        assert queue.total == len(queue.rows)
        return [row.record_id for row in queue.rows]

    assert found() == [old, new, young]
    assert found(days=7) == [old]
    assert found(themes=("waste",)) == found(countries=("IT",)) == [new]
    assert found(languages=("de",)) == found(kinds=("study",)) == [old]
    assert found(assignee="mine") == found(assignee=str(carla.account_id)) == [old]
    assert found(assignee="none") == [new, young]
    assert found(state="returned") == []
    queue = kb.reviewing.queue(carla.reader)
    assert (queue.states["submitted"], queue.states["published"], queue.mine, queue.unassigned) == (3, 0, 1, 2)
    assert queue.rows[0].days == 40
    assert (queue.rows[0].submitter.name, queue.rows[0].assignee and queue.rows[0].assignee.name) == ("anna", "carla")
    assert queue.facets["theme"] == {"energy": 1, "waste": 1}
    for wrong in ({"state": "lost"}, {"assignee": "nobody"}):
        with pytest.raises(InvalidFilter):
            found(**wrong)


def test_a_record_is_given_to_reviewers_only(kb: Kb, carla: Person, anna: Person, handed_in: int) -> None:
    kb.reviewing.assign(handed_in, carla.account_id, carla.reader)
    kb.reviewing.assign(handed_in, carla.account_id, carla.reader)
    assert cases.events(kb, handed_in) == ["assigned"]
    assert cases.letters(kb, carla) == []  # she took it herself
    closed = people.add(kb, "curator", "dario")
    kb.accounts.disable(closed.account_id, people.add(kb, "administrator").reader)
    for nobody in (anna.account_id, closed.account_id, 999, -1):
        with pytest.raises(NotFound):
            kb.reviewing.assign(handed_in, nobody, carla.reader)
    kb.reviewing.assign(handed_in, None, carla.reader)
    assert kb.reviewing.case(handed_in, carla.reader).assignee is None


# --- the criteria -----------------------------------------------------------------------------------


def test_answers_are_kept_all_and_the_last_ones_count(kb: Kb, carla: Person, handed_in: int) -> None:
    version = cases.version(kb, handed_in)
    first = {"funded": {"met": False, "note": " da chi? "}, "coherent": {"met": None, "note": ""}}
    kb.reviewing.assess(handed_in, version, first, carla.reader)
    kb.reviewing.assess(handed_in, version, {**cases.MET, "innovative": {"met": False, "note": ""}}, carla.reader)
    kb.reviewing.assess(handed_in, version, {**cases.MET, "innovative": {"met": False, "note": ""}}, carla.reader)
    case = kb.reviewing.case(handed_in, carla.reader)
    assert [one.met for one in case.assessed] == [5, 0]  # what says the same again is not kept twice
    assert case.assessed[1].answers == {"funded": {"met": False, "note": "da chi?"}}
    assert case.answers["innovative"]["met"] is False
    assert case.open == ()
    for wrong in ({"nice": {"met": True}}, {"funded": {"met": "perhaps"}}):
        with pytest.raises(InvalidAnswers):
            kb.reviewing.assess(handed_in, version, wrong, carla.reader)
    cases.change(kb, handed_in)
    with pytest.raises(Outdated):
        kb.reviewing.assess(handed_in, version, cases.MET, carla.reader)


def test_what_was_not_found_admissible_is_published_for_a_reason_only(kb: Kb, carla: Person, handed_in: int) -> None:
    version = cases.version(kb, handed_in)
    with pytest.raises(ReasonMissing):
        kb.reviewing.decide(handed_in, version, Decision("accept", " "), carla.reader)
    kb.reviewing.assess(handed_in, version, {**cases.MET, "funded": {"met": False}}, carla.reader)
    with pytest.raises(ReasonMissing):
        kb.reviewing.decide(handed_in, version, Decision("accept", ""), carla.reader)
    assert cases.state(kb, handed_in) == "submitted"
    kb.reviewing.decide(handed_in, version, Decision("accept", "Finanziata da volontari."), carla.reader)
    assert cases.events(kb, handed_in) == ["assessed", "criteria-waived", "published"]
    entry = next(one for one in kb.ledger.everything(carla.reader) if one.action == "published")
    assert (entry.why, entry.name) == ("Finanziata da volontari.", "carla")


def test_an_admissible_record_is_published_without_more_words(kb: Kb, carla: Person, handed_in: int) -> None:
    kb.reviewing.assess(handed_in, cases.version(kb, handed_in), cases.MET, carla.reader)
    assert (
        kb.reviewing.decide(handed_in, cases.version(kb, handed_in), Decision("accept", ""), carla.reader) == handed_in
    )
    assert [hit.record_id for hit in kb.search.search(Query(text="orti pensionati"), VISITOR).hits] == [handed_in]


# --- deciding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["return", "reject"])
def test_a_refusal_says_why_and_the_submitter_is_told(
    kb: Kb, carla: Person, anna: Person, handed_in: int, decision: str
) -> None:
    version = cases.version(kb, handed_in)
    with pytest.raises(ReasonMissing):
        kb.reviewing.decide(handed_in, version, Decision(decision, ""), carla.reader)
    assert cases.letters(kb, anna) == []
    kb.reviewing.decide(handed_in, version, Decision(decision, "Mancano i {costi}."), carla.reader)
    assert cases.state(kb, handed_in) == {"return": "returned", "reject": "rejected"}[decision]
    with kb.database.read() as session:
        (body,) = session.execute(select(Message.body).where(Message.account_id == anna.account_id)).scalars()
        kept = session.execute(select(Revision.why).where(Revision.record_id == handed_in)).scalars().all()
    assert "Mancano i {costi}." in body
    assert f"/records/{handed_in}" in body
    assert "Mancano i {costi}." in kept


def test_a_decision_on_what_changed_meanwhile_changes_nothing_and_tells_nobody(
    kb: Kb, carla: Person, anna: Person, handed_in: int
) -> None:
    version = cases.version(kb, handed_in)
    cases.change(kb, handed_in)
    for decision in ("accept", "return", "reject"):
        with pytest.raises(Outdated):
            kb.reviewing.decide(handed_in, version, Decision(decision, "perché sì"), carla.reader)
    assert (cases.state(kb, handed_in), cases.letters(kb, anna)) == ("submitted", [])


def test_only_what_fits_a_state_can_be_decided(kb: Kb, carla: Person, anna: Person, handed_in: int) -> None:
    offered = {
        "submitted": ("accept", "return", "reject"),
        "returned": ("accept",),
        "published": ("withdraw", "archive"),
        "withdrawn": ("archive", "publish"),
        "archived": ("publish",),
    }
    for state, decisions in offered.items():
        if state != "submitted":
            cases.move(kb, handed_in, state)
        assert kb.reviewing.case(handed_in, carla.reader).decisions == decisions
        version = cases.version(kb, handed_in)
        for other in {"accept", "return", "reject", "withdraw", "archive", "publish"} - set(decisions):
            with pytest.raises(InvalidState):
                kb.reviewing.decide(handed_in, version, Decision(other, "so"), carla.reader)
    draft = cases.hand_in(kb, anna, state="draft", title="Bozza")
    assert kb.reviewing.case(draft, carla.reader).decisions == ()
    nobodys = cases.hand_in(kb, None, state="draft", title="Di nessuno")
    assert kb.reviewing.case(nobodys, carla.reader).decisions == ("accept",)
    with pytest.raises(InvalidInput):
        kb.reviewing.decide(draft, 1, Decision("burn", "so"), carla.reader)


def test_a_withdrawn_record_is_gone_at_once_for_all_but_its_people(
    kb: Kb, carla: Person, anna: Person, text_file: Write
) -> None:
    file = text_file("orti.txt", "Quaranta orti di quartiere sono affidati ai pensionati. " * 5)
    record_id = cases.hand_in(kb, anna, file, state="published", themes=["waste"], country="IT")
    cases.hand_in(kb, None, state="published", title="Altri orti", summary="Orti di quartiere, pensionati.")
    other = next(one for one in kb.catalog.latest(VISITOR) if one.record_id != record_id).record_id
    kb.collections.create("orti", "Orti", carla.reader, visibility="public")
    kb.collections.add("orti", record_id, carla.reader)
    document = next(one for one in kb.catalog.record(record_id, VISITOR).documents if one.name == "orti.txt")
    kb.reviewing.decide(
        record_id, cases.version(kb, record_id), Decision("withdraw", "Lo chiede il Comune."), carla.reader
    )

    for reader in others(kb):
        assert record_id not in [hit.record_id for hit in kb.search.search(Query(text="orti"), reader).hits]
        assert record_id not in [hit.record_id for hit in kb.similar.to_record(other, reader, Query()).hits]
        listing = kb.browsing.browse(Query(), reader)
        assert (listing.total, listing.facets["theme"], listing.facets["country"]) == (1, {}, {})
        assert kb.catalog.counts(reader)["records"] == 1
        assert "waste" not in kb.catalog.choices(reader)["theme"]
        assert [one.records for one in kb.collections.list(reader)] == [0]
        assert kb.duplicates.everything(reader) == ()
        for look in (
            lambda r: kb.catalog.record(record_id, r),
            lambda r: kb.catalog.original(document.document_id, r),
            lambda r: kb.similar.to_record(record_id, r, Query()),
        ):
            with pytest.raises(NotFound):
                look(reader)
    for reader in (anna.reader, carla.reader):
        assert kb.catalog.record(record_id, reader).state == "withdrawn"
        assert kb.catalog.original(document.document_id, reader).name == "orti.txt"
    assert cases.letters(kb, anna) == ["Non più pubblicata: Orti sociali"]
    kb.reviewing.decide(record_id, cases.version(kb, record_id), Decision("publish"), carla.reader)
    assert record_id in [hit.record_id for hit in kb.search.search(Query(text="orti"), VISITOR).hits]


def test_an_accepted_amendment_goes_into_the_record_it_amends(
    kb: Kb, carla: Person, anna: Person, handed_in: int
) -> None:
    cases.move(kb, handed_in, "published")
    amendment = kb.editing.amend(handed_in, anna.reader)
    kb.editing.save(amendment, 1, {"title": "Orti sociali e scuole"}, anna.reader)
    kb.editing.submit(amendment, cases.version(kb, amendment), anna.reader)
    cases.change(kb, handed_in)
    version = cases.version(kb, amendment)
    with pytest.raises(Outdated):  # the record is no longer the one that the change set out from
        kb.reviewing.decide(amendment, version, Decision("accept"), carla.reader)
    amends = kb.reviewing.case(amendment, carla.reader).amends
    assert amends is not None
    done = kb.reviewing.decide(amendment, version, Decision("accept", seen=amends.version), carla.reader)
    assert done == handed_in
    assert kb.catalog.record(handed_in, VISITOR).title == "Orti sociali e scuole"
    assert cases.state(kb, amendment) == "archived"
    assert cases.letters(kb, anna) == ["Modifica accolta: Orti sociali e scuole"]


# --- many at a time -----------------------------------------------------------------------------------


def test_many_are_done_one_by_one_and_each_says_what_became_of_it(kb: Kb, carla: Person, anna: Person) -> None:
    first, changed, published = (cases.hand_in(kb, anna, title=title, read=False) for title in ("A", "B", "C"))
    versions = {one: cases.version(kb, one) for one in (first, changed, published)}
    cases.change(kb, changed)
    cases.move(kb, published, "published")
    versions[published] = cases.version(kb, published)
    done = kb.reviewing.each(
        [first, changed, published, 999],
        lambda one: kb.reviewing.decide(one, versions.get(one, 1), Decision("return", "Rivedi i costi."), carla.reader),
    )
    assert [(one.record_id, one.code) for one in done] == [
        (first, ""),
        (changed, "outdated"),
        (published, "invalid-state"),
        (999, "not-found"),
    ]
    assert [cases.state(kb, one) for one in (first, changed, published)] == ["returned", "submitted", "published"]
    assert cases.letters(kb, anna) == ["Da rivedere: A"]


# --- letters about the queue ------------------------------------------------------------------------


def test_reviewers_hear_of_the_queue_once_a_day(kb: Kb, carla: Person, anna: Person) -> None:
    quiet = people.add(kb, "curator", "dario")
    with kb.database.write() as session:
        session.get_one(Account, quiet.account_id).preferences = {"mail-queue": False}
    cases.hand_in(kb, anna, title="Primo")
    cases.hand_in(kb, anna, title="Secondo")
    Worker(kb).drain()
    assert cases.letters(kb, carla, queue=True) == ["Nuove schede da esaminare: 1"]
    assert cases.letters(kb, quiet, queue=True) == cases.letters(kb, anna, queue=True) == []
    with kb.database.write() as session:  # a day goes by
        before = now() - timedelta(days=1)
        mine = Message.account_id == carla.account_id
        key = f"review.queue/{carla.account_id}/{before.date()}"
        session.execute(update(Message).where(mine).values(key=key, created_at=Message.created_at))
    kb.reviewing._told = None
    assert kb.reviewing.remind()
    assert not kb.reviewing.remind()
    with kb.database.read() as session:
        bodies = list(session.execute(select(Message.body).where(mine).order_by(Message.id)).scalars())
    assert "– Secondo" in bodies[1]
    assert "– Primo" not in bodies[1]
    assert "in attesa in tutto: 2" in bodies[1]


def test_nobody_hears_of_what_she_submitted_herself(kb: Kb, carla: Person) -> None:
    cases.hand_in(kb, carla)
    kb.reviewing.remind()
    assert cases.letters(kb, carla, queue=True) == []
