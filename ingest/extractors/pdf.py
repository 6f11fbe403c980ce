"""PDF → blocks: pypdfium2 reads the text, pypdf what the file says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.cleaning import Lexicon
from ingest.extractors.pdf_columns import in_reading_order
from ingest.extractors.pdf_facts import Facts, page_count, read_facts, second_opinion
from ingest.extractors.pdf_headings import Outline, heading_levels
from ingest.extractors.pdf_lines import Line, read_lines
from ingest.extractors.pdf_paragraphs import Paragraph, measure, paragraphs
from ingest.extractors.pdf_running import without_running_lines
from ingest.extractors.pdf_tables import take_tables, with_tables
from ingest.extractors.proposals import propose
from ingest.mediatype import PDF
from kb.errors import Encrypted, NeedsOcr, NoText, Unreadable
from kb.values import Block, BlockKind, Extraction, Notice

_CAPTION = re.compile(
    r"(?:fig(?:ur[ae]?)?|abb(?:ildung)?|tab(?:ella|elle|leau|le)?|foto|grafico|graphique)\.?\s*\d+", re.I
)
_NO_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff\x00-\x1f]")
_FEW_LETTERS = 40
"""A page with fewer letters under a picture that fills it is a scan with a stamp or a number on it."""
_FULL_PAGE = 0.6
_READ_ERRORS = (pdfium.PdfiumError, ValueError, OSError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read; `pictured` says that it shows a picture where text would be."""

    lines: list[Line]
    pictured: bool = False
    failed: bool = False


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a PDF.

    Raises:
        IngestError: `Encrypted`, `Unreadable`, `NeedsOcr` or `NoText`.
    """
    pages = list(_read_pages(path))
    _refuse_without_text(pages)
    facts = read_facts(path)
    blocks = tuple(_blocks(pages, facts))
    if not blocks:
        raise _no_text()
    return Extraction(
        media_type=PDF,
        blocks=blocks,
        page_count=len(pages),
        page_labels=facts.page_labels,
        proposal=propose(
            title=facts.title, authors=facts.authors, created=facts.created, modified=facts.modified, blocks=blocks
        ),
        notices=(*facts.notices, *_notices(pages)),
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
            raise Encrypted("The file is protected in a way that cannot be opened. Save it unprotected.") from error
        return None


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
        return Page(lines, _is_pictured(page, lines))
    except _READ_ERRORS:
        return None
    finally:
        for part in (textpage, page):
            if part is not None:
                part.close()


def _is_pictured(page: Any, lines: Sequence[Line]) -> bool:
    letters = _letters(lines)
    if letters >= _FEW_LETTERS:
        return False
    pictures = list(page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=4))
    if not letters:
        return bool(pictures)
    width, height = page.get_size()
    return any(_area(picture) >= _FULL_PAGE * width * height for picture in pictures)


def _letters(lines: Sequence[Line]) -> int:
    return sum(char.isalnum() for line in lines for char in line.text)


def _area(picture: Any) -> float:
    left, bottom, right, top = picture.get_bounds()
    return float((right - left) * (top - bottom))


def _pages_by_second_opinion(path: Path) -> Iterator[Page]:
    count = page_count(path)
    pages = [_page_by_second_opinion(path, number) for number in range(1, count + 1)]
    if all(page.failed for page in pages):
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
    readable = [page for page in pages if not page.failed]
    if any(_letters(page.lines) and not page.pictured for page in readable):
        return
    if any(page.pictured for page in readable):
        raise NeedsOcr(
            "The pages are pictures without text, as a scanner makes them. Run text recognition (OCR) over the file "
            "and submit it again."
        )
    raise _no_text()


def _no_text() -> NoText:
    return NoText("The file was read but holds no text. Check that it is the right one.")


def _blocks(pages: Sequence[Page], facts: Facts) -> Iterator[Block]:
    metrics = measure(line for page in pages for line in page.lines)
    kept = without_running_lines([page.lines for page in pages], metrics.body)
    lexicon = Lexicon.of(line.text for page in kept for line in page)
    found = paragraphs(kept, metrics)
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


def _notices(pages: Sequence[Page]) -> Iterator[Notice]:
    for number, page in enumerate(pages, start=1):
        if page.failed:
            yield Notice(code="page-unreadable", message=f"Page {number} is damaged and was left out.", page=number)
        elif page.pictured:
            yield Notice(
                code="page-needs-ocr",
                message=f"Page {number} is a picture; its text has to be recognised (OCR) before it can be searched.",
                page=number,
            )
        elif _garbled(page.lines):
            yield Notice(
                code="page-garbled",
                message=f"Most characters of page {number} cannot be told, because its fonts do not name them.",
                page=number,
            )


def _garbled(lines: Sequence[Line]) -> bool:
    text = "".join("".join(line.text.split()) for line in lines)
    return len(text) > 50 and len(_NO_CHARACTER.findall(text)) > 0.4 * len(text)
