"""Collections: chosen records under a title, private, shared or public."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from anyascii import anyascii
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Collection, CollectionRecord, Record, now
from kb.errors import InvalidCollection, NotAllowed, NotFound, Outdated
from kb.services import arranging, catalog, decisions, rights
from kb.services.visibility import collections_visible_to, visible_to
from kb.values import (
    CollectionChanges,
    CollectionEntry,
    CollectionPage,
    CollectionSection,
    CollectionView,
    Reader,
    RecordView,
    Visibility,
)

KEY = r"[a-z0-9][a-z0-9-]{0,79}"
RESERVED = ("new",)
"""Keys that the site's own pages have."""

LONGEST_TITLE = 250
LONGEST_TEXT = 5_000
MOST_FILLED = 200
"""Records that a collection takes from a search at once."""


class Collections:
    """Keeps collections on behalf of a reader: owners change their own, curators all, and only they what is public."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, reader: Reader) -> tuple[CollectionView, ...]:
        """The collections that the reader may know of, by key, with the number of their records that she may see."""
        seen = select(Record.id).where(visible_to(reader))
        held = (CollectionRecord.collection_id == Collection.id) & CollectionRecord.record_id.in_(seen)
        counted = select(Collection.id, func.count(CollectionRecord.record_id)).outerjoin(CollectionRecord, held)
        chosen = select(Collection).where(collections_visible_to(reader)).order_by(Collection.key)
        with self._database.read() as session:
            counts = {row[0]: row[1] for row in session.execute(counted.group_by(Collection.id))}
            return tuple(_view(row, counts[row.id], reader) for row in session.execute(chosen).scalars())

    def page(self, key: str, reader: Reader) -> CollectionPage:
        """A collection with those of its records that the reader may see; raises `NotFound` as `add` does."""
        with self._database.read() as session:
            row = _known(session, key, reader)
            held = arranging.held(session, row)
            records = {one.record_id: one for one in catalog.views(session, [one.record_id for one in held], reader)}
            return CollectionPage(
                key=row.key,
                title=row.title,
                visibility=row.visibility,  # type: ignore[arg-type]
                cover=row.cover,
                sections=tuple(_sections(row, held, records)),
                address=row.address,
                version=row.version,
                updated_at=row.updated_at or row.created_at,
                mine=_keeps(row, reader),
                changeable=_may_change(row, reader),
            )

    def free_key(self, title: str) -> str:
        """A key made of a title that no collection has yet."""
        words = re.sub(r"[^a-z0-9]+", "-", anyascii(title).lower()).strip("-")[:60].strip("-") or "collection"
        taken = select(Collection.key).where(Collection.key.startswith(words, autoescape=True))
        with self._database.read() as session:
            known = {*session.execute(taken).scalars(), *RESERVED}
        numbered = (f"{words}-{number}" for number in range(2, len(known) + 3))
        return next(key for key in (words, *numbered) if key not in known)

    def create(  # noqa: PLR0913 - what it is, whose, and what it begins with
        self,
        key: str,
        title: str,
        reader: Reader,
        *,
        visibility: Visibility = "private",
        address: dict[str, Any] | None = None,
        records: Sequence[int] = (),
    ) -> None:
        """Begin a collection, empty or with the first `MOST_FILLED` of some records.

        Raises:
            NotAllowed: the reader has no account, or makes it public and is no curator.
            InvalidCollection: the key is taken or none, there is no title, or no such visibility.
        """
        _check_key(key)
        _check_title(title)
        _check_visibility(visibility, reader)
        rights.require(reader, "keep-collections")
        made = Collection(key=key, title=title.strip(), visibility=visibility, owner_id=reader.account_id)
        try:
            with self._database.write() as session:
                made.address = address or {}
                session.add(made)
                session.flush()
                arranging.append(session, made, records[:MOST_FILLED], reader)
                decisions.log(session, reader, "collection-created", "collection", made.id, visibility=visibility)
        except IntegrityError as error:
            raise InvalidCollection(f"There is a collection '{key}' already; choose another key.") from error

    def change(self, key: str, reader: Reader, version: int, changes: CollectionChanges) -> None:
        """Change what a collection says of itself; its owner may always take back a public one.

        Raises:
            NotFound, NotAllowed: as `add`; NotAllowed also when it is made public by anybody but a curator.
            InvalidCollection: a title, a text or a visibility cannot be one.
            Outdated: somebody changed it since `version`.
        """
        with self._database.write() as session:
            taken_back = changes.visibility not in (None, "public")
            row = _own(session, key, reader) if taken_back else _changeable(session, key, reader)
            _require_version(row, version)
            before = row.visibility
            _apply(row, changes, reader)
            _touch(session, row, reader, *_named(changes))
            if row.visibility != before:
                facts = {"before": before, "after": row.visibility}
                decisions.log(session, reader, "collection-visibility", "collection", row.id, **facts)

    def add(self, key: str, record_id: int, reader: Reader, *, note: str = "") -> None:
        """Put a record at the end of a collection; one that is in it already keeps its place and gets the note.

        Raises:
            NotFound: the reader knows of no such collection or record.
            NotAllowed: the collection is somebody else's, or public and the reader no curator.
        """
        with self._database.write() as session:
            row = _changeable(session, key, reader)
            if not arranging.append(session, row, [record_id], reader):
                raise NotFound(f"There is no record {record_id}; 'kb list' lists what there is.", record=record_id)
            held = session.get_one(CollectionRecord, (row.id, record_id))
            held.note = _text(note) or held.note
            _touch(session, row, reader, "records")

    def fill(self, key: str, record_ids: Sequence[int], reader: Reader) -> int:
        """Put the first `MOST_FILLED` of some records at the end of a collection; returns how many it holds of them."""
        with self._database.write() as session:
            row = _changeable(session, key, reader)
            held = arranging.append(session, row, record_ids[:MOST_FILLED], reader)
            _touch(session, row, reader, "records")
            return held

    def step(self, key: str, record_id: int, reader: Reader, version: int, by: int) -> None:
        """Move a record one place up (-1) or down (1), over the borders of sections; raises as `change` does."""
        with self._database.write() as session:
            row = _changeable(session, key, reader)
            _require_version(row, version)
            arranging.step(session, row, record_id, reader, by)
            _touch(session, row, reader, "order")

    def place(  # noqa: PLR0913 - which record of which collection, and all that is said of its place
        self,
        key: str,
        record_id: int,
        reader: Reader,
        version: int,
        *,
        section: str,
        position: int | None,
        note: str,
    ) -> None:
        """Give a record a note and a place in a section, counted from 1; raises as `change` does."""
        with self._database.write() as session:
            row = _changeable(session, key, reader)
            _require_version(row, version)
            arranging.place(session, row, record_id, reader, section, position)
            session.get_one(CollectionRecord, (row.id, record_id)).note = _text(note)
            _touch(session, row, reader, "records")

    def remove(self, key: str, record_id: int, reader: Reader, version: int | None = None) -> None:
        """Take a record out of a collection; the record itself stays.

        Raises:
            NotFound: the reader knows of no such collection, or it does not hold the record.
            NotAllowed: the collection is somebody else's, or public and the reader no curator.
            Outdated: somebody changed it since `version`, where one is given.
        """
        with self._database.write() as session:
            row = _changeable(session, key, reader)
            _require_version(row, version)
            held = session.get(CollectionRecord, (row.id, record_id))
            if held is None:
                raise NotFound(f"Collection '{key}' does not hold record {record_id}.", record=record_id)
            session.delete(held)
            _touch(session, row, reader, "records")

    def delete(self, key: str, reader: Reader) -> None:
        """Delete a collection, not its records; raises as `remove` does."""
        with self._database.write() as session:
            row = _changeable(session, key, reader)
            decisions.log(session, reader, "collection-deleted", "collection", row.id, visibility=row.visibility)
            session.execute(delete(Collection).where(Collection.id == row.id))


# --- who may ---------------------------------------------------------------------------------------


def _known(session: Session, key: str, reader: Reader) -> Collection:
    # Whoever changes it holds its row, so that of two at once the second sees what the first did.
    chosen = select(Collection).where(Collection.key == key, collections_visible_to(reader))
    found = session.execute(chosen).scalar()
    if found is None:
        raise NotFound(f"There is no collection '{key}'; 'kb collection list' lists what there is.", collection=key)
    return found


def _own(session: Session, key: str, reader: Reader) -> Collection:
    """The collection of that key, for its owner or a curator."""
    found = _known(session, key, reader)
    if not reader.sees_everything and not _keeps(found, reader):
        raise NotAllowed(f"Collection '{key}' is somebody else's.", collection=key)
    session.refresh(found, with_for_update=True)
    return found


def _changeable(session: Session, key: str, reader: Reader) -> Collection:
    """The collection of that key, for one who may change it as it stands."""
    found = _own(session, key, reader)
    if not _may_change(found, reader):
        raise NotAllowed(
            f"Collection '{key}' is public: make it shared or private first, or ask a curator.", collection=key
        )
    return found


def _keeps(row: Collection, reader: Reader) -> bool:
    return reader.account_id is not None and row.owner_id == reader.account_id


def _may_change(row: Collection, reader: Reader) -> bool:
    """What is shown to everybody is answered for by curators."""
    if rights.may(reader, "publish-collections"):
        return True
    return _keeps(row, reader) and row.visibility != "public"


def _require_version(row: Collection, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Outdated(
            f"Collection '{row.key}' was changed by somebody else in the meantime: look, then make your change again.",
            collection=row.key,
            found=row.version,
        )


# --- what changes ----------------------------------------------------------------------------------


def _touch(session: Session, row: Collection, reader: Reader, *what: str) -> None:
    row.version += 1
    row.updated_at = now()
    decisions.log(session, reader, "collection-changed", "collection", row.id, what=list(what), version=row.version)


def _named(changes: CollectionChanges) -> list[str]:
    names = ("title", "visibility", "cover", "sections")
    return [name for name in names if getattr(changes, name) is not None]


def _apply(row: Collection, changes: CollectionChanges, reader: Reader) -> None:
    if changes.title is not None:
        _check_title(changes.title)
        row.title = changes.title.strip()
    if changes.visibility is not None and changes.visibility != row.visibility:
        _check_visibility(changes.visibility, reader)
        row.visibility = changes.visibility
    if changes.cover is not None:
        row.cover = {language: words for language, said in changes.cover.items() if (words := _words(said))}
    if changes.sections is not None:
        row.sections = arranging.named(changes.sections)


def _words(said: Any) -> dict[str, str]:
    """Title and text of a cover in one language, empty ones left out."""
    title, text = _text(str(said.get("title", ""))), _text(str(said.get("text", "")))
    if len(title) > LONGEST_TITLE:
        raise InvalidCollection(f"The title of a cover has at most {LONGEST_TITLE} characters.")
    return {name: words for name, words in (("title", " ".join(title.split())), ("text", text)) if words}


def _text(words: str) -> str:
    """Paragraphs without what no page can show; raises `InvalidCollection` when they are too long."""
    clean = "".join(letter for letter in words.replace("\r\n", "\n") if letter.isprintable() or letter == "\n").strip()
    if len(clean) > LONGEST_TEXT:
        raise InvalidCollection(f"A text of a collection has at most {LONGEST_TEXT} characters.")
    return clean


def _check_key(key: str) -> None:
    if not re.fullmatch(KEY, key) or key in RESERVED:
        raise InvalidCollection(f"'{key}' cannot be a key; write small letters, digits and hyphens.")


def _check_title(title: str) -> None:
    if not title.strip() or len(title) > LONGEST_TITLE or not title.strip().isprintable():
        raise InvalidCollection(f"A collection needs a title of at most {LONGEST_TITLE} characters.")


def _check_visibility(visibility: str, reader: Reader) -> None:
    if visibility not in get_args(Visibility):
        raise InvalidCollection(f"'{visibility}' is no visibility; there are: {', '.join(get_args(Visibility))}.")
    if visibility == "public":
        rights.require(reader, "publish-collections")


# --- what is shown ---------------------------------------------------------------------------------


def _view(row: Collection, records: int, reader: Reader) -> CollectionView:
    return CollectionView(
        key=row.key,
        title=row.title,
        visibility=row.visibility,  # type: ignore[arg-type]
        records=records,
        titles={language: words["title"] for language, words in row.cover.items() if words.get("title")},
        mine=_keeps(row, reader),
    )


def _sections(
    row: Collection, held: Sequence[CollectionRecord], records: dict[int, RecordView]
) -> Sequence[CollectionSection]:
    """The parts of a collection, the untitled one first where it has any record."""
    known = [key for key, _ in row.sections]
    parts: dict[str, list[CollectionEntry]] = {key: [] for key in ("", *known)}
    for one in held:
        if one.record_id in records:
            parts[one.section if one.section in parts else ""].append(
                CollectionEntry(record=records[one.record_id], note=one.note)
            )
    titles = {"": {}, **dict(row.sections)}
    return [
        CollectionSection(key=key, titles=titles[key], entries=tuple(entries))
        for key, entries in parts.items()
        if key or entries
    ]
