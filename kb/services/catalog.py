"""What is in the catalogue and who may see it; the only door to rows for search, pages, counts and files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from kb.db import Database, feed
from kb.db.counters import plain
from kb.db.entities import Document, Passage, Record
from kb.db.memo import memo
from kb.errors import NotFound
from kb.files import Files
from kb.ids import are_among
from kb.protocols import Ids
from kb.services import narrowing
from kb.services.fields import CONTACT
from kb.services.visibility import visible_to
from kb.values import VISITOR, DocumentView, Filters, Member, Notice, Place, Point, Reader, RecognisedPage, RecordView
from kb.values import Passage as PassageValue

RECORD_TYPE = "text/x-record"
"""Media type of a record's own description."""

LARGEST_ID = (1 << 63) - 1


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


OWNER: tuple[Any, ...] = (
    Record.id,
    Record.year,
    Record.country,
    Record.region_key,
    Record.population,
    Record.lat,
    Record.lon,
)
"""As much of a record as lists are ordered by."""

_OWNERS = select(*OWNER).where(Record.id.in_(bindparam("ids", expanding=True)))
"""Made once: asked at every search, a statement takes longer to make than to answer."""

Owner = Row[Any]
"""A record's id, year, country, region_key, population and coordinates."""


LISTED: tuple[Any, ...] = (
    *(Passage.id.label("passage_id"), Passage.text, Passage.language, Passage.heading, Passage.sentences),
    *(Passage.page_from, Passage.page_to, Document.page_labels),
    *(Document.id.label("document_id"), Document.name.label("document_name"), Document.media_type),
    *(Record.id.label("record_id"), Record.title, Record.kind, Record.language.label("record_language"), Record.year),
    *(Record.country, Record.region, Record.municipality, Record.population, Record.lat, Record.lon),
)
"""What a list shows of a passage, its document and its record."""

Found = Row[Any]
"""As much as `LISTED` of a passage, with that of the document and record it belongs to."""


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
            return record_view(row, reader, passages=True)

    def moved(self, record_id: int, reader: Reader) -> int | None:
        """The record that another one became part of, for a reader who may know of it."""
        merged = select(Record.merged_into_id).where(Record.id == possible(record_id)).scalar_subquery()
        with self._database.read() as session:
            return session.execute(select(Record.id).where(Record.id == merged, visible_to(reader))).scalar()

    def latest(self, reader: Reader, limit: int = 10) -> tuple[RecordView, ...]:
        """The records that entered last, newest first, without their passages."""
        chosen = select(Record).where(visible_to(reader)).order_by(Record.id.desc()).limit(limit)
        with self._database.read() as session:
            rows = session.execute(chosen.options(selectinload(Record.documents))).scalars()
            return tuple(record_view(row, reader) for row in rows)

    def published(self, limit: int) -> tuple[RecordView, ...]:
        """The records that were published last, for everybody, newest first, without their passages."""
        order = Record.published_at.desc(), Record.id.desc()
        with self._database.read() as session:
            newest = select(Record.id).where(visible_to(VISITOR)).order_by(*order).limit(limit)
            return views(session, session.execute(newest).scalars().all(), VISITOR)

    def records(self, record_ids: Sequence[int], reader: Reader) -> tuple[RecordView, ...]:
        """These records in this order, without their passages; those the reader may not know of are left out."""
        with self._database.read() as session:
            return views(session, record_ids, reader)

    def titled(self, words: str, reader: Reader, limit: int) -> tuple[RecordView, ...]:
        """Records whose titles hold those words as they stand, shortest title first, without their documents."""
        chosen = select(Record).where(visible_to(reader), Record.title.icontains(words, autoescape=True))
        ordered = chosen.order_by(func.length(Record.title), Record.id).limit(limit)
        with self._database.read() as session:
            rows = session.execute(ordered.options(selectinload(Record.documents))).scalars()
            return tuple(record_view(row) for row in rows)

    def original(self, document_id: int, reader: Reader) -> Original:
        """The stored file of a document; raises `NotFound` when the reader may not know of it."""
        chosen = select(Document).join(Record).where(Document.id == possible(document_id))
        seen = or_(visible_to(reader), _kept_elsewhere(reader))
        with self._database.read() as session:
            row = session.execute(chosen.where(Document.media_type != RECORD_TYPE, seen)).scalar()
        if row is None or not self._files.path(row.sha256).exists():
            raise NotFound(f"There is no file for document {document_id}.", document=document_id)
        return Original(path=self._files.path(row.sha256), name=row.name, media_type=row.media_type, sha256=row.sha256)

    def choices(self, reader: Reader) -> Mapping[str, Mapping[str, int]]:
        """For each facet its values and how many visible records have them, most frequent first."""
        with self._database.read() as session:
            return counts_of(session, Filters(), reader)

    def themes(self, reader: Reader) -> Mapping[str, int]:
        """The themes of the visible records and how many have each, most frequent first."""
        with self._database.read() as session:
            return counts_of(session, Filters(), reader)["theme"]

    def counts(self, reader: Reader) -> Mapping[str, int]:
        """How much there is: records, documents, passages, languages and countries."""
        with self._database.read() as session:
            documents = session.execute(select(func.count(), func.max(Document.id))).one()
            # Passages come and go with documents, or by way of the feed.
            state = ("totals", reader, feed.head(session), *documents)
            return memo(session).answer(state, lambda: _counted(session, reader))


