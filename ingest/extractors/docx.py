"""DOCX → blocks in document order, with python-docx for the package, its styles and properties."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from ingest import container
from ingest.cleaning import clean
from ingest.extractors import core_properties, xml
from ingest.extractors.tables import row_blocks
from ingest.mediatype import DOCX
from kb.errors import NoText, Unreadable
from kb.values import Block, Extraction

_NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_HEADING = re.compile(r"heading (\d)$", re.I)
_CONTENTS = re.compile(r"(?:toc|table of figures)\b", re.I)
# Text that was deleted, field codes, and the copy of a text box for old programs.
_HIDDEN = {qn("w:del"), qn("w:moveFrom"), qn("w:instrText"), qn("w:pPr"), qn("w:rPr"), qn("w:txbxContent")}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SPACED = {qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:ptab")}
_MAX_LEVEL = 9


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a DOCX file.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    container.check(path)
    document = _open(path)
    try:
        blocks = (*_Reader(document).body(), *_footnotes(document))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The package holds together, but what it calls a document is none.
        raise _damaged() from error
    if not blocks:
        raise NoText("The file was read but holds no text. Check that it is the right one.")
    return Extraction(media_type=DOCX, blocks=blocks, proposal=core_properties.proposal(document, blocks))


def _open(path: Path) -> Any:
    try:
        return docx.Document(str(path))
    except (
        KeyError,
        ValueError,
        AttributeError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        PackageNotFoundError,
    ) as error:
        raise _damaged() from error
    except etree.LxmlError as error:
        raise _damaged() from error


def _damaged() -> Unreadable:
    return Unreadable("The DOCX file is damaged. Open it in an office program and save it again.")


class _Reader:
    """Walks the body; content controls, text boxes and revisions are part of it, unlike in python-docx."""

    def __init__(self, document: Any) -> None:
        self._body = document.element.body
        self._levels: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._lists: set[str] = set()
        for style in document.styles.element.iterchildren(qn("w:style")):
            self._learn(style)
        self._parents = {
            style.get(qn("w:styleId")): based.get(qn("w:val"))
            for style in document.styles.element.iterchildren(qn("w:style"))
            if (based := style.find(qn("w:basedOn"))) is not None
        }

    def body(self) -> Iterator[Block]:
        yield from self._walk(self._body)

    def _learn(self, style: Any) -> None:
        key, name = style.get(qn("w:styleId")), style.find(qn("w:name"))
        self._names[key] = name.get(qn("w:val")) if name is not None else ""
        found = _HEADING.match(self._names[key])
        outline = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if found:
            self._levels[key] = int(found[1])
        elif self._names[key].lower() == "title":
            self._levels[key] = 1
        elif outline is not None:
            self._levels[key] = _outline_level(outline)
        if style.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None:
            self._lists.add(key)

    def _walk(self, parent: Any) -> Iterator[Block]:
        for child in parent:
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif isinstance(child.tag, str) and child.tag not in (qn("w:del"), qn("w:moveFrom"), _FALLBACK):
                yield from self._walk(child)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        style = self._style(paragraph)
        text = clean("".join(_pieces(paragraph)))
        if text and not any(_CONTENTS.match(self._names.get(key, "")) for key in style):
            yield self._block(paragraph, style, text)
        for box in paragraph.iter(qn("w:txbxContent")):
            if next(box.iterancestors(_FALLBACK), None) is None and _owner(box) is paragraph:
                yield from self._walk(box)

    def _style(self, paragraph: Any) -> list[str]:
        """The paragraph's style and those it is based on."""
        found = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        chain: list[str] = []
        key = found.get(qn("w:val")) if found is not None else None
        while key and key not in chain:
            chain.append(key)
            key = self._parents.get(key)
        return chain

    def _block(self, paragraph: Any, style: list[str], text: str) -> Block:
        level = self._level(paragraph, style)
        if level and any(char.isalnum() for char in text):
            return Block(kind="heading", level=level, text=text)
        names = [self._names.get(key, "").lower() for key in style]
        if "caption" in names:
            return Block(kind="caption", text=text)
        return Block(kind="list-item" if self._is_item(paragraph, style, names) else "paragraph", text=text)

    def _level(self, paragraph: Any, style: list[str]) -> int:
        outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None:
            return _outline_level(outline)
        return next((self._levels[key] for key in style if key in self._levels), 0)

    def _is_item(self, paragraph: Any, style: list[str], names: list[str]) -> bool:
        numbering = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if numbering is not None:
            number = numbering.find(qn("w:numId"))
            return number is None or number.get(qn("w:val")) != "0"
        return any(key in self._lists for key in style) or any(name.startswith("list") for name in names[:1])

    def _table(self, table: Any) -> Iterator[Block]:
        rows = [(row, list(_cells(row))) for row in _rows(table)]
        if all(len(cells) <= 1 for _, cells in rows) or len(rows) == 1:
            # A frame or a layout grid: what it holds reads on as text.
            for _, cells in rows:
                for cell, _ in cells:
                    yield from self._walk(cell)
            return
        declared = sum(1 for row, _ in rows if row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None)
        texts = [[text for cell, span in cells for text in self._cell(cell, span)] for _, cells in rows]
        yield from row_blocks(texts, header_rows=declared or None)

    def _cell(self, cell: Any, span: int) -> list[str]:
        merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        is_repeat = merged is not None and merged.get(qn("w:val")) != "restart"
        text = "" if is_repeat else " ".join(block.text for block in self._walk(cell))
        return [text, *[""] * (span - 1)]


def _outline_level(outline: Any) -> int:
    """Level from 1; 9 in the file means running text."""
    value = outline.get(qn("w:val")) or ""
    return int(value) + 1 if value.isdigit() and int(value) < _MAX_LEVEL else 0


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in _HIDDEN or child.tag == _FALLBACK or not isinstance(child.tag, str):
            continue
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in _SPACED:
            yield " "
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        else:
            yield from _pieces(child)


def _owner(box: Any) -> Any:
    """The paragraph that a text box is anchored in."""
    return next(box.iterancestors(qn("w:p")), None)


def _rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == qn("w:tr"):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
            yield from _rows(child)


def _cells(row: Any) -> Iterator[tuple[Any, int]]:
    """Cells with the number of columns each spans."""
    for child in row:
        if child.tag == qn("w:tc"):
            span = child.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            value = (span.get(qn("w:val")) or "1") if span is not None else "1"
            yield child, min(int(value), 100) if value.isdigit() else 1
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
            yield from _cells(child)


def _footnotes(document: Any) -> Iterator[Block]:
    for relation in document.part.rels.values():
        if relation.reltype == _NOTES and not relation.is_external:
            for note in xml.parse(relation.target_part.blob).iterchildren(qn("w:footnote")):
                if text := clean(" ".join("".join(_pieces(p)) for p in note.iter(qn("w:p")))):
                    yield Block(kind="footnote", text=text)
