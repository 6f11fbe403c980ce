"""XLSX → rows with their labels under the name of their sheet, with openpyxl reading row by row."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from ingest import container
from ingest.extractors.proposals import propose
from ingest.extractors.sheets import Budget, Row, sheet_blocks
from ingest.mediatype import XLSX
from kb.errors import NoText, Unreadable
from kb.sentences import notice
from kb.values import Block, Extraction, Notice, Proposal

_DAMAGE = (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, SyntaxError)
_DECIMALS = re.compile(r"[0#?]\.(0+)")
_MOST_CELLS = 500
"""Columns of a row that are read; formatted but empty sheets are 16,384 wide."""


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read an Excel workbook: the values its formulas had when it was saved, as the sheet shows them.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    container.check(path)
    try:
        # Given a path, the library goes by its ending, which a stored original does not have.
        with warnings.catch_warnings(action="ignore"), path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            return _read(book)
    except (*_DAMAGE, zipfile.BadZipFile, zlib.error, InvalidFileException, etree.LxmlError) as error:
        raise Unreadable("The workbook is damaged. Open it in a spreadsheet program and save it again.") from error


def _read(book: Any) -> Extraction:
    budget = Budget()
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    blocks: list[Block] = []
    for sheet in shown:
        title = sheet.title if len(shown) > 1 else None
        blocks += sheet_blocks(title, budget.of(_rows(sheet)))
    if not blocks:
        raise NoText("The workbook was read but holds no text. Check that it is the right one.")
    hidden = [sheet.title for sheet in book.worksheets if sheet not in shown]
    notices = (*budget.notices, *hidden_notice(hidden))
    return Extraction(media_type=XLSX, blocks=tuple(blocks), proposal=_proposal(book), notices=notices)


def hidden_notice(names: list[str]) -> Iterator[Notice]:
    """What to say of sheets that their author hid."""
    if names:
        yield notice("hidden-left-out", names=", ".join(names))


def _rows(sheet: Any) -> Iterator[Row]:
    # Without this every row is padded to the width that the file claims.
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        yield [shown(cell.value, cell.number_format) if cell.value is not None else "" for cell in row[:_MOST_CELLS]]


def shown(value: object, number_format: str) -> str:
    """A cell as its sheet shows it, near enough to be recognised: decimals, per cent and dates as formatted."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return _number(value, number_format)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)


def _number(value: float, number_format: str) -> str:
    found = _DECIMALS.search(number_format or "")
    is_share = "%" in (number_format or "")
    amount = value * 100 if is_share else value
    if found or is_share or (number_format or "").startswith(("0", "#")):
        text = f"{amount:.{len(found[1]) if found else 0}f}"
    else:
        text = f"{amount:.12g}"
    return f"{text} %" if is_share else text


def _proposal(book: Any) -> Proposal:
    # The first heading is the name of a sheet, which is no title.
    properties = book.properties
    created, modified = properties.created, properties.modified
    return propose(
        title=properties.title,
        authors=[properties.creator or ""] if properties.creator != "openpyxl" else [],
        created=created and created.date().isoformat(),
        modified=modified and modified.date().isoformat(),
        blocks=(),
    )
