"""The tables of people: accounts and how they sign in, what they watch for, and what is mailed to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db.entities import Entity, Id, now


class Account(Entity):
    """A person who may sign in; erasing her data empties the row, whose number stays in the log of decisions."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role in ('member', 'contributor', 'curator', 'administrator')", name="role"),
        # Ids are never used again: decisions that were taken keep meaning the person who took them.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    organisation: Mapped[str] = mapped_column(String(250), default="")
    role: Mapped[str] = mapped_column(String(20), default="member", index=True)
    language: Mapped[str] = mapped_column(String(8), default="it")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    # Languages she reads, her municipality, and whatever else pages remember for her.
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Identity(Entity):
    """A person's name at an OpenID Connect provider."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(250))
    subject: Mapped[str] = mapped_column(String(250))
    created_at: Mapped[datetime] = mapped_column(default=now)


class SignIn(Entity):
    """One browser that is signed in; the cookie holds what `token_hash` is the SHA-256 of."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class Token(Entity):
    """A key with which a program acts for a person, within `scopes`; `secret_hash` is a SHA-256."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Message(Entity):
    """A letter to be mailed: written in the transaction that it tells of, sent by the worker.

    `key` makes a letter one that is written once: a second with the same key is refused by the database.
    """

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_sent_at_due_at", "sent_at", "due_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(String(250))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(Text)


class SavedSearch(Entity):
    """A search that a member keeps, with its filters as in the address of its page."""

    __tablename__ = "saved_search"
    __table_args__ = (CheckConstraint("frequency in ('never', 'daily', 'weekly')", name="frequency"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(250))
    address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    frequency: Mapped[str] = mapped_column(String(10), default="never")
    # In the feed's address, which a reader fetches without signing in.
    feed_key: Mapped[str] = mapped_column(String(64), unique=True)
    # The feed's number up to which passages have been held against it, and in which model.
    seen_seq: Mapped[int] = mapped_column(default=0)
    mailed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Match(Entity):
    """A record that a saved search found, once; the probability is the calibrated one of that moment."""

    __tablename__ = "search_match"

    search_id: Mapped[int] = mapped_column(ForeignKey("saved_search.id", ondelete="CASCADE"), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True, index=True)
    probability: Mapped[float] = mapped_column(Float)
    found_at: Mapped[datetime] = mapped_column(default=now)
    mailed_at: Mapped[datetime | None]
