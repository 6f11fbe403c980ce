"""Sends the letters that are due, each once as far as SMTP allows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import now
from kb.db.people import Account, Message
from kb.errors import NotFound, Undelivered

DELAYS = (1, 5, 30, 120, 360, 720, 1440)
"""Minutes before each further attempt; after the last one a letter is given up."""

UNDER_WAY = "under way"
"""What stands for a failure while a letter is being handed over."""

PAUSE_SECONDS = 60.0
"""How long no letter is tried after the server itself could not be used."""


class Post(Protocol):
    """What hands a letter over; raises `Undelivered` when it was not taken."""

    def deliver(self, message: EmailMessage) -> None:
        """Hand one letter over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A letter in the queue; `state` is `sent`, `waiting`, `under-way` or `given-up`."""

    letter_id: int
    email: str
    subject: str
    state: str
    attempts: int
    failure: str
    created_at: datetime
    sent_at: datetime | None


class Mailing:
    """Empties the queue of letters through `post`; without one, letters stay in it."""

    def __init__(self, database: Database, post: Post | None, sender: str) -> None:
        self._database = database
        self._post = post
        self._sender = sender
        self._rests_until = 0.0

    @property
    def able(self) -> bool:
        """Whether letters can be sent at all."""
        return self._post is not None

    def one(self) -> bool:
        """Send the letter that has been due longest; False when none is, or the server has to be left alone."""
        if self._post is None or time.monotonic() < self._rests_until or not self._any_due():
            return False
        with self._database.write() as session:
            taken = _take(session)
            message = None if taken is None else self._written(session, taken)
        if taken is None:
            return False
        if message is not None:
            self._hand_over(taken.id, message)
        return True

    def waiting(self, limit: int = 100) -> Sequence[LetterView]:
        """The newest letters, those already sent among them."""
        chosen = select(Message, Account.email).join(Account, Account.id == Message.account_id)
        with self._database.read() as session:
            rows = session.execute(chosen.order_by(Message.id.desc()).limit(limit)).all()
            return tuple(_view(row.Message, row.email or "") for row in rows)

    def try_again(self, letter_id: int) -> None:
        """Make a letter due at once that was given up, or of which nobody knows whether it was sent."""
        with self._database.write() as session:
            message = session.get(Message, letter_id)
            if message is None or message.sent_at is not None:
                raise NotFound(f"No letter {letter_id} waits to be sent.", letter=letter_id)
            message.attempts, message.failure, message.due_at = 0, None, now()

    def _any_due(self) -> bool:
        """A look that takes no lock, so that an idle turn disturbs nobody."""
        with self._database.read() as session:
            return session.execute(select(Message.id).where(_due()).limit(1)).first() is not None

    def _written(self, session: Session, taken: Message) -> EmailMessage | None:
        account = session.get(Account, taken.account_id)
        if account is None or not account.email or account.disabled_at is not None:
            taken.failure, taken.attempts = "The account is closed.", len(DELAYS) + 1
            return None
        return _message(taken, account, self._sender)

    def _hand_over(self, letter_id: int, message: EmailMessage) -> None:
        assert self._post is not None  # noqa: S101 - `one` has looked
        failed: Undelivered | None = None
        try:
            self._post.deliver(message)
        except Undelivered as error:
            failed = error
            if error.facts.get("server"):
                self._rests_until = time.monotonic() + PAUSE_SECONDS
        with self._database.write() as session:
            if (taken := session.get(Message, letter_id)) is not None:
                _note(taken, failed)


def _due() -> ColumnElement[bool]:
    open_ = Message.sent_at.is_(None) & (Message.due_at <= now()) & (Message.attempts <= len(DELAYS))
    return open_ & or_(Message.failure.is_(None), Message.failure != UNDER_WAY)


def _take(session: Session) -> Message | None:
    """Mark the letter before it is handed over: whoever dies meanwhile leaves it marked, and it is not sent twice."""
    due = select(Message).where(_due()).order_by(Message.due_at, Message.id).limit(1)
    taken = session.execute(due.with_for_update(skip_locked=True)).scalar()
    if taken is not None:
        taken.attempts += 1
        taken.failure = UNDER_WAY
    return taken


def _note(taken: Message, failed: Undelivered | None) -> None:
    if failed is None:
        taken.sent_at, taken.failure = now(), None
        # It may hold a link that opens an account, and nobody needs it here any more.
        taken.body = ""
        return
    taken.failure = failed.message
    if failed.facts.get("for_ever") or taken.attempts > len(DELAYS):
        taken.attempts = len(DELAYS) + 1
    else:
        taken.due_at = now() + timedelta(minutes=DELAYS[taken.attempts - 1])


def _message(taken: Message, account: Account, sender: str) -> EmailMessage:
    """The letter as it travels; its id stays the same at every attempt, so that receivers can tell a second copy."""
    message = EmailMessage()
    name, domain = account.email or "", sender.rpartition("@")[2] or "localhost"
    message["From"] = Address("Agorà 21", addr_spec=sender)
    message["To"] = Address(" ".join(account.name.split()), addr_spec=name)
    message["Subject"] = taken.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<agora21.{taken.id}.{taken.created_at:%Y%m%d%H%M%S}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = account.language
    message.set_content(taken.body)
    return message


def _view(row: Message, email: str) -> LetterView:
    given_up = row.attempts > len(DELAYS)
    open_ = "under-way" if row.failure == UNDER_WAY else "given-up" if given_up else "waiting"
    return LetterView(
        letter_id=row.id,
        email=email,
        subject=row.subject,
        state=open_ if row.sent_at is None else "sent",
        attempts=row.attempts,
        failure=row.failure or "",
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
