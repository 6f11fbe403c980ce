"""Letters to people: written in the transaction they tell of, so that none is sent of what did not happen."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db.people import Message
from kb.values import Letter

LONGEST_SUBJECT = 250


def write(session: Session, letter: Letter) -> bool:
    """Queue a letter; one whose `key` was written before is not written again, and the answer is False."""
    known = select(Message.id).where(Message.key == letter.key)
    if letter.key is not None and session.execute(known).first() is not None:
        return False
    subject = " ".join(letter.subject.split())[:LONGEST_SUBJECT]
    session.add(Message(account_id=letter.account_id, subject=subject, body=letter.body, key=letter.key))
    return True
