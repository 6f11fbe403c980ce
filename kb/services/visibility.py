"""Who may know of what: the conditions that every query of records and collections carries."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_, true

from kb.db.entities import Collection, Record
from kb.values import Reader


def visible_to(reader: Reader, record: type[Record] = Record) -> ColumnElement[bool]:
    """The condition a record, or that of an alias, meets when `reader` may know of it."""
    if reader.sees_everything:
        return true()
    # Most records are published: the index on states, which a planner without statistics would take, helps nobody here.
    published = func.lower(record.state) == "published"
    if reader.account_id is None:
        return published
    return or_(published, record.submitter_id == reader.account_id)


def collections_visible_to(reader: Reader) -> ColumnElement[bool]:
    """The condition a collection meets when `reader` may know of it."""
    if reader.sees_everything:
        return true()
    if reader.account_id is None:
        return Collection.visibility == "public"
    return or_(Collection.visibility.in_(("public", "shared")), Collection.owner_id == reader.account_id)
