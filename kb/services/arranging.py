"""The order of a collection: its sections, and each record's place in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db.entities import Collection, CollectionRecord, Record
from kb.errors import InvalidCollection, NotFound
from kb.sentences import LANGUAGES
from kb.services.visibility import visible_to
from kb.values import Reader

MOST_SECTIONS = 50
LONGEST_TITLE = 250


def held(session: Session, collection: Collection) -> list[CollectionRecord]:
    """Everything in a collection in order, whoever may see it."""
    chosen = select(CollectionRecord).where(CollectionRecord.collection_id == collection.id)
    ranks = {key: rank for rank, key in enumerate(_keys(collection))}
    return sorted(
        session.execute(chosen).scalars(), key=lambda one: (ranks.get(one.section, 0), one.position, one.record_id)
    )


def append(session: Session, collection: Collection, record_ids: Sequence[int], reader: Reader) -> int:
    """Put records that the reader may know of at the end of the last section; returns how many are in it now."""
    there = held(session, collection)
    known, position = {one.record_id for one in there}, max((one.position for one in there), default=0)
    seen = _visible(session, record_ids, reader)
    wanted = [id_ for id_ in dict.fromkeys(record_ids) if id_ in seen]
    for number, record_id in enumerate((id_ for id_ in wanted if id_ not in known), start=position + 1):
        session.add(
            CollectionRecord(
                collection_id=collection.id, record_id=record_id, position=number, section=_keys(collection)[-1]
            )
        )
    session.flush()
    return len(wanted)


def step(session: Session, collection: Collection, record_id: int, reader: Reader, by: int) -> None:
    """Move a record past the one before (-1) or after it (1) that the reader sees, or over a section's border.

    Raises:
        NotFound: the collection does not hold the record, or the reader may not know of it.
    """
    rows = held(session, collection)
    shown = _shown(session, rows, reader)
    mine = _found(shown, record_id)
    place_, keys = shown.index(mine) + by, _keys(collection)
    other = shown[place_] if 0 <= place_ < len(shown) else None
    if other is not None and _section(other, keys) == _section(mine, keys):
        rows.remove(mine)
        rows.insert(rows.index(other) + max(by, 0), mine)
    else:
        _cross(rows, mine, keys, by)
    _renumber(rows)


def place(  # noqa: PLR0913, PLR0917 - a record of a collection, and where it is to be
    session: Session, collection: Collection, record_id: int, reader: Reader, section: str, position: int | None
) -> None:
    """Put a record into a section, at a position among those that the reader sees there, counted from 1.

    Raises:
        NotFound: as `step`.
        InvalidCollection: there is no such section.
    """
    keys = _keys(collection)
    if section not in keys:
        raise InvalidCollection(f"The collection has no section '{section}'.")
    rows = held(session, collection)
    mine = _found(_shown(session, rows, reader), record_id)
    if position is None and _section(mine, keys) == section:
        return
    rows.remove(mine)
    mine.section = section
    beside = [one for one in _shown(session, rows, reader) if _section(one, keys) == section]
    later = beside[max(position - 1, 0) :] if position is not None else []
    rows.insert(rows.index(later[0]) if later else len(rows), mine)
    _renumber(rows)


def named(sections: Sequence[tuple[str, Mapping[str, str]]]) -> list[list[Any]]:
    """Sections as they are kept: those without a title left out, new ones under a key of their own.

    Raises:
        InvalidCollection: there are too many, or a title is too long.
    """
    kept: list[list[Any]] = []
    numbers = [int(key[1:]) for key, _ in sections if key[1:].isdecimal()]
    last = max(numbers, default=0)
    for key, said in sections:
        titles = {code: words for code in LANGUAGES if (words := " ".join(said.get(code, "").split()))}
        if any(len(words) > LONGEST_TITLE for words in titles.values()):
            raise InvalidCollection(f"The title of a section has at most {LONGEST_TITLE} characters.")
        if titles:
            last += not key
            kept.append([key or f"s{last}", titles])
    if len(kept) > MOST_SECTIONS:
        raise InvalidCollection(f"A collection has at most {MOST_SECTIONS} sections.")
    return kept


def _keys(collection: Collection) -> list[str]:
    """Keys of the sections in order; what lies in none is in the first, which has no name."""
    return ["", *(key for key, _ in collection.sections)]


def _section(one: CollectionRecord, keys: Sequence[str]) -> str:
    return one.section if one.section in keys else ""


def _cross(rows: list[CollectionRecord], mine: CollectionRecord, keys: Sequence[str], by: int) -> None:
    """Move a record into the section before, at its end, or into the one after, at its beginning."""
    rank = keys.index(_section(mine, keys)) + by
    if not 0 <= rank < len(keys):
        return
    rows.remove(mine)
    mine.section = keys[rank]
    rows.insert(len(rows) if by < 0 else 0, mine)


def _renumber(rows: Sequence[CollectionRecord]) -> None:
    """Positions from 1; sections come first in the order, so it does not matter that they are not told apart here."""
    for number, one in enumerate(rows, start=1):
        one.position = number


def _shown(session: Session, rows: Sequence[CollectionRecord], reader: Reader) -> list[CollectionRecord]:
    seen = _visible(session, [one.record_id for one in rows], reader)
    return [one for one in rows if one.record_id in seen]


def _visible(session: Session, record_ids: Sequence[int], reader: Reader) -> set[int]:
    return set(session.execute(select(Record.id).where(Record.id.in_(record_ids), visible_to(reader))).scalars())


def _found(rows: Sequence[CollectionRecord], record_id: int) -> CollectionRecord:
    for one in rows:
        if one.record_id == record_id:
            return one
    raise NotFound(f"The collection does not hold record {record_id}.", record=record_id)
