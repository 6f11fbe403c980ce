"""ODS → rows with their labels under the name of their sheet, with lxml as for ODT."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.extractors.odt import body_of, proposal, walk
from ingest.extractors.sheets import Budget, Row, sheet_blocks
from ingest.extractors.xlsx import hidden_notice
from ingest.mediatype import ODS
from kb.errors import NoText
from kb.values import Extraction

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_MOST_CELLS = 500
_MOST_REPEATS = 1000
"""Times that a row which is stored once is read; sheets end in one repeated a million times."""


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read an OpenDocument spreadsheet: its cells as they are shown.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    body = body_of(path, "spreadsheet")
    tables = list(body.iterchildren(_TABLE + "table"))
    styles = _hidden_styles(body)
    shown = [table for table in tables if table.get(_TABLE + "style-name") not in styles] or tables
    budget = Budget()
    blocks = tuple(
        block
        for table in shown
        for block in sheet_blocks(_name(table) if len(shown) > 1 else None, budget.of(_rows(table)))
    )
    if not blocks:
        raise NoText("The spreadsheet was read but holds no text. Check that it is the right one.")
    notices = (*budget.notices, *hidden_notice([_name(table) for table in tables if table not in shown]))
    return Extraction(media_type=ODS, blocks=blocks, proposal=proposal(path, ()), notices=notices)


def _name(table: Any) -> str:
    return table.get(_TABLE + "name") or ""


def _hidden_styles(body: Any) -> set[str]:
    """Names of the table styles that hide a sheet."""
    properties = body.getroottree().getroot().iter(_STYLE + "table-properties")
    return {one.getparent().get(_STYLE + "name") for one in properties if one.get(_TABLE + "display") == "false"}


def _rows(table: Any) -> Iterator[Row]:
    for row in table.iter(_TABLE + "table-row"):
        cells = _cells(row)
        repeats = _repeats(row, "number-rows-repeated", _MOST_REPEATS) if any(cells) else 1
        for _ in range(repeats):
            yield cells


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row.iterchildren(*_CELLS):
        text = " ".join(block.text for block in walk(cell))
        cells += [text] * min(_repeats(cell, "number-columns-repeated", _MOST_CELLS), _MOST_CELLS - len(cells))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _repeats(element: Any, attribute: str, most: int) -> int:
    value = element.get(_TABLE + attribute) or "1"
    return min(int(value), most) if value.isdigit() and len(value) < 10 else 1
