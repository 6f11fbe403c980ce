"""Which records pass the filters, and how many have each value: SQL made from the one table of facets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from kb import facets, places
from kb.db.counters import plain
from kb.db.entities import Collection, CollectionRecord, Record, Term
from kb.db.memo import memo
from kb.facets import FACETS, Facet
from kb.services.visibility import collections_visible_to, visible_to
from kb.values import Circle, Filters, Point, Reader

Counts = Mapping[str, Mapping[str, int]]
"""Facet → value → number of records, most frequent first."""

_Values = tuple[tuple[str | None, ...], tuple[tuple[str, str], ...]]
"""What a record has: the value of each of `COLUMNS`, and its terms, each after its facet."""

COLUMNS = {facet.name: getattr(Record, facet.column) for facet in FACETS if facet.column}
"""Facet with one value to a record → the column that holds it."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_SINGLE = select(Record.id, *COLUMNS.values()).where(Record.id.in_(_IDS))
_SEVERAL = select(Term.record_id, Term.facet, Term.value).where(Term.record_id.in_(_IDS))
"""Made once: asked at every search, a statement takes longer to make than to answer."""

REGIONS_NAMED = 20
"""Regions that a refusal names; a collection of all Europe would fill the screen."""


def matching(filters: Filters, reader: Reader) -> list[ColumnElement[bool]]:
    """The conditions a record meets when it passes the filters."""
    conditions = [_has(facet, values) for facet in FACETS if (values := facets.chosen(filters, facet))]
    if filters.year_from is not None:
        conditions.append(Record.year >= filters.year_from)
    if filters.year_to is not None:
        conditions.append(Record.year <= filters.year_to)
    if filters.within is not None:
        conditions.append(_inside(filters.within))
    if filters.collections:
        conditions.append(_collected(filters.collections, reader))
    return conditions


def resolve(session: Session, filters: Filters, reader: Reader) -> Filters:
    """The filters with regions by their key, after checking all that only the rows can tell.

    Raises:
        InvalidFilter: a value cannot be one, or the reader knows of no such region or collection.
    """
    facets.check(filters)
    _check_collections(session, filters.collections, reader)
    if not filters.regions:
        return filters
    known = _regions(session, reader)
    keys = [key for value in filters.regions for key in _region_keys(value, known)]
    return replace(filters, regions=tuple(dict.fromkeys(keys)))


def _regions(session: Session, reader: Reader) -> set[str]:
    """The regions of all records that the reader may know of, asked once while the catalogue stays as it is."""
    there_are = select(Record.region_key).where(visible_to(reader), Record.region_key.is_not(None)).distinct()
    find = lambda: {str(key) for key in session.execute(there_are).scalars()}  # noqa: E731
    return memo(session).answer(("regions", reader), find)


def distance_order(point: Point) -> ColumnElement[Any]:
    """What grows with a record's distance from a point; NULL where a record has no coordinates."""
    x, y, z = places.on_sphere(point)
    return (Record.x - x) * (Record.x - x) + (Record.y - y) * (Record.y - y) + (Record.z - z) * (Record.z - z)


def single(filters: Filters) -> Iterator[Filters]:
    """The filters one by one: a record passes them all when it passes each."""
    nothing = Filters()
    for field in fields(Filters):
        if (value := getattr(filters, field.name)) != getattr(nothing, field.name):
            yield replace(nothing, **{field.name: value})


def counted(session: Session, records: Select[Any] | Sequence[int]) -> Counts:
    """For each facet its values and how many of these records have them, each record once for a value."""
    if not isinstance(records, Select):
        return _added([*memo(session).rows("facets", records, lambda ids: _values(session, ids)).values()])
    several = [facet.name for facet in FACETS if facet.name not in COLUMNS]
    counts = {**_counted_columns(session, records), **counted_terms(session, records, several)}
    return {facet.name: counts[facet.name] for facet in FACETS}


