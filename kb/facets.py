"""The fields that records can be narrowed by and counted over: one table for services, commands, pages and docs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kb import vocabulary
from kb.errors import InvalidFilter
from kb.values import Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One field to narrow by.

    `name` is what it is called in addresses, commands and counts; `filter` the field of `Filters`.
    `column` is the record's column that holds its one value; without one, the values are terms, several to a record.
    `detail` is the field of a record's details that the terms are taken from.
    `vocabulary` lists the values there are; `pattern` says what other values look like; without either, they are
    those that the records have.
    """

    name: str
    filter: str
    what: str
    example: str
    column: str | None = None
    detail: str | None = None
    vocabulary: str | None = None
    pattern: str | None = None


FACETS = (
    Facet(name="theme", filter="themes", what="theme", example="waste", detail="themes", vocabulary="themes"),
    Facet(name="kind", filter="kinds", what="kind of record", example="practice", column="kind", vocabulary="kinds"),
    Facet(
        name="country",
        filter="countries",
        what="country code",
        example="IT",
        column="country",
        pattern=r"[A-Z]{2}",
    ),
    Facet(name="region", filter="regions", what="region", example="Toscana", column="region_key"),
    Facet(
        name="population",
        filter="populations",
        what="population band",
        example="5000-15000",
        column="band",
        vocabulary="population-bands",
    ),
    Facet(
        name="territory",
        filter="territories",
        what="kind of territory",
        example="mountain",
        detail="territory",
        vocabulary="territories",
    ),
    Facet(
        name="language",
        filter="languages",
        what="language code",
        example="de",
        column="language",
        pattern=r"[a-z]{2,3}",
    ),
    Facet(name="sdg", filter="sdgs", what="number of an SDG", example="11", detail="sdgs", vocabulary="sdgs"),
    Facet(
        name="aalborg",
        filter="aalborg",
        what="number of an Aalborg Commitment",
        example="3",
        detail="aalborg",
        vocabulary="aalborg",
    ),
    Facet(
        name="instrument",
        filter="instruments",
        what="instrument",
        example="green",
        detail="instruments",
        vocabulary="instruments",
    ),
    Facet(name="status", filter="statuses", what="status", example="completed", column="status", vocabulary="statuses"),
)
"""In the order of the pages."""

BY_NAME = {facet.name: facet for facet in FACETS}

SHAPES = {
    "country": "write two capital letters, such as 'IT' or 'DE'",
    "language": "write two small letters, such as 'it' or 'de'",
}
"""Facet with a pattern → what its values look like, in words."""

EARLIEST, LATEST = 1000, 2999
"""Years that somebody can mean."""


def chosen(filters: Filters, facet: Facet) -> tuple[str, ...]:
    """The values of one facet that are asked for."""
    values: tuple[str, ...] = getattr(filters, facet.filter)
    return values


def check(filters: Filters) -> None:
    """Raise `InvalidFilter`, naming what there is, at the first value that cannot be one."""
    for facet in FACETS:
        for value in chosen(filters, facet):
            _check_value(facet, value)
    _check_years(filters.year_from, filters.year_to)


def unknown(what: str, value: str, there_are: Iterable[str]) -> InvalidFilter:
    """The refusal of a value, with what there is instead."""
    named = ", ".join(there_are)
    return InvalidFilter(f"'{value}' is no {what}; " + (f"there are: {named}." if named else "there is none yet."))


def _check_value(facet: Facet, value: str) -> None:
    if facet.vocabulary and value not in vocabulary.terms(facet.vocabulary):
        raise unknown(facet.what, value, vocabulary.terms(facet.vocabulary))
    if facet.pattern and not re.fullmatch(facet.pattern, value):
        raise InvalidFilter(f"'{value}' is no {facet.what}; {SHAPES[facet.name]}.")


def _check_years(first: int | None, last: int | None) -> None:
    for year in (first, last):
        if year is not None and not EARLIEST <= year <= LATEST:
            raise InvalidFilter(f"{year} is no year; write four digits, such as 2015.")
    if first is not None and last is not None and first > last:
        raise InvalidFilter(f"No year lies from {first} to {last}; write the earlier year first.")
