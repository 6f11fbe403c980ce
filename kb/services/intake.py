"""Taking in records and files: what is handed in is stored at once, its text is read later."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from kb.db import Database
from kb.db.entities import Document, Record
from kb.errors import Empty, MissingFile
from kb.files import Files, Stored
from kb.services import publishing, revisions, unpacking
from kb.services.catalog import RECORD_TYPE
from kb.services.describing import describe
from kb.services.fields import COLUMNS, PROVISIONAL, SECTIONS, WHEN_READ, RecordFields, State, details, year
from kb.values import OPERATOR, Duplicate, Outcome

RETRIED = ("crashed", "timed-out", "out-of-memory", "needs-office")
"""Failures that handing the same file in again tries anew: they may have been the machine's, not the file's."""


@dataclass(frozen=True, slots=True)
class _Upload:
    """A file that is stored and waits for its row."""

    name: str
    stored: Stored
    media_type: str = ""


class Intake:
    """Receives files and descriptions; every receipt is one transaction, file before row."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    def add_file(self, path: Path, *, state: State = "published", name: str | None = None) -> Outcome:
        """Receive one file as a record of its own, titled provisionally by its name.

        Raises:
            MissingFile: there is no such file, or it cannot be read.
            Empty: it has no bytes.
            TooLarge, StorageFull: from the store.
        """
        upload = self._upload(path, name or path.name)
        with self._database.write() as session:
            if known := _document_with(session, upload.stored.sha256):
                _retry_within(session, known)
                return _known(session, str(path), known, upload)
            record = _record_of_file(upload, state)
            session.add(record)
            revisions.keep(session, record, OPERATOR)
            return _waiting(str(path), record.id, _insert_document(session, record.id, upload))

    def add_record(
        self, fields: RecordFields, paths: Sequence[Path] = (), *, source: str, state: State = "published"
    ) -> list[Outcome]:
        """Receive a described record with its files; the same key again corrects what is there.

        Returns one outcome for the description, when there is one, and one for each file.

        Raises:
            MissingFile, Empty, TooLarge, StorageFull: as for `add_file`; then nothing of the record is stored.
        """
        # The same bytes named twice are one document.
        uploads = list({one.stored.sha256: one for one in (self._upload(path, path.name) for path in paths)}.values())
        if fields.described or not uploads:
            uploads.insert(0, self._describe(fields))
        with self._database.write() as session:
            record = _record_with(session, _key(fields))
            if record is None:
                return _insert_record(session, fields, uploads, state, source)
            return _correct_record(session, record, fields, uploads, source)

    def discard(self, record_id: int) -> None:
        """Take back a record none of whose files could be read; one that holds any text stays."""
        with self._database.write() as session:
            without = ("failed", "unpacked")
            readable = select(Document.id).where(Document.record_id == record_id, Document.status.not_in(without))
            if session.execute(readable).first() is None:
                publishing.remove(session, record_id)

    def _upload(self, path: Path, name: str) -> _Upload:
        try:
            with path.open("rb") as stream:
                stored = self._files.put(stream)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise MissingFile(f"{path}: cannot be opened; check the path and that you may read it.") from error
        if stored.size == 0:
            raise Empty(f"{path}: the file is empty; choose the file that holds the text.")
        return _Upload(name=name[-255:], stored=stored)

    def _describe(self, fields: RecordFields) -> _Upload:
        text = json.dumps(_described(fields), ensure_ascii=False, sort_keys=True)
        stored = self._files.put(io.BytesIO(text.encode()))
        return _Upload(name="description", stored=stored, media_type=RECORD_TYPE)


def _described(fields: RecordFields) -> dict[str, Any]:
    """The part of the fields that is text to be found."""
    names = ("title", "summary", "language", *SECTIONS)
    return {name: getattr(fields, name) for name in names if getattr(fields, name)}


def _key(fields: RecordFields) -> str:
    """A record's own key, else one that the same title and place always give."""
    if fields.key:
        return fields.key
    identity = "\n".join((fields.title, fields.country or "", fields.municipality or "", fields.source_url or ""))
    return "row-" + hashlib.sha256(identity.encode()).hexdigest()[:24]


def _columns(fields: RecordFields) -> dict[str, Any]:
    return {**{name: getattr(fields, name) for name in COLUMNS}, "year": year(fields), "details": details(fields)}


def _record_of_file(upload: _Upload, state: State) -> Record:
    return Record(
        key="file-" + upload.stored.sha256[:24],
        kind="study",
        state="draft",
        title=Path(upload.name).stem.replace("_", " ").strip()[:250] or upload.name[:250],
        details={PROVISIONAL: ["title", "language"], WHEN_READ: state},
    )


