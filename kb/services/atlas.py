"""Records as points of a map: those that a question or filters leave, as far as their coordinates are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Record
from kb.db.memo import memo
from kb.services import catalog, narrowing, ordering
from kb.services.search import Search
from kb.services.visibility import visible_to
from kb.values import Place, Point, Query, Reader

MOST = 2_000
"""Records on one map, the first of the list; browsers grow slow beyond."""

PIN: tuple[Any, ...] = (
    Record.id,
    Record.title,
    Record.kind,
    Record.language,
    Record.country,
    Record.region,
    Record.municipality,
    Record.population,
    Record.year,
    Record.lat,
    Record.lon,
)
"""As much of a record as a map shows."""

LOCATED = Record.x.is_not(None)
"""Whether a record has coordinates, asked of a column that the index on what narrows holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A record on a map."""

    record_id: int
    title: str
    kind: str
    language: str
    place: Place
    point: Point
    year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The records that a query leaves, as a map: `total` of them, `located` with coordinates, the first as `pins`.

    `facets` and `answered` as in `Results`.
    """

    query: Query
    total: int
    located: int
    pins: tuple[Pin, ...]
    facets: Mapping[str, Mapping[str, int]]
    answered: bool = True


class Atlas:
    """Puts what there is on a map on behalf of a reader."""

    def __init__(self, database: Database, search: Search) -> None:
        self._database = database
        self._search = search

    def chart(self, query: Query, reader: Reader) -> Chart:
        """The records that answer, best first, or without a text those that pass the filters, in the order asked for.

        Raises:
            InvalidInput: the question or the order makes no sense.
            InvalidFilter: a filter has a value that cannot be one.
            NoModel: there is a question, and no encoder is in use.
        """
        return self._answering(query, reader) if query.text else self._passing(query, reader)

    def _answering(self, query: Query, reader: Reader) -> Chart:
        ids, answered = self._search.ranking(query, reader)
        with self._database.read() as session:
            # Asked again: the record may have been withdrawn since it was ranked.
            there = set(session.execute(select(Record.id).where(Record.id.in_(ids), visible_to(reader))).scalars())
            listed = [id_ for id_ in ids if id_ in there]
            pins = _pins(session, listed)
            return Chart(
                query=query,
                total=len(listed),
                located=len(pins),
                pins=pins,
                facets=narrowing.counted(session, listed),
                answered=answered,
            )

    def _passing(self, query: Query, reader: Reader) -> Chart:
        ordering.check(query)
        with self._database.read() as session:
            query = replace(query, filters=narrowing.resolve(session, query.filters, reader))
            chosen = catalog.chosen_records(query.filters, reader)
            passing = catalog.allowed(session, query.filters, reader)
            return Chart(
                query=query,
                total=len(passing),
                located=len(np.intersect1d(passing, _located(session), assume_unique=True)),
                pins=_listed(session, query, chosen),
                facets=catalog.counts_of(session, query.filters, reader),
            )


def _located(session: Session) -> NDArray[np.int64]:
    """Ids of all records with coordinates, asked once while the catalogue stays as it is."""

    def find() -> NDArray[np.int64]:
        return np.fromiter(session.execute(select(Record.id).where(LOCATED)).scalars(), dtype=np.int64)

    return memo(session).answer("located", find)


def _listed(session: Session, query: Query, chosen: Select[int]) -> tuple[Pin, ...]:
    """The first of the chosen records that have coordinates."""
    located = chosen.where(LOCATED)
    if query.sort == "likeness" and query.place is not None:
        there = set(session.execute(located).scalars())
        return _pins(session, [id_ for id_ in ordering.most_alike(session, query.place, chosen) if id_ in there][:MOST])
    return _pins(session, session.execute(located.order_by(*ordering.clauses(query)).limit(MOST)).scalars().all())


def _pins(session: Session, ids: Sequence[int]) -> tuple[Pin, ...]:
    """The records of these ids that have coordinates, in order; read once while the catalogue stays as it is."""
    pins = memo(session).rows("pin", ids, lambda missing: _read(session, missing))
    return tuple(pins[id_] for id_ in ids if id_ in pins)


def _read(session: Session, ids: Sequence[int]) -> dict[int, Pin]:
    rows = session.execute(select(*PIN).where(Record.id.in_(ids), LOCATED))
    return {row.id: _pin(row) for row in rows}


def _pin(row: Row[Any]) -> Pin:
    point = Point(lat=row.lat, lon=row.lon)
    place = Place(
        country=row.country,
        region=row.region,
        municipality=row.municipality,
        population=row.population,
        point=point,
    )
    return Pin(
        record_id=row.id,
        title=row.title,
        kind=row.kind,
        language=row.language,
        place=place,
        point=point,
        year=row.year,
    )
