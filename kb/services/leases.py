"""Leases: which process works on a document, and whether it still lives."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache

import psutil
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Document, now
from kb.errors import Busy


@cache
def whoami() -> str:
    """Names this process so that others can tell whether it still lives: host, pid and start time."""
    return _owner(socket.gethostname(), os.getpid(), psutil.Process().create_time())


def _owner(host: str, pid: int, started: float) -> str:
    return f"{host}:{pid}:{started:.2f}"


def _dead(owner: str) -> bool:
    """Whether the process of that name ran on this machine and is gone."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        return _owner(host, int(pid), psutil.Process(int(pid)).create_time()) != owner
    except psutil.NoSuchProcess:
        return True


class Heartbeat:
    """Extends the leases of all documents in hand while work goes on, at most three times a lease."""

    def __init__(self, database: Database, hand: Callable[[], list[int]], lease: timedelta) -> None:
        """`hand` tells the ids of the documents that are worked on."""
        self._database, self._hand, self._lease = database, hand, lease
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last < self._lease.total_seconds() / 3:
            return
        self._last = time.monotonic()
        mine = Document.id.in_(self._hand())
        # Of three beats a lease one may fail; to give up what is being embedded for it would be dearer.
        with suppress(Busy), self._database.write() as session:
            extended = update(Document).where(mine, Document.lease_owner == whoami())
            session.execute(extended.values(lease_until=now() + self._lease))


@contextmanager
def beating(beat: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `beat` every so many seconds, in a thread of its own, while the body runs that cannot say how far it is."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(seconds):
            beat()

    thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def free(session: Session) -> ColumnElement[bool]:
    """The condition a document meets when nobody works on it."""
    return or_(Document.lease_until.is_(None), Document.lease_until < now(), Document.lease_owner.in_(_gone(session)))


def _gone(session: Session) -> list[str]:
    """Owners of leases whose process is known to have ended."""
    owners = session.execute(select(Document.lease_owner).where(Document.lease_owner.is_not(None)).distinct()).scalars()
    return [owner for owner in owners if owner and _dead(owner)]
