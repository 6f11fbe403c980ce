"""Collections as a table hands them in: one JSON object a line, records by their keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Collection, CollectionRecord, Record
from kb.errors import InvalidManifest, MissingFile
from kb.services import decisions, rights
from kb.services.visibility import visible_to
from kb.values import Reader, Visibility


class Entry(BaseModel):
    """A record in a collection: its key, the section it is in, and why it is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    section: str = Field(default="", max_length=80)
    note: str = Field(default="", max_length=2_000)


class Shelf(BaseModel):
    """A collection: its words by language, its sections with their titles by language, its records, both in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")
    visibility: Visibility = "public"
    cover: Mapping[str, Mapping[str, str]] = Field(min_length=1)
    sections: Sequence[tuple[str, Mapping[str, str]]] = ()
    records: Sequence[Entry] = ()


class Shelving:
    """Takes in collections that were put in order elsewhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_in(self, path: Path, reader: Reader) -> tuple[str, ...]:
        """Make the collections of a file that are not there yet, all or none; returns their keys.

        A collection whose key is taken stays as people have made it; records that are not there are left out.

        Raises:
            MissingFile: there is no such file.
            InvalidManifest: a line is no collection; names the line and the field.
            NotAllowed: the reader may not make collections public.
        """
        rights.require(reader, "publish-collections")
        shelves = list(_read(path))
        with self._database.write() as session:
            known = set(session.execute(select(Collection.key)).scalars())
            made = [shelf for shelf in shelves if shelf.key not in known]
            for shelf in made:
                _put(session, shelf, reader)
        return tuple(shelf.key for shelf in made)


def _read(path: Path) -> list[Shelf]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MissingFile(f"{path}: cannot be opened; check the path and that you may read it.") from error
    return [_shelf(line, f"{path.name}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]


def _shelf(line: str, where: str) -> Shelf:
    try:
        return Shelf.model_validate(json.loads(line))
    except ValueError as error:
        first = error.errors(include_input=False, include_url=False)[0] if isinstance(error, ValidationError) else None
        reason = f"field '{'.'.join(map(str, first['loc']))}': {first['msg']}" if first else "this is no JSON object"
        raise InvalidManifest(f"{where}: {reason}.", where=where) from error


def _put(session: Session, shelf: Shelf, reader: Reader) -> None:
    row = Collection(
        key=shelf.key,
        title=_title(shelf.cover),
        visibility=shelf.visibility,
        owner_id=reader.account_id,
        cover={language: {**words} for language, words in shelf.cover.items()},
        sections=[[key, {**names}] for key, names in shelf.sections],
    )
    session.add(row)
    session.flush()
    for position, (entry, record_id) in enumerate(_known(session, shelf, reader), start=1):
        held: dict[str, Any] = {"section": entry.section, "note": entry.note, "position": position}
        session.add(CollectionRecord(collection_id=row.id, record_id=record_id, **held))
    decisions.log(session, reader, "collection-created", "collection", row.id, visibility=shelf.visibility)


def _title(cover: Mapping[str, Mapping[str, str]]) -> str:
    """The title in the first language it is told in: Italian where it is."""
    return (cover.get("it") or next(iter(cover.values()))).get("title", "")[:250]


def _known(session: Session, shelf: Shelf, reader: Reader) -> list[tuple[Entry, int]]:
    wanted = {entry.key: entry for entry in shelf.records}
    chosen = select(Record.key, Record.id).where(Record.key.in_(wanted), visible_to(reader))
    ids = {row.key: row.id for row in session.execute(chosen)}
    return [(entry, ids[key]) for key, entry in wanted.items() if key in ids]
