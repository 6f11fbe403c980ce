"""The gap between what has been published and what members with saved searches have been told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from kb.db import Database, feed
from kb.db.entities import Document, Embedding, Passage, Record, now
from kb.db.people import Account, Match, SavedSearch
from kb.errors import InvalidInput
from kb.services import addresses, catalog, letters, narrowing
from kb.services.models import Models
from kb.services.search import Search
from kb.services.searches import active, reader_of
from kb.services.visibility import visible_to
from kb.values import Letter, Reader
from kb.wording import letter

LATE = timedelta(days=1)
"""A record may have been published so long before its text could be searched, and is news all the same."""

MOST_LISTED = 50
"""Records that a letter names; its link leads to all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A saved search that is behind the feed."""

    search_id: int
    address: dict[str, object]
    since: int
    created_at: datetime
    reader: Reader


class Alerts:
    """Holds new records against saved searches, and writes the letters that tell of them."""

    def __init__(self, database: Database, models: Models, search: Search, site: str) -> None:
        """`site` is the address that links in letters begin with."""
        self._database = database
        self._models = models
        self._search = search
        self._site = site
        self._looked = -1
        self._mailed: date | None = None

    def one(self, at: datetime | None = None) -> bool:
        """Bring one search up to the feed, or write one letter that is due `at` this moment; False: nothing to do."""
        return self._look() or self._mail(at or now())

    # --- matches --------------------------------------------------------------------------------------

    def _look(self) -> bool:
        with self._database.read() as session:
            head = feed.head(session)
            if head == self._looked:
                return False
            kept = _behind(session, head)
        if kept is None:
            self._looked = head
            return False
        self._keep(kept, *self._found(kept))
        return True

    def _found(self, kept: _Kept) -> tuple[dict[int, float], int]:
        """The new records that match, with their probability, and up to which number of the feed that holds."""
        model_id = self._models.in_use_id()
        with self._database.read() as session:
            head = feed.head(session)
            fresh = session.execute(_news(kept, model_id)).scalars().all()
        try:
            return self._matching(kept, fresh), head
        except InvalidInput:
            return {}, head  # What it was narrowed by is gone, or no longer hers to see: nothing can match.

    def _matching(self, kept: _Kept, fresh: Sequence[int]) -> dict[int, float]:
        """Of these records those that match, with their probability; 1 where no question is asked."""
        query = addresses.query(kept.address)
        if not fresh:
            return {}
        if query.text:
            return self._search.judged(query, kept.reader, fresh)
        with self._database.read() as session:
            filters = narrowing.resolve(session, query.filters, kept.reader)
            passing = catalog.allowed(session, filters, kept.reader)
        return dict.fromkeys(np.intersect1d(np.array(fresh, dtype=np.int64), passing).tolist(), 1.0)

    def _keep(self, kept: _Kept, found: dict[int, float], head: int) -> None:
        with self._database.write() as session:
            row = session.get(SavedSearch, kept.search_id, with_for_update=True)
            if row is None:
                return  # deleted meanwhile
            told = set(session.execute(select(Match.record_id).where(Match.search_id == row.id)).scalars())
            there = set(session.execute(select(Record.id).where(Record.id.in_(found))).scalars())
            for record_id in sorted(there - told):
                session.add(Match(search_id=row.id, record_id=record_id, probability=found[record_id]))
            row.seen_seq = max(row.seen_seq, head)

    # --- letters --------------------------------------------------------------------------------------

    def _mail(self, at: datetime) -> bool:
        """What was found before today, or before this week, is due once in it: asked once a day and process."""
        if self._mailed == at.date():
            return False
        with self._database.read() as session:
            due = session.execute(_due(at)).scalars().first()
        if due is None:
            self._mailed = at.date()
            return False
        self._write(due, at)
        return True

    def _write(self, search_id: int, at: datetime) -> None:
        with self._database.write() as session:
            row = session.get(SavedSearch, search_id, with_for_update=True)
            if row is None or session.execute(_due(at).where(SavedSearch.id == search_id)).first() is None:
                return  # changed or told meanwhile
            matches = session.execute(_unmailed(row, at)).all()
            account = session.get_one(Account, row.account_id)
            records = [record for _, record in matches]
            key = f"alert:{row.id}:{_period(row.frequency, at)}"
            if letters.write(session, self._letter(row, account, records, key)):
                for match, _ in matches:
                    match.mailed_at = at
            row.mailed_at = at

    def _letter(self, row: SavedSearch, account: Account, records: Sequence[Record], key: str) -> Letter:
        lines = (f"- {record.title}\n  {self._site}/records/{record.id}" for record in records[:MOST_LISTED])
        subject, body = letter(
            f"alerts.{row.frequency}",
            account.language,
            search=row.name,
            records="\n".join(lines),
            link=f"{self._site}/my/searches",
        )
        return Letter(account_id=account.id, subject=subject, body=body, key=key)


def _behind(session: Session, head: int) -> _Kept | None:
    """The search that is furthest behind the feed."""
    chosen = select(SavedSearch, Account).join(Account, Account.id == SavedSearch.account_id)
    behind = chosen.where(SavedSearch.seen_seq < head, active()).order_by(SavedSearch.seen_seq, SavedSearch.id)
    if (row := session.execute(behind.limit(1)).first()) is None:
        return None
    saved = row.SavedSearch
    return _Kept(
        search_id=saved.id,
        address=saved.address,
        since=saved.seen_seq,
        created_at=saved.created_at,
        reader=reader_of(row.Account),
    )


def _news(kept: _Kept, model_id: int) -> Select[int]:
    """Ids of the published records that can be found since the search last looked, and were published since it is kept.

    A passage that another model knew by then is not new: it only has a vector of one more.
    """
    other = aliased(Embedding)
    known = select(other.passage_id).where(other.passage_id == Embedding.passage_id, other.seq <= kept.since).exists()
    told = select(Match.record_id).where(Match.search_id == kept.search_id)
    return (
        select(Record.id)
        .distinct()
        .join(Document, Document.record_id == Record.id)
        .join(Passage, Passage.document_id == Document.id)
        .join(Embedding, Embedding.passage_id == Passage.id)
        .where(Embedding.model_id == model_id, Embedding.seq > kept.since, Embedding.live, ~known)
        .where(Record.state == "published", Record.published_at > kept.created_at - LATE, visible_to(kept.reader))
        .where(Record.id.not_in(told))
    )


def _due(at: datetime) -> Select[int]:
    """Ids of the searches whose owner is to be told of something by letter now."""
    today, week = _starts(at)
    return (
        select(SavedSearch.id)
        .join(Account, Account.id == SavedSearch.account_id)
        .join(Match, Match.search_id == SavedSearch.id)
        .join(Record, Record.id == Match.record_id)
        .where(active(), Account.verified_at.is_not(None), Match.mailed_at.is_(None), Record.state == "published")
        .where(or_(_waits("daily", today), _waits("weekly", week)))
        .order_by(SavedSearch.id)
        .limit(1)
    )


def _waits(frequency: str, start: datetime) -> ColumnElement[bool]:
    untold = or_(SavedSearch.mailed_at.is_(None), SavedSearch.mailed_at < start)
    return and_(SavedSearch.frequency == frequency, Match.found_at < start, untold)


def _unmailed(row: SavedSearch, at: datetime) -> Select[Match, Record]:
    """What a letter tells of, the likeliest first; what is withdrawn waits, and is not told while it is."""
    today, week = _starts(at)
    start = today if row.frequency == "daily" else week
    return (
        select(Match, Record)
        .join(Record, Record.id == Match.record_id)
        .where(Match.search_id == row.id, Match.mailed_at.is_(None), Match.found_at < start)
        .where(Record.state == "published")
        .order_by(Match.probability.desc(), Record.id)
    )


def _starts(at: datetime) -> tuple[datetime, datetime]:
    """When this day and this week began, in UTC."""
    today = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return today, today - timedelta(days=today.weekday())


def _period(frequency: str, at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return at.date().isoformat() if frequency == "daily" else f"{year}-W{week:02}"
