"""ODP → slides in order under their titles, notes after each, with lxml as for ODT."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.extractors.odt import body_of, proposal, walk
from ingest.extractors.slides import Slide, slide_blocks
from ingest.mediatype import ODP
from kb.errors import NoText
from kb.values import Block, Extraction

_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_CLASS = _PRESENTATION + "class"
_FURNITURE = ("header", "footer", "date-time", "page-number")


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read an OpenDocument presentation.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    pages = list(body_of(path, "presentation").iterchildren(_DRAW + "page"))
    blocks = tuple(block for number, page in enumerate(pages, start=1) for block in slide_blocks(number, _slide(page)))
    if not blocks:
        raise NoText("The presentation was read but holds no text. If its slides are pictures, save it as PDF.")
    return Extraction(media_type=ODP, blocks=blocks, page_count=len(pages) or None, proposal=proposal(path, blocks))


def _slide(page: Any) -> Slide:
    shapes = [shape for shape in page if isinstance(shape.tag, str) and shape.tag != _PRESENTATION + "notes"]
    titles = [shape for shape in shapes if shape.get(_CLASS) == "title"]
    body = [block for shape in shapes if shape not in titles for block in _shape(shape)]
    notes = [block for note in page.iterchildren(_PRESENTATION + "notes") for shape in note for block in _shape(shape)]
    title = " ".join(block.text for shape in titles for block in walk(shape))
    return Slide(title=title, body=tuple(body), notes=tuple(notes))


def _shape(shape: Any) -> Iterator[Block]:
    if isinstance(shape.tag, str) and shape.get(_CLASS) not in _FURNITURE:
        yield from walk(shape)