def _insert_record(
    session: Session, fields: RecordFields, uploads: Sequence[_Upload], state: State, source: str
) -> list[Outcome]:
    record = Record(key=_key(fields), state=state, **_columns(fields))
    publishing.stamp(record)
    session.add(record)
    describe(session, record)
    revisions.keep(session, record, OPERATOR)
    return [_waiting(source, record.id, _insert_document(session, record.id, upload)) for upload in uploads]


def _insert_document(session: Session, record_id: int, upload: _Upload) -> Document:
    document = Document(
        record_id=record_id,
        name=upload.name,
        sha256=upload.stored.sha256,
        size=upload.stored.size,
        media_type=upload.media_type,
    )
    session.add(document)
    session.flush()
    return document


def _correct_record(
    session: Session, record: Record, fields: RecordFields, uploads: Sequence[_Upload], source: str
) -> list[Outcome]:
    differs = _apply(record, _columns(fields))
    describe(session, record)
    if differs:
        revisions.keep(session, record, OPERATOR)
        publishing.announce(session, record)
    return [_place_upload(session, record, upload, source) for upload in uploads]


def _apply(record: Record, columns: Mapping[str, Any]) -> bool:
    """Set what differs; says whether anything that is searched or filtered by did."""
    differing = {name: value for name, value in columns.items() if getattr(record, name) != value}
    for name, value in differing.items():
        setattr(record, name, value)
    return bool(differing)


def _place_upload(session: Session, record: Record, upload: _Upload, source: str) -> Outcome:
    for document in record.documents:
        if document.sha256 == upload.stored.sha256:
            _retry_within(session, document)
            return _same(source, document)
    if upload.media_type == RECORD_TYPE:
        for document in record.documents:
            if document.media_type == RECORD_TYPE:
                return _replace(source, document, upload)
    return _waiting(source, record.id, _insert_document(session, record.id, upload))


def _replace(source: str, document: Document, upload: _Upload) -> Outcome:
    """Let a new text take the place of an old one, which stays findable until the new one is."""
    document.sha256, document.size = upload.stored.sha256, upload.stored.size
    _requeue(document)
    return _waiting(source, document.record_id, document)


def _requeue(document: Document) -> None:
    document.status, document.attempts = "received", 0
    document.failure_code = document.failure_message = None
    document.lease_owner = document.lease_until = None
    document.lacking, document.tried = 0, ""


def _record_with(session: Session, key: str) -> Record | None:
    chosen = select(Record).where(Record.key == key).options(selectinload(Record.documents))
    return session.execute(chosen).scalar()


def _document_with(session: Session, sha256: str) -> Document | None:
    return session.execute(select(Document).where(Document.sha256 == sha256).order_by(Document.id)).scalars().first()


def _known(session: Session, source: str, document: Document, upload: _Upload) -> Outcome:
    if document.name == upload.name:
        return _same(source, document)
    return Outcome(
        source=source,
        status="duplicate",
        message=f"The same bytes are already there as '{document.name}' (record {document.record_id}).",
        record_id=document.record_id,
        document_id=document.id,
        resembles=(_itself(session, document),),
    )


def _itself(session: Session, document: Document) -> Duplicate:
    """A document as what a file of the same bytes resembles."""
    return Duplicate(
        record=document.record_id,
        document=document.id,
        title=session.get_one(Record, document.record_id).title,
        relation="same-bytes",
        percent=100,
        of=document.id,
        language=document.language,
    )


def _same(source: str, document: Document) -> Outcome:
    if document.status == "failed" and document.failure_code in RETRIED:
        _requeue(document)
    if document.status == "received":
        return _waiting(source, document.record_id, document)
    return Outcome(
        source=source,
        status="failed" if document.status == "failed" else "unchanged",
        code=document.failure_code,
        message=document.failure_message or "",
        record_id=document.record_id,
        document_id=document.id,
    )


def _retry_within(session: Session, document: Document) -> None:
    """Try again what came out of a container and failed for reasons that may have passed."""
    within = unpacking.below(session, [document.id])
    chosen = select(Document).where(Document.id.in_(within), Document.failure_code.in_(RETRIED))
    for member in session.execute(chosen).scalars():
        _requeue(member)


def _waiting(source: str, record_id: int, document: Document) -> Outcome:
    return Outcome(source=source, status="waiting", record_id=record_id, document_id=document.id)
