"""The counters of the database as a session sees them: all of them are asked for at every search, so in one go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVarTuple

from sqlalchemy import Result, Select, select
from sqlalchemy.orm import Session

from kb.db.entities import Counter

READ_ONCE = "counters are read once"
"""Mark of a session that sees one snapshot and never writes."""

_READ = "counters"
_ALL = select(Counter.name, Counter.value)


Columns = TypeVarTuple("Columns")


def plain(session: Session, statement: Select[*Columns], values: Mapping[str, Any] | None = None) -> Result[*Columns]:
    """The rows of a statement that asks for columns, without what a session does for mapped objects.

    That takes longer than most of the statements of a search. A session that may write has first to send what it holds.
    """
    if session.info.get(READ_ONCE):
        return session.connection().execute(statement, values)
    return session.execute(statement, values)


def counters(session: Session) -> dict[str, int]:
    """The value of each counter; of a session that may write, as it is now."""
    kept: dict[str, int] | None = session.info.get(_READ)
    if kept is None:
        kept = dict(plain(session, _ALL).all())
        if session.info.get(READ_ONCE):
            session.info[_READ] = kept
    return kept
