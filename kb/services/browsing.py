"""Listing records without a question: all that pass the filters, counted, in order, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from kb.db import Database
from kb.db.entities import Record
from kb.places import Municipality
from kb.services import catalog, comparable, narrowing, ordering
from kb.services.visibility import visible_to
from kb.values import Listing, Profile, Query, Reader, RecordView


class Browsing:
    """Lists what there is on behalf of a reader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def browse(self, query: Query, reader: Reader) -> Listing:
        """The visible records that pass the filters; newest first, or as the query says: without a text no relevance.

        Raises:
            InvalidInput: offset, limit or order make no sense.
            InvalidFilter: a filter has a value that cannot be one.
        """
        ordering.check(query)
        with self._database.read() as session:
            query = replace(query, filters=narrowing.resolve(session, query.filters, reader))
            return Listing(
                query=query,
                total=len(catalog.allowed(session, query.filters, reader)),
                records=_page(session, query, reader),
                facets=catalog.counts_of(session, query.filters, reader),
            )

    def ids(self, query: Query, reader: Reader, most: int) -> list[int]:
        """Ids of the first `most` records of all pages of `browse`, in order; raises as it does."""
        ordering.check(query)
        with self._database.read() as session:
            query = replace(query, offset=0, limit=most, filters=narrowing.resolve(session, query.filters, reader))
            return _ids(session, query, catalog.chosen_records(query.filters, reader))

    def chosen(self, record_ids: Sequence[int], reader: Reader) -> tuple[RecordView, ...]:
        """The records of these ids, in order, without passages; what the reader may not know of is left out."""
        ids = [catalog.possible(id_) for id_ in record_ids]
        with self._database.read() as session:
            return _views(session, ids, reader)

    def profile(self, home: Municipality, reader: Reader) -> Profile:
        """What is known of a municipality, to compare others with."""
        with self._database.read() as session:
            return comparable.profile(session, home, reader)


def _page(session: Session, query: Query, reader: Reader) -> tuple[RecordView, ...]:
    return _views(session, _ids(session, query, catalog.chosen_records(query.filters, reader)), reader)


def _views(session: Session, ids: Sequence[int], reader: Reader) -> tuple[RecordView, ...]:
    chosen = select(Record).where(Record.id.in_(ids), visible_to(reader)).options(selectinload(Record.documents))
    rows = {row.id: row for row in session.execute(chosen.execution_options(populate_existing=True)).scalars()}
    return tuple(catalog.record_view(rows[id_], reader) for id_ in ids if id_ in rows)


def _ids(session: Session, query: Query, chosen: Select[int]) -> list[int]:
    """Ids of the records of one page, in order."""
    if query.sort == "likeness" and query.place is not None:
        return ordering.most_alike(session, query.place, chosen)[query.offset : query.offset + query.limit]
    page = select(Record.id).where(Record.id.in_(chosen)).order_by(*ordering.clauses(query))
    return list(session.execute(page.offset(query.offset).limit(query.limit)).scalars())
