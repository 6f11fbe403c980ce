"""A document as it is read: its text in order, one part at a time, opened where somebody cites it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Document, Passage, Record
from kb.errors import NotFound
from kb.services.catalog import RECORD_TYPE, document_view, possible
from kb.services.visibility import visible_to
from kb.values import DocumentView, Reader

PART = 60
"""Passages of a part: about twenty pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a document is to be opened: at a passage, at a physical page, at a part; all count from 1."""

    passage_id: int | None = None
    page: int | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document at one of its parts, whose passages are those of `document`.

    `cited` is the passage it was opened at, None also where that is gone; `page` the physical page to show, of a
    document that has pages; `before` and `after` are the passages next to the cited one.
    """

    record_id: int
    title: str
    title_language: str
    document: DocumentView
    part: int
    parts: int
    cited: int | None = None
    page: int | None = None
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    """A passage by its id, its position in the document and its page."""

    passage_id: int
    ordinal: int
    page: int | None


class Documents:
    """Opens documents on behalf of a reader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, document_id: int, reader: Reader, where: Where) -> Opened:
        """The document at the place asked for, as far as it has that passage and page.

        Raises:
            NotFound: the reader may not know of the document, it is a record's own description, or it has no such part.
        """
        with self._database.read() as session:
            row = _row(session, document_id, reader)
            parts = _parts(session, row.Document)
            cited = _spot(session, row.Document, where.passage_id)
            part = where.part or _part(session, row.Document, cited, where.page)
            if not 1 <= part <= parts:
                raise NotFound(f"Document {document_id} has {parts} parts.", document=document_id)
            around = _around(session, row.Document, cited)
            return Opened(
                record_id=row.id,
                title=row.title,
                title_language=row.language,
                document=document_view(row.Document, _passages(session, row.Document, part)),
                part=part,
                parts=parts,
                cited=cited.passage_id if cited else None,
                page=_page(row.Document, cited, where.page),
                before=around.get(-1),
                after=around.get(1),
            )


def _row(session: Session, document_id: int, reader: Reader) -> Row[Document, int, str, str]:
    chosen = select(Document, Record.id, Record.title, Record.language).join(Record).where(visible_to(reader))
    row = session.execute(
        chosen.where(Document.id == possible(document_id), Document.media_type != RECORD_TYPE)
    ).first()
    if row is None:
        raise NotFound(f"There is no document {document_id}.", document=document_id)
    return row


def _parts(session: Session, document: Document) -> int:
    """How many parts there are; a document without text is one."""
    count = session.execute(select(func.count()).where(Passage.document_id == document.id)).scalar_one()
    return max(1, -(-count // PART))


def _spot(session: Session, document: Document, passage_id: int | None) -> _Spot | None:
    """The passage of that id, if the document has it."""
    asked = select(Passage.id, Passage.ordinal, Passage.page_from)
    row = session.execute(
        asked.where(Passage.id == possible(passage_id or 0), Passage.document_id == document.id)
    ).first()
    return _Spot(*row) if row else None


def _part(session: Session, document: Document, cited: _Spot | None, page: int | None) -> int:
    """The part that has the cited passage, else the first text on the page or after it, else the first."""
    ordinal = cited.ordinal if cited else _first_on(session, document, page) if page else 0
    return ordinal // PART + 1


def _first_on(session: Session, document: Document, page: int) -> int:
    reaches = func.coalesce(Passage.page_to, Passage.page_from) >= min(page, document.page_count or page)
    asked = select(func.min(Passage.ordinal)).where(Passage.document_id == document.id, reaches)
    return session.execute(asked).scalar() or 0


def _passages(session: Session, document: Document, part: int) -> Sequence[Passage]:
    first = (part - 1) * PART
    asked = select(Passage).where(Passage.document_id == document.id, Passage.ordinal.between(first, first + PART - 1))
    return session.execute(asked.order_by(Passage.ordinal)).scalars().all()


def _around(session: Session, document: Document, cited: _Spot | None) -> dict[int, int]:
    """Ids of the passages right before (-1) and after (1) the cited one."""
    if cited is None:
        return {}
    near = Passage.ordinal.in_((cited.ordinal - 1, cited.ordinal + 1))
    rows = session.execute(select(Passage.ordinal, Passage.id).where(Passage.document_id == document.id, near))
    return {row.ordinal - cited.ordinal: row.id for row in rows}


def _page(document: Document, cited: _Spot | None, asked: int | None) -> int | None:
    """The page to show: the one asked for if there is such a page, else the cited passage's, else the first."""
    if not document.page_count:
        return None
    if asked and 1 <= asked <= document.page_count:
        return asked
    return (cited.page if cited else None) or 1
