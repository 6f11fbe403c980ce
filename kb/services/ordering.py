"""The orders of a list: every one total, so that pages neither repeat nor skip a record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from kb import places
from kb.db.entities import Record
from kb.errors import InvalidInput
from kb.services import catalog, comparable, narrowing
from kb.values import Point, Profile, Query, Sort

SORTS: tuple[str, ...] = get_args(Sort)
LARGEST_PAGE = 100


def check(query: Query) -> None:
    """Raise `InvalidInput` when the page or the order makes no sense."""
    if query.offset < 0 or not 0 < query.limit <= LARGEST_PAGE:
        raise InvalidInput(f"Ask for 1 to {LARGEST_PAGE} results a page, from 0 on.")
    if query.sort not in SORTS:
        raise InvalidInput(f"'{query.sort}' is no order; there are: {', '.join(SORTS)}.")
    if query.sort == "likeness" and query.place is None:
        raise InvalidInput("Say which place the others should be like: name your municipality.")
    if query.sort == "distance":
        origin(query)


def origin(query: Query) -> Point:
    """Where distances are measured from; raises `InvalidInput` when nothing says it."""
    point = query.place.point if query.place else None
    if point is None and query.filters.within is not None:
        point = query.filters.within.centre
    if point is None:
        raise InvalidInput("Say where distances begin: name a municipality whose coordinates are known.")
    return point


def arranged(session: Session, query: Query, ranked: Sequence[tuple[Row[Any], float]]) -> list[int]:
    """Positions of ranked records, given with their scores best first, in the order that the query asks for."""
    positions = range(len(ranked))
    if query.sort == "date":
        return sorted(positions, key=lambda n: _newest_first(ranked[n][0]))
    if query.sort == "distance":
        return sorted(positions, key=lambda n: _nearest_first(ranked[n][0], origin(query)))
    if query.sort == "likeness" and query.place is not None:
        scores = _likened(session, query.place, ranked)
        return sorted(positions, key=lambda n: (-scores[n], ranked[n][0].id))
    return list(positions)


def clauses(query: Query) -> list[Any]:
    """The order of a list without a question in SQL: newest first unless distance is asked for."""
    newest = [Record.year.is_(None), Record.year.desc(), Record.id.desc()]
    if query.sort != "distance":
        return newest
    away = narrowing.distance_order(origin(query))
    return [away.is_(None), away, Record.id]


def most_alike(session: Session, mine: Profile, chosen: Select[int]) -> list[int]:
    """Ids of the chosen records, those of the most alike places first, else newest first."""
    rows: Sequence[Row[Any]] = session.execute(select(*catalog.OWNER).where(Record.id.in_(chosen))).all()
    known = comparable.traits(session, rows, chosen)
    alike = {row.id: comparable.likeness(mine, known[row.id]) for row in rows}
    return [row.id for row in sorted(rows, key=lambda row: (-alike[row.id], *_newest_first(row)))]


def _newest_first(record: Row[Any]) -> tuple[bool, int, int]:
    return record.year is None, -(record.year or 0), -record.id


def _nearest_first(record: Row[Any], point: Point) -> tuple[float, int]:
    there = catalog.point(record)
    return places.distance(point, there) if there else math.inf, record.id


def _likened(session: Session, mine: Profile, ranked: Sequence[tuple[Row[Any], float]]) -> list[float]:
    """Each score with what the likeness of its record's place adds to it."""
    known = comparable.traits(session, [record for record, _ in ranked])
    return [score + comparable.WORTH * comparable.likeness(mine, known[record.id]) for record, score in ranked]
