"""Collections: chosen records under a title, private, shared or public."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Collection, CollectionRecord, Record
from kb.errors import InvalidCollection, NotAllowed, NotFound
from kb.services.visibility import collections_visible_to, visible_to
from kb.values import CollectionView, Reader, Visibility

KEY = r"[a-z0-9][a-z0-9-]{0,79}"
LONGEST_TITLE = 250


class Collections:
    """Keeps collections on behalf of a reader; owners and curators change them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, reader: Reader) -> tuple[CollectionView, ...]:
        """The collections that the reader may know of, by key, with the number of their records that she may see."""
        seen = select(Record.id).where(visible_to(reader))
        held = (CollectionRecord.collection_id == Collection.id) & CollectionRecord.record_id.in_(seen)
        chosen = (
            select(Collection.key, Collection.title, Collection.visibility, func.count(CollectionRecord.record_id))
            .outerjoin(CollectionRecord, held)
            .where(collections_visible_to(reader))
            .group_by(Collection.id, Collection.key, Collection.title, Collection.visibility)
            .order_by(Collection.key)
        )
        with self._database.read() as session:
            rows: Sequence[tuple[str, str, Visibility, int]] = session.execute(chosen).all()  # type: ignore[assignment]
        return tuple(CollectionView(key=k, title=t, visibility=v, records=n) for k, t, v, n in rows)

    def create(self, key: str, title: str, reader: Reader, *, visibility: Visibility = "private") -> None:
        """Begin an empty collection.

        Raises:
            NotAllowed: the reader has no account.
            InvalidCollection: the key is taken or none, there is no title, or no such visibility.
        """
        _check(key, title, visibility)
        if not reader.sees_everything and reader.account_id is None:
            raise NotAllowed("Sign in to make a collection.")
        try:
            with self._database.write() as session:
                session.add(Collection(key=key, title=title, visibility=visibility, owner_id=reader.account_id))
        except IntegrityError as error:
            raise InvalidCollection(f"There is a collection '{key}' already; choose another key.") from error

    def add(self, key: str, record_id: int, reader: Reader, *, note: str = "") -> None:
        """Put a record at the end of a collection; one that is in it already keeps its place and gets the note.

        Raises:
            NotFound: the reader knows of no such collection or record.
            NotAllowed: the collection is somebody else's.
        """
        with self._database.write() as session:
            collection = _own(session, key, reader)
            seen = select(Record.id).where(Record.id == record_id, visible_to(reader))
            if session.execute(seen).first() is None:
                raise NotFound(f"There is no record {record_id}; 'kb list' lists what there is.", record=record_id)
            held = session.get(CollectionRecord, (collection.id, record_id))
            if held is None:
                position = _end(session, collection.id)
                held = CollectionRecord(collection_id=collection.id, record_id=record_id, position=position, note=note)
                session.add(held)
            held.note = note or held.note

    def remove(self, key: str, record_id: int, reader: Reader) -> None:
        """Take a record out of a collection; the record itself stays.

        Raises:
            NotFound: the reader knows of no such collection, or it does not hold the record.
            NotAllowed: the collection is somebody else's.
        """
        with self._database.write() as session:
            held = session.get(CollectionRecord, (_own(session, key, reader).id, record_id))
            if held is None:
                raise NotFound(f"Collection '{key}' does not hold record {record_id}.", record=record_id)
            session.delete(held)

    def delete(self, key: str, reader: Reader) -> None:
        """Delete a collection, not its records; raises as `remove` does."""
        with self._database.write() as session:
            session.execute(delete(Collection).where(Collection.id == _own(session, key, reader).id))


def _own(session: Session, key: str, reader: Reader) -> Collection:
    """The collection of that key, for one who may change it."""
    chosen = select(Collection).where(Collection.key == key, collections_visible_to(reader))
    found = session.execute(chosen).scalar()
    if found is None:
        raise NotFound(f"There is no collection '{key}'; 'kb collection list' lists what there is.", collection=key)
    if not reader.sees_everything and (reader.account_id is None or found.owner_id != reader.account_id):
        raise NotAllowed(f"Collection '{key}' is somebody else's.", collection=key)
    return found


def _end(session: Session, collection_id: int) -> int:
    """The position after the last."""
    held = CollectionRecord.collection_id == collection_id
    return (session.execute(select(func.max(CollectionRecord.position)).where(held)).scalar() or 0) + 1


def _check(key: str, title: str, visibility: str) -> None:
    if not re.fullmatch(KEY, key):
        raise InvalidCollection(f"'{key}' cannot be a key; write small letters, digits and hyphens.")
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise InvalidCollection(f"A collection needs a title of at most {LONGEST_TITLE} characters.")
    if visibility not in get_args(Visibility):
        raise InvalidCollection(f"'{visibility}' is no visibility; there are: {', '.join(get_args(Visibility))}.")