def _kept_elsewhere(reader: Reader) -> ColumnElement[bool]:
    """Whether the reader may see a document's bytes in the record that its own became part of."""
    twin, other = aliased(Document), aliased(Record)
    return exists().where(
        other.id == Record.merged_into_id,
        twin.record_id == other.id,
        twin.sha256 == Document.sha256,
        visible_to(reader, other),
    )


def chosen_records(filters: Filters, reader: Reader) -> Select[int]:
    """Ids of every record that the reader may know of and that passes the filters, in no order."""
    return select(Record.id).where(visible_to(reader), *narrowing.matching(filters, reader))


def allowed(session: Session, filters: Filters, reader: Reader) -> Ids:
    """Ids of the chosen records, ascending: their passages are all that a search may consider."""
    conditions = tuple(narrowing.single(filters))
    if len(conditions) < 2:
        return _passing(session, filters, reader)

    def find() -> Ids:
        # What passes a condition is visible too. The fewest come first: only those are looked for among the others.
        found, *others = sorted((_passing(session, condition, reader) for condition in conditions), key=len)
        for ids in others:
            found = found[are_among(found, ids)]
        return found

    return memo(session).answer(("allowed", filters, reader), find)


def visible(session: Session, reader: Reader) -> Ids:
    """Ids of all records that the reader may know of, ascending."""
    return _passing(session, Filters(), reader)


def _passing(session: Session, filters: Filters, reader: Reader) -> Ids:
    """Ids of the chosen records, ascending, asked once while the catalogue stays as it is."""

    def find() -> Ids:
        return np.sort(np.fromiter(session.execute(chosen_records(filters, reader)).scalars(), dtype=np.int64))

    return memo(session).answer(("passing", filters, reader), find)


def counts_of(session: Session, filters: Filters, reader: Reader) -> narrowing.Counts:
    """How many of the chosen records have each value of each facet, counted once while the catalogue stays as it is."""

    def count() -> narrowing.Counts:
        return narrowing.counted(session, chosen_records(filters, reader))

    return memo(session).answer(("counts", filters, reader), count)


def records_of(session: Session, passage_ids: Sequence[int]) -> dict[int, int]:
    """The id of the record that each passage belongs to; of those that are gone, none."""
    held = select(Passage.id, Document.record_id).join(Document, Document.id == Passage.document_id)
    return dict(session.execute(held.where(Passage.id.in_(passage_ids))).all())


def owners(session: Session, record_ids: Collection[int], reader: Reader) -> dict[int, Owner]:
    """As much of each record as a list is ordered by; what the reader may not see is left out."""
    distinct = np.fromiter(set(record_ids), dtype=np.int64)
    seen = distinct[are_among(distinct, visible(session, reader))]
    return memo(session).rows("owner", seen.tolist(), lambda ids: _owners(session, ids))


