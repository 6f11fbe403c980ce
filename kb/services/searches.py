"""Saved searches: what a member keeps looking for, and what has been found for her since."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from kb.db import Database, feed
from kb.db.entities import Record
from kb.db.people import Account, Match, SavedSearch
from kb.errors import InvalidSearch, NotFound
from kb.services import addresses, catalog, narrowing, rights
from kb.services.visibility import visible_to
from kb.values import Reader, RecordView

Frequency = Literal["never", "daily", "weekly"]
"""How often what is new is mailed."""

LONGEST_NAME = 250
MOST_SEARCHES = 100
"""Searches that one person keeps."""

MOST_ENTRIES = 50
"""Records of a feed, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearchView:
    """A search as its owner sees it; `found` counts the records it was told of and that she may see."""

    search_id: int
    name: str
    address: Mapping[str, Any]
    frequency: Frequency
    feed_key: str
    found: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that a saved search found, and when."""

    record: RecordView
    at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFeed:
    """What a feed reader gets of a saved search: in her language, the newest record first."""

    search: SavedSearchView
    language: str
    entries: tuple[Found, ...]


class SavedSearches:
    """Keeps the searches of members; each sees and changes her own only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, name: str, address: Mapping[str, Any], reader: Reader, frequency: str = "never") -> int:
        """Keep a search from now on; what is there already is on its page and is not told of.

        Raises:
            NotAllowed: nobody is signed in.
            InvalidSearch: it asks for nothing, has no name, or she keeps too many.
            InvalidFilter: a filter has a value that cannot be one.
        """
        rights.require(reader, "keep-searches")
        asked = addresses.query(address)
        if not asked.filters and not any(letter.isalnum() for letter in asked.text):
            raise InvalidSearch("A search to be kept has a text or a filter.")
        with self._database.write() as session:
            narrowing.resolve(session, asked.filters, reader)
            kept = select(func.count()).select_from(SavedSearch).where(_of(reader))
            if session.execute(kept).scalar_one() >= MOST_SEARCHES:
                raise InvalidSearch(f"You keep {MOST_SEARCHES} searches: delete one first.", most=MOST_SEARCHES)
            row = SavedSearch(
                account_id=reader.account_id,
                name=_name(name),
                address=dict(address),
                frequency=_frequency(frequency),
                feed_key=secrets.token_urlsafe(24),
                seen_seq=feed.head(session),
            )
            session.add(row)
            session.flush()
            return row.id

    def list(self, reader: Reader) -> tuple[SavedSearchView, ...]:
        """The reader's own searches, the last saved first."""
        chosen = select(SavedSearch).where(_of(reader)).order_by(SavedSearch.id.desc())
        with self._database.read() as session:
            return tuple(_view(session, row, reader) for row in session.execute(chosen).scalars())

    def change(self, search_id: int, reader: Reader, *, name: str, frequency: str) -> None:
        """Give a search another name or frequency.

        Raises:
            NotFound: she keeps no such search.
            InvalidSearch: the name or the frequency cannot be one.
        """
        with self._database.write() as session:
            row = _own(session, search_id, reader)
            row.name, row.frequency = _name(name), _frequency(frequency)

    def renew(self, search_id: int, reader: Reader) -> None:
        """Give its feed another address, so that the old one leads nowhere; raises `NotFound` as `change` does."""
        with self._database.write() as session:
            _own(session, search_id, reader).feed_key = secrets.token_urlsafe(24)

    def delete(self, search_id: int, reader: Reader) -> None:
        """Forget a search and what it found; raises `NotFound` as `change` does."""
        with self._database.write() as session:
            session.delete(_own(session, search_id, reader))

    def feed(self, feed_key: str) -> SearchFeed:
        """What the search of a secret address found; raises `NotFound` where there is none, or its owner is gone."""
        chosen = select(SavedSearch, Account).join(Account, Account.id == SavedSearch.account_id)
        with self._database.read() as session:
            row = session.execute(chosen.where(SavedSearch.feed_key == feed_key, active())).first()
            if row is None:
                raise NotFound("There is no feed at this address.")
            reader = reader_of(row.Account)
            return SearchFeed(
                search=_view(session, row.SavedSearch, reader),
                language=row.Account.language,
                entries=_entries(session, row.SavedSearch, reader),
            )


def active() -> ColumnElement[bool]:
    """The condition an account meets whose searches are looked after."""
    return Account.disabled_at.is_(None) & Account.erased_at.is_(None)


def reader_of(account: Account) -> Reader:
    """Who the owner of a search is to the catalogue."""
    return Reader(role=account.role, account_id=account.id)  # type: ignore[arg-type]


def _entries(session: Session, search: SavedSearch, reader: Reader) -> tuple[Found, ...]:
    chosen = (
        select(Match.record_id, Match.found_at, Record.updated_at)
        .join(Record, Record.id == Match.record_id)
        .where(Match.search_id == search.id, Record.state == "published", visible_to(reader))
        .order_by(Match.found_at.desc(), Match.record_id.desc())
        .limit(MOST_ENTRIES)
    )
    rows = session.execute(chosen).all()
    views = {one.record_id: one for one in catalog.views(session, [row.record_id for row in rows], reader)}
    return tuple(
        Found(record=views[row.record_id], at=row.found_at, changed_at=max(row.found_at, row.updated_at))
        for row in rows
    )


def _view(session: Session, row: SavedSearch, reader: Reader) -> SavedSearchView:
    found = select(func.count()).select_from(Match).join(Record, Record.id == Match.record_id)
    seen = found.where(Match.search_id == row.id, Record.state == "published", visible_to(reader))
    return SavedSearchView(
        search_id=row.id,
        name=row.name,
        address=row.address,
        frequency=row.frequency,  # type: ignore[arg-type]
        feed_key=row.feed_key,
        found=session.execute(seen).scalar_one(),
        created_at=row.created_at,
    )


def _of(reader: Reader) -> ColumnElement[bool]:
    return SavedSearch.account_id == (reader.account_id or 0)


def _own(session: Session, search_id: int, reader: Reader) -> SavedSearch:
    found = session.execute(select(SavedSearch).where(SavedSearch.id == search_id, _of(reader))).scalar()
    if found is None:
        raise NotFound(f"You keep no search {search_id}.", search=search_id)
    return found


def _name(name: str) -> str:
    words = " ".join("".join(letter for letter in name if letter.isprintable()).split())
    if not words or len(words) > LONGEST_NAME:
        raise InvalidSearch(f"A saved search needs a name of at most {LONGEST_NAME} characters.", most=LONGEST_NAME)
    return words


def _frequency(frequency: str) -> str:
    if frequency not in get_args(Frequency):
        raise InvalidSearch(f"'{frequency}' is no frequency; there are: {', '.join(get_args(Frequency))}.")
    return frequency
