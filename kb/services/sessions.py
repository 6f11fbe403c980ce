"""The browsers a person is signed in with: seen by her, and ended by her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import now
from kb.db.people import SignIn
from kb.services.secrets import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A browser that is signed in; `current` is the one that asks."""

    session_id: int
    agent: str
    begun: datetime
    seen: datetime
    current: bool


class Sessions:
    """Shows and ends sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, account_id: int, secret: str) -> Sequence[SessionView]:
        """Her sessions that have not ended, the one seen last first."""
        alive = select(SignIn).where(SignIn.account_id == account_id, SignIn.expires_at > now())
        with self._database.read() as session:
            rows = session.execute(alive.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).scalars()
            return tuple(_view(row, digest(secret)) for row in rows)

    def end(self, account_id: int, session_id: int) -> None:
        """End one of her sessions; one that has ended, or is somebody else's, is no error and changes nothing."""
        with self._database.write() as session:
            session.execute(delete(SignIn).where(SignIn.account_id == account_id, SignIn.id == session_id))

    def end_all(self, account_id: int, keep: str = "") -> None:
        """End all her sessions but the one whose secret is `keep`."""
        with self._database.write() as session:
            end_others(session, account_id, keep)


def end_others(session: Session, account_id: int, keep: str = "") -> None:
    """End all sessions of an account but the one whose secret is `keep`, and forget those of anybody that are over."""
    others = (SignIn.account_id == account_id) & (SignIn.token_hash != digest(keep))
    session.execute(delete(SignIn).where(others | (SignIn.expires_at < now())))


def _view(row: SignIn, current: str) -> SessionView:
    return SessionView(
        session_id=row.id, agent=row.agent, begun=row.created_at, seen=row.seen_at, current=row.token_hash == current
    )
