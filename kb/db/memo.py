"""What was read of the catalogue, kept until the catalogue changes.

The rows that searches are narrowed and counted by change a few times a day and are read at every search. Triggers
raise a counter whenever one of them changes, in the transaction that changes it. A reader sees the counter of its own
snapshot, so what was read at the same count is what it would read itself, in this process or any other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from kb.db.counters import counters

CATALOGUE = "catalogue"
"""The counter; its triggers are in the migrations, and only SQLite has them: elsewhere nothing is kept."""

KEPT = 200
"""Answers kept at a time, those asked for last."""

KEPT_ROWS = 20_000
"""Rows of one kind kept at a time."""

STORE = "memos"

Value = TypeVar("Value")
Rows = Mapping[int, Value]


class Memo:
    """Answers and rows of one state of the catalogue; may be shared by threads."""

    def __init__(self, version: int | None) -> None:
        self.version = version
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._rows: dict[str, dict[int, Any]] = {}

    def answer(self, key: Hashable, find: Callable[[], Value]) -> Value:
        """What `find` returns, asked once for each `key`; nobody may change it."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast("Value", self._answers[key])
        found = find()
        with self._lock:
            self._answers[key] = found
            if len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return found

    def rows(self, kind: str, ids: Iterable[int], read: Callable[[Sequence[int]], Rows[Value]]) -> dict[int, Value]:
        """The rows of these ids that there are; `read` is asked for those not read before."""
        wanted = list(ids)
        with self._lock:
            kept: dict[int, Value] = self._rows.setdefault(kind, {})
            found = {id_: kept[id_] for id_ in wanted if id_ in kept}
        if missing := [id_ for id_ in wanted if id_ not in found]:
            read_now = read(missing)
            found.update(read_now)
            with self._lock:
                if len(kept) + len(read_now) > KEPT_ROWS:
                    kept.clear()
                kept.update(read_now)
        return found


class Memos:
    """The memo of the newest state that was seen."""

    def __init__(self) -> None:
        self._newest = Memo(None)

    def at(self, version: int) -> Memo:
        """The memo of this state; one of its own for a reader whose snapshot is older than others'."""
        newest = self._newest
        if newest.version == version:
            return newest
        memo = Memo(version)
        if newest.version is None or newest.version < version:
            self._newest = memo
        return memo


def memo(session: Session) -> Memo:
    """What is known of the catalogue as this session sees it; of a session that writes, nothing is kept."""
    kept: Memo | None = session.info.get("memo")
    if kept is None:
        kept = session.info["memo"] = _memo(session)
    return kept


def _memo(session: Session) -> Memo:
    memos: Memos | None = session.info.get(STORE)
    if memos is None or session.get_bind().dialect.name != "sqlite":
        return Memo(None)
    return memos.at(counters(session)[CATALOGUE])
