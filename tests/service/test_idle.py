"""A worker that has nothing to do asks little, locks nothing, and misses nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.orm import Session

from kb.bootstrap import Kb
from kb.db.entities import Document, Embedding, Passage, now
from kb.services.fields import parse
from kb.services.leases import _owner, whoami
from kb.values import Outcome
from kb.worker import Worker

Describe = Callable[..., Outcome]


@contextmanager
def statements(kb: Kb) -> Iterator[list[str]]:
    """Everything that is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(kb.database._engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(kb.database._engine, "before_cursor_execute", note)


def submit(kb: Kb, title: str) -> None:
    kb.intake.add_record(parse({"title": title, "solution": "Brown bins."}, where="test"), source="test")


def test_an_idle_turn_writes_nothing_and_takes_no_lock(kb: Kb, describe: Describe) -> None:
    describe(title="Bins", solution="Brown bins.")
    worker = Worker(kb)
    worker.drain()
    with statements(kb) as sent:
        assert worker.drain() == 0
    assert sent
    assert [one for one in sent if not one.startswith(("SELECT", "BEGIN ", "BEGIN"))] == []
    assert "BEGIN IMMEDIATE" not in sent


def test_an_idle_turn_works_while_another_process_writes(kb: Kb, describe: Describe) -> None:
    describe(title="Bins", solution="Brown bins.")
    worker = Worker(kb)
    worker.drain()
    with kb.database.write() as session:
        session.execute(update(Document).values(attempts=0))
        started = time.monotonic()
        assert worker.drain() == 0
        assert time.monotonic() - started < 5


def test_the_passages_are_not_searched_for_gaps_again_until_something_changes(kb: Kb, describe: Describe) -> None:
    describe(title="Bins", solution="Brown bins.")
    worker = Worker(kb)
    worker.drain()
    with statements(kb) as sent:
        worker.drain()
    assert not [one for one in sent if "EXISTS" in one.upper()]


def test_what_comes_in_between_two_idle_turns_is_done(kb: Kb) -> None:
    worker = Worker(kb)
    assert worker.drain() == 0
    for title in ("One", "Two"):
        submit(kb, title)
        assert worker.drain() == 1
        assert worker.drain() == 0


def test_a_passage_without_a_vector_is_never_missed(kb: Kb, describe: Describe) -> None:
    done = describe(title="Bins", solution="Brown bins.")
    worker = Worker(kb)
    worker.drain()
    with kb.database.write() as session:
        _add_passage(session, done.document_id or 0)
    assert worker.drain() == 1
    assert kb.models.overview()[0].lacking == 0


def test_one_that_comes_in_while_it_looks_is_done_at_the_next_turn(
    kb: Kb, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = describe(title="Bins", solution="Brown bins.")
    known = kb.models._known

    def slowly() -> list[tuple[int, str]]:
        """Between the look at the state and the look for gaps, a passage comes in and goes unseen."""
        found = known()
        with kb.database.write() as session:
            _add_passage(session, done.document_id or 0)
        monkeypatch.setattr(kb.models, "_known", known)
        return [] if found else found

    monkeypatch.setattr(kb.models, "_filled", ())
    monkeypatch.setattr(kb.models, "_known", slowly)
    worker = Worker(kb)
    assert worker.drain() == 0
    assert worker.drain() == 1


def test_a_lease_that_ends_frees_its_document(kb: Kb) -> None:
    submit(kb, "Bins")
    worker = Worker(kb)
    _lease(kb, whoami(), 600)
    assert worker.drain() == 0
    _lease(kb, "elsewhere:1:1.00", -1)
    assert worker.drain() == 1


def test_a_document_of_a_dead_process_is_free_at_once(kb: Kb) -> None:
    submit(kb, "Bins")
    host = whoami().rsplit(":", 2)[0]
    _lease(kb, _owner(host, 2**22 + 1, 1.0), 600)
    assert Worker(kb).drain() == 1


def _lease(kb: Kb, owner: str, seconds: int) -> None:
    with kb.database.write() as session:
        session.execute(update(Document).values(lease_owner=owner, lease_until=now() + timedelta(seconds=seconds)))


def _add_passage(session: Session, document_id: int) -> None:
    session.execute(
        insert(Passage).values(document_id=document_id, ordinal=99, text="A basket.", char_from=0, char_to=9)
    )
    assert session.query(Embedding).count()