def _owners(session: Session, ids: Sequence[int]) -> dict[int, Owner]:
    return {row.id: row for row in plain(session, _OWNERS, {"ids": ids}).all()}


def hydrate(session: Session, passage_ids: Sequence[int], reader: Reader) -> dict[int, Found]:
    """The rows behind ids from an index; what is gone, withdrawn or not the reader's to see is left out.

    Of each only what a list shows is read.
    """
    return {row.passage_id: row for row in plain(session, _hydrating(reader), {"ids": passage_ids}).all()}


@lru_cache(maxsize=256)
def _hydrating(reader: Reader) -> Select[*tuple[Any, ...]]:
    return (
        select(*LISTED)
        .join_from(Passage, Document, Document.id == Passage.document_id)
        .join(Record, Record.id == Document.record_id)
        .where(Passage.id.in_(bindparam("ids", expanding=True)), visible_to(reader))
    )


def views(session: Session, record_ids: Sequence[int], reader: Reader) -> tuple[RecordView, ...]:
    """Records in the order of their ids given, those that the reader may not know of left out.

    Many are taken along at once here, so they are seen as everybody sees them, without what only some may know.
    """
    chosen = select(Record).where(Record.id.in_(record_ids), visible_to(reader))
    found = {row.id: row for row in session.execute(chosen.options(selectinload(Record.documents))).scalars()}
    return tuple(record_view(found[id_]) for id_ in dict.fromkeys(record_ids) if id_ in found)


def place(record: Record | Row[Any]) -> Place:
    """Where a record belongs."""
    return Place(
        country=record.country,
        region=record.region,
        municipality=record.municipality,
        population=record.population,
        point=point(record),
    )


def point(record: Record | Row[Any]) -> Point | None:
    """The coordinates of a record, where both are known."""
    return None if record.lat is None or record.lon is None else Point(lat=record.lat, lon=record.lon)


def _counted(session: Session, reader: Reader) -> dict[str, int]:
    return {name: session.execute(chosen).scalar_one() for name, chosen in _totals(reader).items()}


def _totals(reader: Reader) -> dict[str, Select[int]]:
    seen = visible_to(reader)
    return {
        "records": select(func.count()).select_from(Record).where(seen),
        "documents": select(func.count()).select_from(Document).join(Record).where(seen),
        "passages": select(func.count()).select_from(Passage).join(Document).join(Record).where(seen),
        "languages": select(func.count(Record.language.distinct())).where(seen, Record.language != "und"),
        "countries": select(func.count(Record.country.distinct())).where(seen),
    }


def record_view(row: Record, reader: Reader = VISITOR, *, passages: bool = False) -> RecordView:
    """A record as a page shows it to `reader`; its documents, and their passages if asked for, must have been loaded.

    Every page, program and export gets records through here, so here is where contacts are kept from those who may
    not have them.
    """
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
        details=_shown(row, reader),
        documents=tuple(document_view(one, one.passages if passages else ()) for one in row.documents),
        published_at=row.published_at,
        updated_at=row.updated_at,
    )


def _shown(row: Record, reader: Reader) -> Mapping[str, Any]:
    """A record's details, with its contact only for its submitter, for curators, and for all where she consented."""
    mine = reader.account_id is not None and row.submitter_id == reader.account_id
    if row.details.get("contact_consent") or reader.sees_everything or mine:
        return row.details
    return {name: value for name, value in row.details.items() if name not in CONTACT}


def document_view(row: Document, passages: Sequence[Passage] = ()) -> DocumentView:
    """A document as a page shows it, with some or all of its passages."""
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
        notices=tuple(Notice(**notice) for notice in row.notices if "member" not in notice),
        recognised=tuple(RecognisedPage(**page) for page in row.recognised),
        lacking=row.lacking,
        passages=tuple((passage.id, _passage_value(passage)) for passage in passages),
        container_id=row.container_id,
        left_out=tuple(
            Member(name=notice["member"], code=notice["code"], message=notice["message"])
            for notice in row.notices
            if "member" in notice
        ),
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
        sentences=tuple((start, end) for start, end in row.sentences),
    )
