"""Counters and encoder as a session sees them: all of that is asked for at every search, so in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from sqlalchemy import CompoundSelect, Result, Select, null, select, union_all
from sqlalchemy.orm import Session

from kb.db.entities import Counter, Model

READ_ONCE = "counters are read once"
"""Mark of a session that sees one snapshot and never writes."""

_READ = "counters"
_ALL: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(Counter.name, Counter.value, null().label("key")),
    select(Model.name, Model.id, Model.key).where(Model.in_use),
)


@dataclass(frozen=True, slots=True)
class State:
    """The value of each counter, and id, name and key of the encoder in use, if there is one."""

    counters: Mapping[str, int]
    encoder: tuple[int, str, str] | None


Columns = TypeVarTuple("Columns")


def plain(
    session: Session, statement: Select[*Columns] | CompoundSelect[*Columns], values: Mapping[str, Any] | None = None
) -> Result[*Columns]:
    """The rows of a statement that asks for columns, without what a session does for mapped objects.

    That takes longer than most of the statements of a search. A session that may write has first to send what it holds.
    """
    if session.info.get(READ_ONCE):
        return session.connection().execute(statement, values)
    return session.execute(statement, values)


def state(session: Session) -> State:
    """What changes with the catalogue and its encoder; of a session that may write, as it is now."""
    kept: State | None = session.info.get(_READ)
    if kept is None:
        rows = plain(session, _ALL).all()
        encoders = [(value, name, key) for name, value, key in rows if key is not None]
        kept = State({name: value for name, value, key in rows if key is None}, encoders[0] if encoders else None)
        if session.info.get(READ_ONCE):
            session.info[_READ] = kept
    return kept


def counters(session: Session) -> Mapping[str, int]:
    """The value of each counter; of a session that may write, as it is now."""
    return state(session).counters
