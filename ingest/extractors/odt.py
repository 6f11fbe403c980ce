"""ODT → blocks in document order, with lxml: odfpy follows entities and keeps every element in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest import container
from ingest.cleaning import clean
from ingest.extractors import xml
from ingest.extractors.proposals import propose
from ingest.extractors.tables import row_blocks
from ingest.mediatype import ODT
from kb.errors import Encrypted, IngestError, NoText, Unreadable
from kb.values import Block, BlockKind, Extraction, Proposal

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _OFFICE, _META, _DRAW = (_URN % name for name in ("text", "table", "office", "meta", "drawing"))
_DC = "{http://purl.org/dc/elements/1.1/}"

_HEADING, _PARAGRAPH, _ITEM, _NOTE = _TEXT + "h", _TEXT + "p", _TEXT + "list-item", _TEXT + "note"
_FRAME = _DRAW + "frame"
_LEFT_OUT = {
    _TEXT + "tracked-changes",
    _TEXT + "table-of-content",
    _TEXT + "illustration-index",
    _TEXT + "table-index",
    _TEXT + "sequence-decls",
    _OFFICE + "forms",
    _OFFICE + "annotation",
    _TEXT + "page-number",
}
_SPACED = {_TEXT + "tab", _TEXT + "line-break", _TEXT + "s"}
_MAX_REPEAT = 100
"""Spreadsheet-like tables pad their rows with thousands of repeated empty cells."""


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read an ODT file.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    body = body_of(path, "text")
    blocks = (*walk(body), *_notes(body))
    if not blocks:
        raise NoText("The file was read but holds no text. Check that it is the right one.")
    return Extraction(media_type=ODT, blocks=blocks, proposal=proposal(path, blocks))


def body_of(path: Path, kind: str) -> Any:
    """The element of an OpenDocument file that holds its `text`, `spreadsheet` or `presentation`.

    Raises:
        IngestError: `Encrypted`, `TooLarge` or `Unreadable`.
    """
    _refuse_encrypted(path)
    body = xml.parse(container.read(path, "content.xml")).find(f"{_OFFICE}body/{_OFFICE}{kind}")
    if body is None:
        raise Unreadable("The file has no body. Open it in an office program and save it again.")
    return body


def _refuse_encrypted(path: Path) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in container.names(path) and b"encryption-data" in container.read(path, manifest):
        raise Encrypted("The file is protected by a password. Save it without one and submit it again.")


def proposal(path: Path, blocks: tuple[Block, ...]) -> Proposal:
    """What an OpenDocument file says of itself."""
    try:
        meta = xml.parse(container.read(path, "meta.xml")).find(f"{_OFFICE}meta")
    except IngestError:
        meta = None

    def value(tag: str) -> str | None:
        return meta.findtext(tag) if meta is not None else None

    return propose(
        title=value(_DC + "title"),
        authors=[value(_META + "initial-creator") or value(_DC + "creator") or ""],
        created=value(_META + "creation-date"),
        modified=value(_DC + "date"),
        blocks=blocks,
    )


def walk(parent: Any, *, in_list: bool = False) -> Iterator[Block]:
    """Blocks below an element, in document order."""
    for child in parent:
        if child.tag == _HEADING:
            yield from _text_block(child, "heading", _level(child))
        elif child.tag == _PARAGRAPH:
            yield from _text_block(child, "list-item" if in_list else "paragraph")
        elif child.tag == _TABLE + "table":
            yield from _table(child)
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            yield from walk(child, in_list=in_list or child.tag == _ITEM)


def _level(heading: Any) -> int:
    value = heading.get(_TEXT + "outline-level") or "1"
    return max(1, min(int(value), 9)) if value.isdigit() else 1


def _text_block(element: Any, kind: BlockKind, level: int = 0) -> Iterator[Block]:
    if text := clean("".join(_pieces(element))):
        is_heading = level and any(char.isalnum() for char in text)
        yield Block(kind=kind if is_heading or not level else "paragraph", level=level if is_heading else 0, text=text)
    for frame in element.iter(_FRAME):
        if next(frame.iterancestors(_PARAGRAPH, _HEADING), None) is element:
            yield from walk(frame)


def _pieces(element: Any) -> Iterator[str]:
    """Text of a paragraph without its notes, comments and frames, which come by themselves."""
    yield element.text or ""
    for child in element:
        if child.tag in _SPACED:
            yield " "
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT and child.tag not in (_NOTE, _FRAME):
            yield from _pieces(child)
        yield child.tail or ""


def _notes(body: Any) -> Iterator[Block]:
    for note in body.iter(_TEXT + "note-body"):
        if text := clean(" ".join("".join(_pieces(part)) for part in note.iter(_PARAGRAPH))):
            yield Block(kind="footnote", text=text)


def _table(table: Any) -> Iterator[Block]:
    own = (row for row in table.iter(_TABLE + "table-row") if next(row.iterancestors(_TABLE + "table")) is table)
    rows = [(row, [cell for cell in row if cell.tag == _TABLE + "table-cell"]) for row in own]
    if all(len(cells) <= 1 for _, cells in rows) or len(rows) == 1:
        # A frame or a layout grid: what it holds reads on as text.
        for _, cells in rows:
            for cell in cells:
                yield from walk(cell)
        return
    declared = sum(1 for row, _ in rows if row.getparent().tag == _TABLE + "table-header-rows")
    yield from row_blocks([_cell_texts(row) for row, _ in rows], header_rows=declared or None)


def _cell_texts(row: Any) -> list[str]:
    texts: list[str] = []
    for cell in row:
        if cell.tag not in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
            continue
        repeat = cell.get(_TABLE + "number-columns-repeated") or "1"
        text = " ".join(block.text for block in walk(cell))
        texts += [text] * (min(int(repeat), _MAX_REPEAT) if repeat.isdigit() else 1)
    return texts
