"""Taking in records and files: what is handed in is stored at once, its text is read later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from kb.db import Database
from kb.db.entities import Document, Record
from kb.files import Files
from kb.services import publishing, revisions, unpacking, uploads
from kb.services.catalog import RECORD_TYPE
from kb.services.describing import describe
from kb.services.fields import COLUMNS, PROVISIONAL, WHEN_READ, RecordFields, State, details, year
from kb.services.uploads import Upload
from kb.values import OPERATOR, Duplicate, Outcome

RETRIED = ("crashed", "timed-out", "out-of-memory", "needs-office")
"""Failures that handing the same file in again tries anew: they may have been the machine's, not the file's."""


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
        upload = uploads.store(self._files, path, name or path.name)
        with self._database.write() as session:
            if known := _document_with(session, upload.stored.sha256):
                _retry_within(session, known)
                return _known(session, str(path), known, upload)
            record = _record_of_file(upload, state)
            session.add(record)
            revisions.keep(session, record, OPERATOR)
            return _waiting(str(path), record.id, uploads.insert(session, record.id, upload))

    def add_record(
        self, fields: RecordFields, paths: Sequence[Path] = (), *, source: str, state: State = "published"
    ) -> list[Outcome]:
        """Receive a described record with its files; the same key again corrects what is there.

        Returns one outcome for the description, when there is one, and one for each file.

        Raises:
            MissingFile, Empty, TooLarge, StorageFull: as for `add_file`; then nothing of the record is stored.
        """
        stored = (uploads.store(self._files, path, path.name) for path in paths)
        # The same bytes named twice are one document.
        received = list({one.stored.sha256: one for one in stored}.values())
        if fields.described or not received:
            received.insert(0, uploads.description(self._files, fields.model_dump()))
        with self._database.write() as session:
            record = _record_with(session, _key(fields))
            if record is None:
                return _insert_record(session, fields, received, state, source)
            return _correct_record(session, record, fields, received, source)

    def discard(self, record_id: int) -> None:
        """Take back a record none of whose files could be read; one that holds any text stays."""
        with self._database.write() as session:
            without = ("failed", "unpacked")
            readable = select(Document.id).where(Document.record_id == record_id, Document.status.not_in(without))
            if session.execute(readable).first() is None:
                publishing.remove(session, record_id)


def _key(fields: RecordFields) -> str:
    """A record's own key, else one that the same title and place always give."""
    if fields.key:
        return fields.key
    identity = "\n".join((fields.title, fields.country or "", fields.municipality or "", fields.source_url or ""))
    return "row-" + hashlib.sha256(identity.encode()).hexdigest()[:24]


def _columns(fields: RecordFields) -> dict[str, Any]:
    return {**{name: getattr(fields, name) for name in COLUMNS}, "year": year(fields), "details": details(fields)}


def _record_of_file(upload: Upload, state: State) -> Record:
    return Record(
        key="file-" + upload.stored.sha256[:24],
        kind="study",
        state="draft",
        title=Path(upload.name).stem.replace("_", " ").strip()[:250] or upload.name[:250],
        details={PROVISIONAL: ["title", "language"], WHEN_READ: state},
    )


def _insert_record(
    session: Session, fields: RecordFields, received: Sequence[Upload], state: State, source: str
) -> list[Outcome]:
    record = Record(key=_key(fields), state=state, **_columns(fields))
    publishing.stamp(record)
    session.add(record)
    describe(session, record)
    revisions.keep(session, record, OPERATOR)
    return [_waiting(source, record.id, uploads.insert(session, record.id, upload)) for upload in received]


def _correct_record(
    session: Session, record: Record, fields: RecordFields, received: Sequence[Upload], source: str
) -> list[Outcome]:
    differs = _apply(record, _columns(fields))
    describe(session, record)
    if differs:
        revisions.keep(session, record, OPERATOR)
        publishing.announce(session, record)
    return [_place_upload(session, record, upload, source) for upload in received]


def _apply(record: Record, columns: Mapping[str, Any]) -> bool:
    """Set what differs; says whether anything that is searched or filtered by did."""
    differing = {name: value for name, value in columns.items() if getattr(record, name) != value}
    for name, value in differing.items():
        setattr(record, name, value)
    return bool(differing)


def _place_upload(session: Session, record: Record, upload: Upload, source: str) -> Outcome:
    for document in record.documents:
        if document.sha256 == upload.stored.sha256:
            _retry_within(session, document)
            return _same(source, document)
    if upload.media_type == RECORD_TYPE:
        for document in record.documents:
            if document.media_type == RECORD_TYPE:
                uploads.replace(document, upload)
                return _waiting(source, record.id, document)
    return _waiting(source, record.id, uploads.insert(session, record.id, upload))


def _record_with(session: Session, key: str) -> Record | None:
    chosen = select(Record).where(Record.key == key).options(selectinload(Record.documents))
    return session.execute(chosen).scalar()


def _document_with(session: Session, sha256: str) -> Document | None:
    return session.execute(select(Document).where(Document.sha256 == sha256).order_by(Document.id)).scalars().first()


def _known(session: Session, source: str, document: Document, upload: Upload) -> Outcome:
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
        uploads.requeue(document)
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
        uploads.requeue(member)


def _waiting(source: str, record_id: int, document: Document) -> Outcome:
    return Outcome(source=source, status="waiting", record_id=record_id, document_id=document.id)
