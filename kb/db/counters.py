"""The counters of the database as a session sees them: all of them are asked for at every search, so in one go."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db.entities import Counter

READ_ONCE = "counters are read once"
"""Mark of a session that sees one snapshot and never writes."""

_READ = "counters"
_ALL = select(Counter.name, Counter.value)


def counters(session: Session) -> dict[str, int]:
    """The value of each counter; of a session that may write, as it is now."""
    kept: dict[str, int] | None = session.info.get(_READ)
    if kept is None:
        kept = dict(session.execute(_ALL).all())
        if session.info.get(READ_ONCE):
            session.info[_READ] = kept
    return kept
