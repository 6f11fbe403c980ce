"""What `kb import` reads: a folder of files, or a CSV or JSON Lines table with one row a record."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import InvalidManifest, KbError, MissingFile
from kb.services.fields import SEPARATOR, RecordFields, parse

FILE = "file"
"""Column that names a row's files, relative to the manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file or row to import; `error` says why it cannot be."""

    source: str
    fields: RecordFields | None = None
    paths: tuple[Path, ...] = ()
    error: KbError | None = None


def entries(path: Path) -> list[Entry]:
    """Everything that a folder, a table or a single file asks to import, in order.

    Raises:
        MissingFile: `path` does not exist.
        InvalidManifest: the table cannot be read at all; a bad row only spoils its own entry.
    """
    if path.is_dir():
        return _folder(path)
    if not path.exists():
        raise MissingFile(f"{path}: there is no such file or folder; check the path.")
    if path.suffix.lower() == ".csv":
        return [_entry(path, *row) for row in _csv_rows(path)]
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return [_entry(path, *row) for row in _json_rows(path)]
    raise InvalidManifest(f"{path}: give a folder, a .csv or a .jsonl; a single document goes in with 'kb add'.")


def _folder(folder: Path) -> list[Entry]:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise InvalidManifest(f"{folder}: the folder holds no files.")
    return [Entry(source=str(path.relative_to(folder)), paths=(path,)) for path in files]


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | InvalidManifest]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            sample = stream.readline()
            stream.seek(0)
            # Spreadsheets of half of Europe write semicolons between cells, because the comma is their decimal sign.
            delimiter = ";" if sample.count(";") > sample.count(",") else ","
            reader = csv.DictReader(stream, delimiter=delimiter, restkey="")
            for row in reader:
                yield reader.line_num, {name: cell for name, cell in row.items() if name}
        except (UnicodeDecodeError, csv.Error) as error:
            raise InvalidManifest(
                f"{path}: not a CSV table in UTF-8 ({error}); export it again as CSV UTF-8."
            ) from error


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | InvalidManifest]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidManifest(f"{path}: not text in UTF-8; save it again as UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _json_row(path, number, line)


def _json_row(path: Path, number: int, line: str) -> Mapping[str, Any] | InvalidManifest:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return InvalidManifest(f"{path.name} line {number}: not JSON ({error.msg}, character {error.colno}).")
    except RecursionError:
        return InvalidManifest(f"{path.name} line {number}: too many values within one another.")
    if not isinstance(row, dict):
        return InvalidManifest(f"{path.name} line {number}: write an object with one name for each field.")
    return row


def _entry(path: Path, number: int, row: Mapping[str, Any] | InvalidManifest) -> Entry:
    where = f"{path.name} line {number}"
    if isinstance(row, InvalidManifest):
        return Entry(source=where, error=row)
    try:
        fields = parse({name: value for name, value in row.items() if name != FILE}, where=where)
    except InvalidManifest as error:
        return Entry(source=where, error=error)
    paths = _paths(path.parent, row.get(FILE))
    return Entry(source=fields.key or where, fields=fields, paths=paths)


def _paths(folder: Path, value: object) -> tuple[Path, ...]:
    names = value.split(SEPARATOR) if isinstance(value, str) else value or ()
    return tuple(folder / str(name).strip() for name in names if str(name).strip())  # type: ignore[attr-defined]
