"""PDF → blocks: pypdfium2 reads the text, pypdf what the file says of itself."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.cleaning import Lexicon
from ingest.extractors.pdf_columns import in_reading_order
from ingest.extractors.pdf_facts import Facts, page_count, read_facts, second_opinion
from ingest.extractors.pdf_headings import Outline, heading_levels
from ingest.extractors.pdf_lines import Line, read_lines
from ingest.extractors.pdf_paragraphs import Metrics, Paragraph, measure, paragraphs
from ingest.extractors.pdf_running import without_running_lines
from ingest.extractors.pdf_sight import lack
from ingest.extractors.pdf_tables import take_tables, with_tables
from ingest.extractors.pdf_title import title_by_looks
from ingest.extractors.proposals import propose
from ingest.extractors.recognising import (
    Page,
    lacking,
    no_text,
    notices,
    recognised,
    recognised_pages,
    refuse_without_text,
)
from ingest.mediatype import PDF
from kb.errors import Encrypted, Unreadable
from kb.values import Block, BlockKind, Extraction

_CAPTION = re.compile(
    r"(?:fig(?:ur[ae]?)?|abb(?:ildung)?|tab(?:ella|elle|leau|le)?|foto|grafico|graphique)\.?\s*\d+", re.I
)
_READ_ERRORS = (pdfium.PdfiumError, ValueError, OSError, IndexError, OverflowError)


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a PDF.

    Raises:
        IngestError: `Encrypted`, `Unreadable`, `NeedsOcr` or `NoText`.
    """
    pages = recognised(path, list(_read_pages(path)))
    _refuse_without_text(pages)
    facts = read_facts(path)
    metrics = measure(line for page in pages for line in page.lines)
    found, lexicon = _paragraphs(pages, metrics)
    blocks = tuple(_blocks(found, metrics, lexicon, facts))
    if not blocks:
        raise no_text()
    return Extraction(
        media_type=PDF,
        blocks=blocks,
        page_count=len(pages),
        page_labels=facts.page_labels,
        proposal=propose(
            title=facts.title,
            by_looks=title_by_looks(found, metrics),
            authors=facts.authors,
            created=facts.created,
            modified=facts.modified,
            blocks=blocks,
        ),
        notices=(*facts.notices, *notices(pages)),
        recognised=recognised_pages(pages),
        lacking=lacking(pages),
    )


def _read_pages(path: Path) -> Iterator[Page]:
    document = _open(path)
    if document is None:
        yield from _pages_by_second_opinion(path)
        return
    try:
        count = len(document)
        if not count:
            raise _damaged("has no pages")
        for number in range(1, count + 1):
            yield _read_page(document, number) or _page_by_second_opinion(path, number)
    finally:
        document.close()


def _open(path: Path) -> Any:
    """The document, opened with the empty password if it needs one; None when it is damaged."""
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD:
            raise Encrypted(
                "The file can only be opened with a password. Save it without one and submit it again."
            ) from error
        if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_SECURITY:
            raise _protected() from error
        return None


def _protected() -> Encrypted:
    return Encrypted("The file is protected in a way that cannot be opened. Save it unprotected.")


def _is_encrypted(path: Path) -> bool:
    """Whether the file says that it is, be it in a trailer or in the dictionary of a reference stream."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"/Encrypt") >= 0


def _damaged(what: str) -> Unreadable:
    return Unreadable(f"The PDF {what}. Open it in a viewer, print it to a new PDF and submit that.")


def _read_page(document: Any, number: int) -> Page | None:
    """One page, None when it cannot be read."""
    page = textpage = None
    try:
        page = document[number - 1]
        textpage = page.get_textpage()
        height = page.get_height()
        text, tables = take_tables(page, read_lines(textpage, height), number, height)
        lines = with_tables(in_reading_order(text, number, height), tables)
        return Page(lines, lack=lack(page, lines))
    except _READ_ERRORS:
        return None
    finally:
        for part in (textpage, page):
            if part is not None:
                part.close()


def _pages_by_second_opinion(path: Path) -> Iterator[Page]:
    count = page_count(path)
    pages = [_page_by_second_opinion(path, number) for number in range(1, count + 1)]
    if all(page.failed for page in pages):
        # A key of an odd length or a method that neither library knows is no damage: its author can take it off.
        if _is_encrypted(path):
            raise _protected()
        raise _damaged("is damaged and cannot be opened" if not count else "is damaged: none of its pages can be read")
    yield from pages


def _page_by_second_opinion(path: Path, number: int) -> Page:
    """Lines without geometry, with a distance that keeps blank lines as paragraph breaks."""
    text = second_opinion(path, number - 1)
    rows = [(row, line.strip()) for row, line in enumerate(text.splitlines())]
    lines = [Line(line, number, 0, len(line), 12.0 * row, 0, False, 12.0 * len(rows)) for row, line in rows if line]
    return Page(lines, failed=not lines)


def _refuse_without_text(pages: Sequence[Page]) -> None:
    if all(page.failed for page in pages):
        raise _damaged("is damaged: none of its pages can be read")
    refuse_without_text(pages)


def text_blocks(pages: Sequence[Page], facts: Facts) -> tuple[Block, ...]:
    """Headings, paragraphs, items and notes of pages in reading order."""
    metrics = measure(line for page in pages for line in page.lines)
    found, lexicon = _paragraphs(pages, metrics)
    return tuple(_blocks(found, metrics, lexicon, facts))


def _paragraphs(pages: Sequence[Page], metrics: Metrics) -> tuple[list[Paragraph], Lexicon]:
    """The document's paragraphs without running lines, and its words."""
    kept = without_running_lines([page.lines for page in pages], metrics.body)
    return paragraphs(kept, metrics), Lexicon.of(line.text for page in kept for line in page)


def _blocks(found: Sequence[Paragraph], metrics: Metrics, lexicon: Lexicon, facts: Facts) -> Iterator[Block]:
    levels = heading_levels(found, metrics, Outline.of(facts.outline))
    for paragraph, level in zip(found, levels, strict=True):
        text, breaks = paragraph.text(lexicon)
        if any(char.isalnum() for char in text):
            yield _block(paragraph, level, text, breaks)


def _block(paragraph: Paragraph, level: int, text: str, breaks: tuple[int, ...]) -> Block:
    first, last = paragraph.lines[0].page, paragraph.lines[-1].page
    if level:
        return Block(kind="heading", level=level, text=text, page_from=first, page_to=last, page_breaks=breaks)
    return Block(kind=_kind(paragraph, text), text=text, page_from=first, page_to=last, page_breaks=breaks)


def _kind(paragraph: Paragraph, text: str) -> BlockKind:
    if paragraph.footnote:
        return "footnote"
    if paragraph.is_row:
        return "table-row"
    if paragraph.is_item:
        return "list-item"
    return "caption" if _CAPTION.match(text) and len(text) < 300 else "paragraph"
