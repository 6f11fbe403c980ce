"""The worker of `kb serve` is a process of its own: it works, comes back when it dies, never outlives the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kb import beside
from kb.beside import Beside
from kb.bootstrap import Kb
from kb.services.fields import parse
from kb.values import OPERATOR
from tests.support.tiny import TinyShelf
from tests.web.serving import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
SERVE = "import sys; from kb.cli import main; from tests.support.tiny import TinyShelf; main(['serve'], TinyShelf)"


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold while somebody patient waits."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def hand_in(kb: Kb, tmp_path: Path, words: str) -> Callable[[], bool]:
    """Add a document; returns what asks whether it has been read."""
    path = tmp_path / f"{len(words)}.txt"
    path.write_text(words)
    outcome = kb.intake.add_record(parse({"title": words}, where="test"), [path], source="test")[-1]
    assert outcome.record_id is not None
    record_id = outcome.record_id
    return lambda: kb.catalog.record(record_id, OPERATOR).documents[0].status == "searchable"


@contextmanager
def running(worker: Beside) -> Iterator[Beside]:
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@contextmanager
def serving(kb: Kb) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """`kb serve` as a process that answers, and its worker."""
    environment = {**os.environ, "KB_DATA": str(kb.config.data), "KB_PORT": str(free_port()), "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert "http://127.0.0.1:" in server.stdout.readline()
        parent = psutil.Process(server.pid)
        assert eventually(lambda: bool(spawned(parent)))
        yield server, spawned(parent)[0]
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


def spawned(parent: psutil.Process) -> list[psutil.Process]:
    return [one for one in parent.children() if "spawn_main" in " ".join(one.cmdline())]


def test_another_process_reads_what_is_handed_in(kb: Kb, tmp_path: Path) -> None:
    with running(Beside(kb.config, TinyShelf)) as worker:
        assert eventually(lambda: worker.pid is not None)
        assert worker.pid != os.getpid()
        assert eventually(lambda: psutil.Process(worker.pid).nice() >= beside.NICE)
        assert eventually(hand_in(kb, tmp_path, "Bäume an allen Straßen"))


def test_a_worker_that_dies_is_followed_by_another(kb: Kb, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running(Beside(kb.config, TinyShelf)) as worker:
        assert eventually(hand_in(kb, tmp_path, "one"))
        first = worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert eventually(hand_in(kb, tmp_path, "another one"))
        assert worker.pid not in (None, first)
    assert "The worker ended by itself (exit code -9)" in caplog.text


def test_a_worker_that_was_stopped_does_not_come_back(kb: Kb) -> None:
    worker = Beside(kb.config, TinyShelf)
    with running(worker):
        assert eventually(lambda: worker.pid is not None)
    assert worker.pid is None


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_ends_well_ends_its_worker(kb: Kb, name: signal.Signals) -> None:
    with serving(kb) as (server, worker):
        server.send_signal(name)
        assert server.wait(PATIENCE_SECONDS) == 0
        assert not worker.is_running()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_a_server_that_is_killed_takes_its_worker_with_it(kb: Kb) -> None:
    with serving(kb) as (server, worker):
        server.kill()
        server.wait()
        assert eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
