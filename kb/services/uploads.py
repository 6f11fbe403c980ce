"""Files on their way in: stored before any row names them, and what is a program turned away."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest import mediatype
from kb.db.entities import Document, Record
from kb.errors import Empty, MissingFile, Unsupported
from kb.files import Files, Stored
from kb.services.catalog import RECORD_TYPE
from kb.services.fields import SECTIONS

PROGRAM_SIGNS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"!<arch>\n")
"""How programs begin: of Windows, Linux, macOS, of Java, and scripts."""

PROGRAM_NAMES = frozenset(
    f".{name}"
    for name in (
        *("exe", "dll", "com", "scr", "msi", "bat", "cmd", "ps1", "vbs", "js", "mjs", "jar", "apk", "app"),
        *("dmg", "sh", "lnk", "hta", "reg", "iso", "php", "py"),
    )
)
"""Endings under which a system would run a file, whatever is in it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is stored and waits for its row."""

    name: str
    stored: Stored
    media_type: str = ""


def store(files: Files, path: Path, name: str) -> Upload:
    """Store a file; raises `MissingFile`, `Empty`, and what the store raises."""
    try:
        with path.open("rb") as stream:
            stored = files.put(stream)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise MissingFile(f"{path}: cannot be opened; check the path and that you may read it.") from error
    if stored.size == 0:
        raise Empty(f"{path}: the file is empty; choose the file that holds the text.")
    return Upload(name=name[-255:], stored=stored)


def require_readable(path: Path, name: str) -> None:
    """Raise the `IngestError` that tells why a file can never be read: a program, or of a kind nothing reads.

    What is merely damaged is found out when it is read, away from this process.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(PROGRAM_SIGNS) or PurePath(name.lower()).suffix in PROGRAM_NAMES:
        raise Unsupported(f"'{name}' is a program, not a document. Submit a PDF, a text document or a web page.")
    mediatype.detect(path, name)


def insert(session: Session, record_id: int, upload: Upload) -> Document:
    """The row of a stored file, which waits to be read."""
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


def requeue(document: Document) -> None:
    """Let a document wait to be read anew; what was read of it stays findable until then."""
    document.status, document.attempts = "received", 0
    document.failure_code = document.failure_message = None
    document.lease_owner = document.lease_until = None
    document.lacking, document.tried = 0, ""


def replace(document: Document, upload: Upload) -> None:
    """Let a new text take the place of an old one, which stays findable until the new one is read."""
    document.sha256, document.size = upload.stored.sha256, upload.stored.size
    requeue(document)


# --- a record's own words ------------------------------------------------------------------------------


def description(files: Files, fields: Mapping[str, Any]) -> Upload:
    """The part of a record's fields that is text to be found, stored as a document of its own."""
    names = ("title", "summary", "language", *SECTIONS)
    words = {name: fields[name] for name in names if fields.get(name)}
    text = json.dumps(words, ensure_ascii=False, sort_keys=True)
    return Upload(name="description", stored=files.put(io.BytesIO(text.encode())), media_type=RECORD_TYPE)


def describe_anew(session: Session, files: Files, record: Record, fields: Mapping[str, Any]) -> None:
    """Bring the document of a record's own words up to date, and begin one where there is none and words are."""
    own = select(Document).where(Document.record_id == record.id, Document.media_type == RECORD_TYPE)
    known = session.execute(own).scalar()
    if known is None and not any(fields.get(name) for name in ("summary", *SECTIONS)):
        return
    upload = description(files, fields)
    if known is None:
        insert(session, record.id, upload)
    elif known.sha256 != upload.stored.sha256:
        replace(known, upload)
