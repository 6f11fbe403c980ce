"""Readers and encoder at the same time: what they do together is what one after the other would do."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from kb.bootstrap import Kb
from kb.db import database
from kb.db.entities import Document, Embedding, Passage
from kb.protocols import Progress, Vectors
from kb.services import embedding, pipeline
from kb.worker import Worker
from tests.support.tiny import TinyEmbedder, tiny_kb

Write = Callable[[str, str], Path]
TEXT = (
    "The municipality of place number {0} installed solar panels on the roofs of all its schools in one summer. "
    "What the {0} roofs have saved since then has paid for new windows, for shutters and for a cargo bicycle."
)
PATIENCE = 60


def submit(kb: Kb, write: Write, count: int) -> None:
    for number in range(count):
        kb.intake.add_file(write(f"{number}.txt", TEXT.format(number)))


def statuses(kb: Kb) -> dict[str, int]:
    with kb.database.read() as session:
        rows = session.execute(select(Document.status, func.count()).group_by(Document.status)).all()
        return {row.status: row[1] for row in rows}


def eventually(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[Progress], None]) -> None:
    """Let something happen while the first portion is embedded."""
    embed, first = TinyEmbedder.embed_passages, threading.Event()

    def acting(self: TinyEmbedder, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if not first.is_set():
            first.set()
            act(progress or (lambda done, total: None))
        return embed(self, texts, progress)

    monkeypatch.setattr(TinyEmbedder, "embed_passages", acting)


def settled(kb: Kb) -> int:
    """How many documents have been read, whether or not they are embedded."""
    with kb.database.read() as session:
        return session.execute(select(func.count()).where(Document.media_type != "")).scalar_one()


def test_the_next_are_read_while_one_is_embedded(kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(kb, text_file, 6)
    seen: list[bool] = []
    during(monkeypatch, lambda _: seen.append(eventually(lambda: settled(kb) == 6)))
    assert Worker(kb).drain() == 6
    assert seen == [True]
    assert statuses(kb) == {"searchable": 6}


def test_readers_wait_when_enough_is_ready(kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FEWEST_WEIGHT", pipeline.MOST_WAITING // 2)
    submit(kb, text_file, 12)
    most: list[int] = []

    def look(_: Progress) -> None:
        time.sleep(3)
        most.append(settled(kb))

    during(monkeypatch, look)
    assert Worker(kb).drain() == 12
    # One that is embedded, two that wait, and one that each reader holds.
    assert most[0] <= 3 + 2 + Worker(kb)._pipeline._readers


def test_portions_that_reach_over_documents_give_each_its_own_vectors(
    kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PORTION", 2)
    submit(kb, text_file, 5)
    Worker(kb).drain()
    joined = Embedding.passage_id == Passage.id
    with kb.database.read() as session:
        rows = session.execute(select(Passage, Embedding.data, Embedding.sentences).join(Embedding, joined)).all()
    assert len(rows) == 5
    for passage, *vectors in rows:
        assert passage.sentences
        assert [tuple(vectors)] == embedding.embed(TinyEmbedder(), [passage])


def test_what_waits_for_the_encoder_keeps_its_lease(
    tmp_path: Path, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = tiny_kb(tmp_path / "short", lease_seconds=5)
    submit(kb, text_file, 3)
    ends: list[Sequence[datetime]] = []

    def leases() -> Sequence[datetime]:
        with kb.database.read() as session:
            return session.execute(select(Document.lease_until).order_by(Document.id)).scalars().all()  # type: ignore[return-value]

    def work(progress: Progress) -> None:
        assert eventually(lambda: settled(kb) == 3)
        ends.append(leases())
        for step in range(5):
            time.sleep(0.5)
            progress(step, 5)
        ends.append(leases())

    during(monkeypatch, work)
    Worker(kb).drain()
    kb.close()
    before, after = ends
    assert all(late > early for early, late in zip(before, after, strict=True))


def test_a_worker_that_is_stopped_leaves_the_rest_waiting_and_free(
    kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(kb, text_file, 6)
    worker = Worker(kb)

    def stop(_: Progress) -> None:
        assert eventually(lambda: settled(kb) == 6)
        worker.stop()

    during(monkeypatch, stop)
    worker.drain()
    with kb.database.read() as session:
        held = session.execute(select(func.count()).where(Document.lease_owner.is_not(None))).scalar_one()
        half = session.execute(
            select(func.count()).where(Document.status == "received", Passage.document_id == Document.id)
        )
        assert (held, half.scalar_one()) == (0, 0)
    assert statuses(kb)["received"] > 0
    Worker(kb).drain()
    assert statuses(kb) == {"searchable": 6}


def test_a_locked_database_is_waited_for(
    tmp_path: Path, text_file: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    kb = tiny_kb(tmp_path / "locked", lease_seconds=5)
    submit(kb, text_file, 3)
    locked, unlock = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(kb.config.data / "kb.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            locked.set()
            unlock.wait(PATIENCE)
            other.execute("ROLLBACK")

    holder = threading.Thread(target=hold)

    def lock(progress: Progress) -> None:
        holder.start()
        locked.wait(PATIENCE)
        # A beat is due, and cannot be written.
        time.sleep(2)
        progress(1, 2)
        # Longer than a writer waits by itself.
        threading.Timer(3, unlock.set).start()

    during(monkeypatch, lock)
    worker = Worker(kb)
    assert worker.drain() == 3
    holder.join()
    assert "in use by another process" in caplog.text
    assert statuses(kb) == {"searchable": 3}
    assert [one for one in kb.checks.everything() if one.level == "error"] == []
    kb.close()


def test_a_reader_that_is_killed_costs_its_document_only(kb: Kb, tmp_path: Path, text_file: Write) -> None:
    slow = tmp_path / "slow.md"
    slow.write_text("\n\n".join(f"# Heading {n}\n\n{TEXT.format(n)} {'word ' * 200}" for n in range(6000)))
    kb.intake.add_file(slow)
    submit(kb, text_file, 3)
    killed: list[int] = []

    def kill() -> None:
        def struck() -> bool:
            for child in psutil.Process().children():
                with suppress(psutil.NoSuchProcess):  # Others come and go meanwhile.
                    if "slow.md" in child.cmdline():
                        child.kill()
                        killed.append(child.pid)
            return bool(killed)

        eventually(struck)

    killer = threading.Thread(target=kill)
    killer.start()
    Worker(kb).drain()
    killer.join()
    assert killed
    assert statuses(kb) == {"failed": 1, "searchable": 3}
    # It may have been the machine's fault, so handing it in again tries again.
    assert kb.intake.add_file(slow).status == "waiting"
    Worker(kb).drain()
    assert statuses(kb) == {"searchable": 4}
