"""Letters to those whom a review concerns, written in the transaction that they tell of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb import wording
from kb.db.entities import Record, now
from kb.db.people import Account, Message
from kb.services import letters
from kb.services.review_queue import may_review
from kb.values import Letter, Reader

Link = Callable[[str], str]
"""The whole address of a path of the site."""

QUIET = "mail-queue"
"""Preference of a reviewer who, where it is False, wants no letter about the queue."""

TITLES = 10
"""Titles in a letter about the queue."""


def tell_submitter(session: Session, record: Record, key: str, reader: Reader, link: str, **facts: object) -> bool:
    """Write to whoever submitted a record, unless it is she who did it."""
    if record.submitter_id is None or record.submitter_id == reader.account_id:
        return False
    return _write(session, record.submitter_id, key, None, title=record.title, link=link, **facts)


def tell_assignee(session: Session, record: Record, key: str, reader: Reader, link: str, **facts: object) -> bool:
    """Write to whoever a record is assigned to, unless it is she who did it."""
    if record.assignee_id is None or record.assignee_id == reader.account_id:
        return False
    return _write(session, record.assignee_id, key, None, title=record.title, link=link, **facts)


def newest(session: Session) -> datetime | None:
    """When the last of the records that wait for a decision was submitted."""
    return session.execute(select(func.max(Record.submitted_at)).where(Record.state == "submitted")).scalar()


def tell_reviewers(session: Session, link: Link) -> int:
    """Write to each reviewer of what was submitted since her last letter of this kind, at most once a day."""
    chosen = select(Account).where(may_review(), Account.verified_at.is_not(None)).order_by(Account.id)
    wanting = [row for row in session.execute(chosen).scalars() if row.preferences.get(QUIET) is not False]
    return sum(_tell_reviewer(session, account, link) for account in wanting)


def _tell_reviewer(session: Session, account: Account, link: Link) -> bool:
    today, before = _queue_key(account.id, now().date()), f"review.queue/{account.id}/%"
    last = session.execute(select(func.max(Message.created_at)).where(Message.key.like(before))).scalar()
    waiting = (Record.state == "submitted") & (func.coalesce(Record.submitter_id, 0) != account.id)
    new = waiting if last is None else waiting & (Record.submitted_at > last)
    titles = list(session.execute(select(Record.title).where(new).order_by(Record.submitted_at, Record.id)).scalars())
    if not titles:
        return False
    all_ = session.execute(select(func.count()).select_from(Record).where(waiting)).scalar_one()
    listed = "\n".join(f"– {title}" for title in titles[:TITLES]) + ("\n…" if len(titles) > TITLES else "")
    facts = {"new": len(titles), "waiting": all_, "titles": listed, "link": link("/review")}
    return _write(session, account.id, "review.queue", today, **facts)


def _queue_key(account_id: int, day: date) -> str:
    return f"review.queue/{account_id}/{day.isoformat()}"


def _write(session: Session, account_id: int, key: str, once: str | None, **facts: object) -> bool:
    """Write to an account that can be written to; False where it cannot, or the letter was written before."""
    account = session.get(Account, account_id)
    if account is None or account.email is None or account.erased_at or account.disabled_at:
        return False
    subject, body = wording.letter(key, account.language, name=account.name, **facts)
    return letters.write(session, Letter(account_id=account_id, subject=subject, body=_closed_up(body), key=once))


def _closed_up(body: str) -> str:
    """A letter without the gap that a fact left which says nothing."""
    while "\n\n\n" in body:
        body = body.replace("\n\n\n", "\n\n")
    return body
