"""CSV and TSV → rows with their labels; separator and encoding told from the content."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.decoding import decode
from ingest.delimited import separator_of
from ingest.extractors.sheets import Budget, sheet_blocks
from ingest.mediatype import CSV
from kb.errors import NoText, Unreadable
from kb.values import Extraction

_STATED = re.compile(r"sep=(.)\s*\n", re.I)
_LONGEST_CELL = 1 << 20


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a table in text form.

    Raises:
        IngestError: `Unreadable` or `NoText`.
    """
    text = (
        (decode(path.read_bytes()) or "").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    )
    stated = _STATED.match(text)
    body = text[stated.end() :] if stated else text
    budget = Budget()
    separator = stated[1] if stated else separator_of(body)
    blocks = tuple(sheet_blocks(None, budget.of(_rows(body, separator or ","))))
    if not blocks:
        raise NoText("The file was read but holds no text. Check that it is the right one.")
    return Extraction(media_type=CSV, blocks=blocks, notices=budget.notices)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    except csv.Error as error:
        raise Unreadable(f"The table cannot be read ({error}). Export it again as CSV, or save it as XLSX.") from error
