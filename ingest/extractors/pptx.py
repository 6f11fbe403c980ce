"""PPTX → slides in order under their titles, with python-pptx: text, lists, tables, charts, diagrams and notes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pptx
from lxml import etree
from pptx.exc import PackageNotFoundError, PythonPptxError
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn

from ingest import container
from ingest.cleaning import clean
from ingest.extractors import core_properties, xml
from ingest.extractors.proposals import propose
from ingest.extractors.slides import Slide, slide_blocks
from ingest.extractors.tables import row_blocks
from ingest.extractors.xlsx import shown
from ingest.mediatype import PPTX
from kb.errors import NoText, Unreadable
from kb.values import Block, Extraction, Notice, Proposal

_DAMAGE = (KeyError, ValueError, AttributeError, TypeError, IndexError, OSError, NotImplementedError)
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_PROPERTIES = RELATIONSHIP_TYPE.CORE_PROPERTIES
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_FURNITURE = ("DATE", "FOOTER", "HEADER", "SLIDE_NUMBER", "SLIDE_IMAGE")
_PROSE = 120
"""Letters above which a line on a slide is a paragraph, not a list item."""


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a PowerPoint presentation; a slide that cannot be read costs that slide.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    container.check(path)
    try:
        show = pptx.Presentation(str(path))
        slides = list(show.slides)
    except (*_DAMAGE, zipfile.BadZipFile, zlib.error, PackageNotFoundError, PythonPptxError, etree.LxmlError) as error:
        raise Unreadable("The presentation is damaged. Open it in its program and save it again.") from error
    blocks, notices = _read(slides)
    if not blocks:
        raise NoText("The presentation was read but holds no text. If its slides are pictures, save it as PDF.")
    return Extraction(
        media_type=PPTX,
        blocks=tuple(blocks),
        page_count=len(slides),
        proposal=_proposal(show, blocks),
        notices=tuple(notices),
    )


def _read(slides: Sequence[Any]) -> tuple[list[Block], list[Notice]]:
    blocks: list[Block] = []
    notices: list[Notice] = []
    for number, slide in enumerate(slides, start=1):
        try:
            blocks += slide_blocks(number, _slide(slide))
        except (*_DAMAGE, PythonPptxError, etree.LxmlError):
            notices.append(Notice(code="page-unreadable", message=f"Slide {number} cannot be read.", page=number))
    return blocks, notices


def _proposal(show: Any, blocks: Sequence[Block]) -> Proposal:
    # Where there are none the library makes them up, with the present moment as their date.
    if not any(one.reltype == _PROPERTIES for one in show.part.package._rels.values()):
        return propose(title=None, authors=(), created=None, modified=None, blocks=blocks)
    return core_properties.proposal(show, blocks)


def _slide(slide: Any) -> Slide:
    title = slide.shapes.title
    body = [block for shape in _in_order(slide.shapes) if shape != title for block in _shape(shape)]
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    return Slide(
        title=" ".join(_lines(title.text_frame)) if title is not None else "",
        body=tuple(body),
        notes=tuple(Block(kind="paragraph", text=line) for line in _lines(notes)) if notes is not None else (),
    )


def _in_order(shapes: Any) -> list[Any]:
    """Shapes as they are read: placeholders keep the order of the outline, boxes go from top to bottom.

    The file's own order is that of drawing, in which what was added last comes last wherever it stands.
    """
    kept = list(shapes)
    placed = [shape for shape in kept if not shape.is_placeholder]
    ordered = sorted(placed, key=lambda shape: ((shape.top or 0) // 360_000, shape.left or 0))
    return [shape for shape in kept if shape.is_placeholder] + ordered


def _shape(shape: Any) -> Iterator[Block]:
    if shape.is_placeholder and any(kind in str(shape.placeholder_format.type) for kind in _FURNITURE):
        return
    if hasattr(shape, "shapes"):
        for inner in _in_order(shape.shapes):
            yield from _shape(inner)
    elif getattr(shape, "has_table", False) and shape.has_table:
        yield from _table(shape.table)
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        yield from _chart(shape.chart)
    elif shape.has_text_frame:
        yield from _text(shape)
    else:
        yield from _diagram(shape)


def _text(shape: Any) -> Iterator[Block]:
    lines = _lines(shape.text_frame)
    is_list = shape.is_placeholder and len(lines) > 1
    for line in lines:
        yield Block(kind="list-item" if is_list and len(line) < _PROSE else "paragraph", text=line)


def _lines(frame: Any) -> list[str]:
    lines = ("".join(_pieces(paragraph._p)) for paragraph in frame.paragraphs)
    return [line for line in map(clean, lines) if line]


def _pieces(element: Any) -> Iterator[str]:
    """Runs, fields and breaks of a paragraph."""
    for child in element.iter(qn("a:t"), qn("a:br")):
        yield (child.text or "") if child.tag == qn("a:t") else " "


def _table(table: Any) -> Iterator[Block]:
    rows = [[" ".join(_lines(cell.text_frame)) for cell in row.cells] for row in table.rows]
    yield from row_blocks(rows, header_rows=1 if table.first_row and len(rows) > 1 else None)


def _chart(chart: Any) -> Iterator[Block]:
    """A chart as the table that it draws: a row for each category, a labelled cell for each series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield from (Block(kind="caption", text=line) for line in _lines(chart.chart_title.text_frame))
    for plot in chart.plots:
        names = [str(category) for category in plot.categories]
        series = list(plot.series)
        head = ["", *(one.name or "" for one in series)]
        rows = [[name, *(_value(one, index) for one in series)] for index, name in enumerate(names)]
        yield from row_blocks([head, *rows], header_rows=1)


def _value(series: Any, index: int) -> str:
    values = series.values
    return shown(values[index], "") if index < len(values) and values[index] is not None else ""


def _diagram(shape: Any) -> Iterator[Block]:
    """The words of a SmartArt drawing, which lie in a part of their own."""
    for reference in shape._element.iter(f"{{{_DIAGRAM}}}relIds"):
        part = shape.part.related_part(reference.get(_RELATION))
        for paragraph in xml.parse(part.blob).iter(qn("a:p")):
            if text := clean("".join(_pieces(paragraph))):
                yield Block(kind="list-item", text=text)
