"""Defects that the campaign must notice: what each breaks is a promise of the product."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Sequence
from typing import BinaryIO

from sqlalchemy import update

from index.space import SearchSpace
from kb.db import feed
from kb.db.entities import Document
from kb.files import Files, Stored
from kb.services.fingerprints import Made
from kb.services.reading import Embedded, Reading, Ready
from kb.values import Change, Outcome
from tests.support.tiny import TinyEmbedder


def plant(name: str) -> None:
    """Break one promise in this process."""
    DEFECTS[name]()


def _row_before_file() -> None:
    """Originals are promised before they are on the disk: they come a moment later, by another thread's leave."""
    put = Files.put

    def later(self: Files, source: BinaryIO) -> Stored:
        data = source.read()
        threading.Timer(0.3, put, (self, io.BytesIO(data))).start()
        return Stored(hashlib.sha256(data).hexdigest(), len(data))

    Files.put = later  # type: ignore[method-assign]


def _two_transactions() -> None:
    """The passages of a document are published by one transaction and its vectors by another."""
    add, publish, held = feed.add, Reading._publish, list[tuple[int, Sequence[feed.Vector], bool]]()

    def hold(_session: object, model_id: int, vectors: Sequence[feed.Vector], *, live: bool) -> None:
        held.append((model_id, vectors, live))

    def apart(self: Reading, ready: Ready, vectors: Embedded, fingerprint: Made) -> Outcome | None:
        outcome = publish(self, ready, vectors, fingerprint)
        for _ in range(3):
            # A phase that kills aim at, so that some fall between the two.
            TinyEmbedder().embed_passages([])
        with self._database.write() as session:
            while held:
                model_id, rows, live = held.pop()
                add(session, model_id, rows, live=live)
        return outcome

    feed.add = hold
    Reading._publish = apart  # type: ignore[method-assign]


def _forgotten_commit() -> None:
    """A document that was published is taken back for a moment, as if its commit had been lost."""
    publish = Reading.publish

    def lost(self: Reading, ready: Ready, vectors: Embedded) -> Outcome | None:
        outcome = publish(self, ready, vectors)
        with self._database.write() as session:
            session.execute(update(Document).values(status="received"))
        return outcome

    Reading.publish = lost  # type: ignore[method-assign]


def _forgetful_follower() -> None:
    """The indexes move on without the first change they were told, and snapshots keep that."""
    apply = SearchSpace.apply

    def forgetful(self: SearchSpace, changes: Sequence[Change], cursor: int) -> None:
        apply(self, changes[1:], cursor)

    SearchSpace.apply = forgetful  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    "row-before-file": _row_before_file,
    "two-transactions": _two_transactions,
    "forgotten-commit": _forgotten_commit,
    "forgetful-follower": _forgetful_follower,
}
