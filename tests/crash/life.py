"""A process that imports, refreshes and saves, and notes in memory that outlives it what it is doing."""

from __future__ import annotations

import mmap
import random
import struct
import threading
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb import imports
from kb.bootstrap import Kb, build
from kb.config import load
from kb.db.entities import Record
from kb.services import publishing
from kb.worker import Worker
from tests.support.tiny import TinyShelf

PHASES = {
    "taking in": "kb.files:Files.put",
    "extraction": "kb.services.reading:Reading._extract",
    "embedding": "tests.support.tiny:TinyEmbedder.embed_passages",
    "commit": "kb.services.reading:Reading._publish",
    "refresh": "index.space:SearchSpace.apply",
    "snapshot": "index.snapshot:write",
}
"""What is killed, and the function that does it."""
if find_spec("kb.services.unpacking"):
    PHASES["unpacking"] = "kb.services.unpacking:place"

TINY_SECONDS = 0.01
"""What embedding takes longer here: the real encoder takes seconds, the tiny one is done before a kill can come."""

_CELL = struct.Struct("<qq")


class Log:
    """For each phase how often it was begun and how often ended, in memory that outlives its writer."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _CELL.size * len(PHASES))
        self._lock = threading.Lock()

    def clear(self) -> None:
        self._memory[:] = bytes(len(self._memory))

    def counts(self, phase: str) -> tuple[int, int]:
        """How often a phase was begun, and how often ended."""
        begun, ended = _CELL.unpack_from(self._memory, self._offset(phase))
        return int(begun), int(ended)

    def under_way(self) -> list[str]:
        return [phase for phase in PHASES if self.counts(phase)[0] > self.counts(phase)[1]]

    def note(self, phase: str, begun: int, ended: int) -> None:
        with self._lock:
            before = self.counts(phase)
            _CELL.pack_into(self._memory, self._offset(phase), before[0] + begun, before[1] + ended)

    @staticmethod
    def _offset(phase: str) -> int:
        return list(PHASES).index(phase) * _CELL.size


def watched(log: Log) -> None:
    """Let every phase note its beginning and its end; what it does stays as it is, but for the tiny encoder's haste."""
    for phase, target in PHASES.items():
        module, _, name = target.partition(":")
        owner: Any = import_module(module)
        *path, last = name.split(".")
        for part in path:
            owner = getattr(owner, part)
        setattr(owner, last, _noted(log, phase, getattr(owner, last)))


def _noted(log: Log, phase: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*given: Any, **named: Any) -> Any:
        log.note(phase, 1, 0)
        if phase == "embedding":
            time.sleep(TINY_SECONDS)
        try:
            return call(*given, **named)
        finally:
            log.note(phase, 0, 1)

    return noting


def product(data: Path) -> Kb:
    """The product with the tiny encoder, over a folder that is initialised already."""
    config = load(data=data, models=data / "models", lease_seconds=5)
    return build(config, shelf=TinyShelf(config))


def live(data: Path, folder: Path, chance: random.Random) -> None:
    """What one process does in the course of a day: import, publish and withdraw, search, save."""
    kb = product(data)
    imports.run(kb, folder, "published", lambda _title: lambda _done, _total: None)
    for _ in range(3):
        _move(kb, chance)
        kb.models.space()
        kb.models.save(always=True)
    kb.close()


def _move(kb: Kb, chance: random.Random) -> None:
    """Withdraw a record or publish it again, so that there is something to refresh."""
    with kb.database.write() as session:
        records = _records(session)
        if records:
            record_id, state = chance.choice(records)
            publishing.move(session, record_id, "withdrawn" if state == "published" else "published")


def _records(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(select(Record.id, Record.state).where(Record.state != "draft").order_by(Record.id))
    return [(row.id, row.state) for row in rows]


def settle(data: Path, folder: Path) -> None:
    """Bring a folder to its end: everything imported, read, published and saved."""
    kb = product(data)
    imports.run(kb, folder, "published", lambda _title: lambda _done, _total: None)
    Worker(kb).drain()
    with kb.database.write() as session:
        for record_id, state in _records(session):
            if state == "withdrawn":
                publishing.move(session, record_id, "published")
    kb.models.space()
    kb.models.save(always=True)
    kb.close()
