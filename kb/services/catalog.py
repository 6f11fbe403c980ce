"""What is in the catalogue and who may see it; the only door to rows for search, pages, counts and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from kb.db import Database
from kb.db.entities import Document, Passage, Record
from kb.errors import NotFound
from kb.files import Files
from kb.protocols import Ids
from kb.values import DocumentView, Filters, Place, Reader, RecordView
from kb.values import Passage as PassageValue

RECORD_TYPE = "text/x-record"
"""Media type of a record's own description."""

LARGEST_ID = (1 << 63) - 1

FACETS: Mapping[str, ColumnElement[str] | ColumnElement[str | None]] = {
    "language": Record.language,  # type: ignore[dict-item]
    "kind": Record.kind,  # type: ignore[dict-item]
    "country": Record.country,  # type: ignore[dict-item]
}
"""Fields a search can be narrowed by and counted over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A stored file and the name and media type to hand it out under."""

    path: Path
    name: str
    media_type: str
    sha256: str


def possible(id_: int) -> int:
    """The id, or 0, which nothing has, for one that is too large for a column."""
    return id_ if 0 < id_ <= LARGEST_ID else 0


def visible_to(reader: Reader) -> ColumnElement[bool]:
    """The condition a record meets when `reader` may know of it."""
    if reader.sees_everything:
        return true()
    published = Record.state == "published"
    if reader.account_id is None:
        return published
    return or_(published, Record.submitter_id == reader.account_id)


def matching(filters: Filters) -> list[ColumnElement[bool]]:
    """The conditions a record meets when it passes the filters."""
    chosen = {"language": filters.languages, "kind": filters.kinds, "country": filters.countries}
    return [FACETS[name].in_(values) for name, values in chosen.items() if values]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with the document and record it belongs to."""

    passage: Passage
    document: Document
    record: Record


class Catalog:
    """Reads records, documents and passages on behalf of a reader."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    def record(self, record_id: int, reader: Reader) -> RecordView:
        """A record with its documents and passages; raises `NotFound` when the reader may not know of it."""
        documents = selectinload(Record.documents)
        chosen = select(Record).where(Record.id == possible(record_id), visible_to(reader))
        with self._database.read() as session:
            row = session.execute(chosen.options(documents, documents.selectinload(Document.passages))).scalar()
            if row is None:
                raise NotFound(f"There is no record {record_id}; 'kb search' lists what there is.", record=record_id)
            return _record_view(row, passages=True)

    def latest(self, reader: Reader, limit: int = 10) -> tuple[RecordView, ...]:
        """The records that entered last, newest first, without their passages."""
        chosen = select(Record).where(visible_to(reader)).order_by(Record.id.desc()).limit(limit)
        with self._database.read() as session:
            rows = session.execute(chosen.options(selectinload(Record.documents))).scalars()
            return tuple(_record_view(row, passages=False) for row in rows)

    def original(self, document_id: int, reader: Reader) -> Original:
        """The stored file of a document; raises `NotFound` when the reader may not know of it."""
        chosen = select(Document).join(Record).where(Document.id == possible(document_id), visible_to(reader))
        with self._database.read() as session:
            row = session.execute(chosen.where(Document.media_type != RECORD_TYPE)).scalar()
        if row is None or not self._files.path(row.sha256).exists():
            raise NotFound(f"There is no file for document {document_id}.", document=document_id)
        return Original(path=self._files.path(row.sha256), name=row.name, media_type=row.media_type, sha256=row.sha256)

    def choices(self, reader: Reader) -> Mapping[str, Mapping[str, int]]:
        """For each facet its values and how many visible records have them, most frequent first."""
        with self._database.read() as session:
            return {name: _counted(session, name, reader) for name in FACETS}

    def counts(self, reader: Reader) -> Mapping[str, int]:
        """How much there is: records, documents, passages, languages and countries."""
        with self._database.read() as session:
            return {name: session.execute(chosen).scalar_one() for name, chosen in _totals(reader).items()}


def allowed(session: Session, filters: Filters, reader: Reader) -> Ids:
    """Ids of every passage that passes the filters, ascending: what a search may consider at all."""
    chosen = select(Passage.id).join(Document).join(Record).where(visible_to(reader), *matching(filters))
    return np.fromiter(session.execute(chosen.order_by(Passage.id)).scalars(), dtype=np.int64)


def hydrate(session: Session, passage_ids: Sequence[int], filters: Filters, reader: Reader) -> dict[int, Found]:
    """The rows behind ids from an index; what is gone, withdrawn or filtered out by now is left out."""
    chosen = (
        select(Passage, Document, Record)
        .join(Document, Document.id == Passage.document_id)
        .join(Record, Record.id == Document.record_id)
        .where(Passage.id.in_(passage_ids), visible_to(reader), *matching(filters))
    )
    return {row.Passage.id: Found(row.Passage, row.Document, row.Record) for row in session.execute(chosen)}


def place(record: Record) -> Place:
    """Where a record belongs."""
    return Place(country=record.country, region=record.region, municipality=record.municipality)


def _counted(session: Session, facet: str, reader: Reader) -> dict[str, int]:
    column = FACETS[facet]
    chosen = select(column, func.count()).select_from(Record).where(visible_to(reader), column.is_not(None))
    rows = session.execute(chosen.group_by(column).order_by(func.count().desc(), column))
    return {str(value): count for value, count in rows}


def _totals(reader: Reader) -> dict[str, Select[int]]:
    seen = visible_to(reader)
    return {
        "records": select(func.count()).select_from(Record).where(seen),
        "documents": select(func.count()).select_from(Document).join(Record).where(seen),
        "passages": select(func.count()).select_from(Passage).join(Document).join(Record).where(seen),
        "languages": select(func.count(Record.language.distinct())).where(seen, Record.language != "und"),
        "countries": select(func.count(Record.country.distinct())).where(seen),
    }


def _record_view(row: Record, *, passages: bool) -> RecordView:
    return RecordView(
        record_id=row.id,
        key=row.key,
        kind=row.kind,
        state=row.state,
        title=row.title,
        summary=row.summary,
        language=row.language,
        place=place(row),
        year=row.year,
        details=row.details,
        documents=tuple(_document_view(document, passages=passages) for document in row.documents),
    )


def _document_view(row: Document, *, passages: bool) -> DocumentView:
    return DocumentView(
        document_id=row.id,
        name=row.name,
        media_type=row.media_type,
        status=row.status,
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        language=row.language,
        page_count=row.page_count,
        page_labels=tuple(row.page_labels),
        size=row.size,
        sha256=row.sha256,
        passages=tuple((passage.id, _passage_value(passage)) for passage in row.passages) if passages else (),
    )


def _passage_value(row: Passage) -> PassageValue:
    return PassageValue(
        ordinal=row.ordinal,
        text=row.text,
        language=row.language,
        heading=tuple(row.heading),
        page_from=row.page_from,
        page_to=row.page_to,
        char_from=row.char_from,
        char_to=row.char_to,
    )
