"""The log of decisions and of administration: written in the transaction it tells of, never changed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.db.editorial import Event
from kb.values import Reader


def log(session: Session, reader: Reader, action: str, subject: str, subject_id: int | None, **facts: object) -> None:
    """Add what `reader` did; `facts` must hold no personal data, for they stay when hers are erased."""
    session.add(
        Event(account_id=reader.account_id, action=action, subject=subject, subject_id=subject_id, facts={**facts})
    )