def _added(values: Sequence[_Values]) -> Counts:
    counts: dict[str, Counter[str]] = {facet.name: Counter() for facet in FACETS}
    counts.update(_by_column([single for single, _ in values]))
    for (name, value), count in Counter(chain.from_iterable(terms for _, terms in values)).items():
        if name in counts:
            counts[name][value] = count
    return {name: _most_frequent(counter) for name, counter in counts.items()}


def _values(session: Session, ids: Sequence[int]) -> Mapping[int, _Values]:
    """The values of each record: those of its columns and its terms, each of these with its facet."""
    terms: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for id_, name, value in plain(session, _SEVERAL, {"ids": ids}).all():
        terms[id_].append(_pair(name, value))
    rows = plain(session, _SINGLE, {"ids": ids}).all()
    return {id_: (tuple(map(_same, single)), tuple(terms[id_])) for id_, *single in rows}


@lru_cache(maxsize=20_000)
def _pair(name: str, value: str) -> tuple[str, str]:
    """Both; the same object for the same ones, for they are counted by the thousand, and then compared in no time."""
    return name, value


@lru_cache(maxsize=20_000)
def _same(value: str | None) -> str | None:
    """The value; the same object for equal ones, which the rows of many records have."""
    return value


def _by_column(rows: Sequence[Sequence[str | None]]) -> dict[str, Counter[str]]:
    """How many of these rows, each the values of `COLUMNS`, have each value."""
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    counts = {name: Counter(column) for name, column in zip(COLUMNS, columns, strict=True)}
    return {name: Counter({v: n for v, n in counter.items() if v is not None}) for name, counter in counts.items()}


def counted_terms(session: Session, records: Select[Any], names: Sequence[str]) -> Counts:
    """As `counted`, for some of the facets that have several values to a record."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    # The terms of many records are read in the order of the index on values: an expression rules out the other.
    chosen = select(Term.facet, Term.value, func.count()).where(
        Term.facet.in_(names), (Term.record_id + 0).in_(records)
    )
    for name, value, count in session.execute(chosen.group_by(Term.facet, Term.value)):
        counts[name][value] = count
    return {name: _most_frequent(counter) for name, counter in counts.items()}


def _counted_columns(session: Session, records: Select[Any]) -> Counts:
    """In one pass: a grouping for each column would read the records once for each."""
    rows = session.execute(select(*COLUMNS.values()).where(Record.id.in_(records))).all()
    return {name: _most_frequent(counter) for name, counter in _by_column(rows).items()}


def _most_frequent(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _has(facet: Facet, values: Sequence[str]) -> ColumnElement[bool]:
    if facet.name in COLUMNS:
        condition: ColumnElement[bool] = COLUMNS[facet.name].in_(values)
        return condition
    return Record.id.in_(select(Term.record_id).where(Term.facet == facet.name, Term.value.in_(values)))


def _inside(circle: Circle) -> ColumnElement[bool]:
    return distance_order(circle.centre) <= places.chord_squared(circle.km)


def _collected(keys: Sequence[str], reader: Reader) -> ColumnElement[bool]:
    chosen = select(CollectionRecord.record_id).join(Collection, Collection.id == CollectionRecord.collection_id)
    return Record.id.in_(chosen.where(Collection.key.in_(keys), collections_visible_to(reader)))


def _check_collections(session: Session, keys: Sequence[str], reader: Reader) -> None:
    if keys:
        chosen = select(Collection.key).where(collections_visible_to(reader)).order_by(Collection.key)
        known = list(session.execute(chosen).scalars())
        for key in keys:
            if key not in known:
                raise facets.unknown("collection", key, known)


def _region_keys(value: str, known: set[str]) -> Sequence[str]:
    """The keys that a region's code or name stands for."""
    if value in known:
        return (value,)
    named = [key for key in known if places.folded(key) == places.folded(value)]
    codes = [*named, *places.region_codes(places.region_names().get(value, value))]
    if not codes and value not in places.region_names():
        raise facets.unknown("region", value, sorted(known)[:REGIONS_NAMED])
    return codes or (value,)
