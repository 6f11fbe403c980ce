"""Records as data: the fields of each, as a table and as JSON, of a list, a search or a collection."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from kb.services.browsing import Browsing
from kb.services.catalog import Catalog
from kb.services.fields import COLUMNS, INTERNAL, SEPARATOR, RecordFields
from kb.services.search import Search
from kb.values import Query, Reader, RecordView

PAGE = 100
MOST_RECORDS = 10_000
"""Records of one export; there is an interface for programs that want them all."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell for a formula by (OWASP, CSV injection)."""

AT_FIRST = ("record", "state", "address")
"""Columns that no field of a submission has."""

FIELDS = ("key", *(name for name in RecordFields.model_fields if name != "key"))
"""All that is stated of a record, by the names that it is handed in with."""


class Exports:
    """Hands out the records of a list, in its order, on behalf of a reader."""

    def __init__(self, catalog: Catalog, browsing: Browsing, search: Search) -> None:
        self._catalog = catalog
        self._browsing = browsing
        self._search = search

    def ids(self, query: Query, reader: Reader, most: int = MOST_RECORDS) -> list[int]:
        """Ids of all records that the pages of a search or list show, in order, at most `most` of them."""
        if query.text:
            return self._search.ranking(replace(query, offset=0, limit=PAGE), reader)[0][:most]
        return self._browsing.ids(replace(query, offset=0, limit=PAGE), reader, most)

    def records(self, query: Query, reader: Reader, most: int = MOST_RECORDS) -> Iterator[RecordView]:
        """The records behind `ids`; one that is withdrawn meanwhile is left out."""
        ids = self.ids(query, reader, most)
        for start in range(0, len(ids), PAGE):
            yield from self._catalog.records(ids[start : start + PAGE], reader)


def stated(record: RecordView) -> dict[str, Any]:
    """All that is stated of a record and may be shown, by the names of the fields it is handed in with."""
    place = {"country": record.place.country, "region": record.place.region, "municipality": record.place.municipality}
    columns = {name: place[name] if name in place else getattr(record, name) for name in COLUMNS}
    given = {"key": record.key, **columns, **record.details, "year": record.details.get("year")}
    return {name: value for name in FIELDS if (value := given.get(name)) not in (None, "", [], ())}


def as_data(record: RecordView, address: str, **more: object) -> dict[str, Any]:
    """A record as a program reads it: its fields and its documents."""
    extra = {name: value for name, value in record.details.items() if name not in FIELDS and name not in INTERNAL}
    return {
        "record": record.record_id,
        "state": record.state,
        "address": address,
        **stated(record),
        **extra,
        **more,
        "documents": [_document(one) for one in record.documents],
    }


def _document(one: Any) -> dict[str, Any]:
    names = ("document_id", "name", "media_type", "status", "language", "page_count", "size", "sha256")
    return {name: value for name, value in asdict(one).items() if name in names}


def as_json(records: Iterable[Mapping[str, Any]], **about: object) -> Iterator[str]:
    """A JSON object of what the records are of, and the records, piece by piece."""
    head = json.dumps(about, ensure_ascii=False)[:-1]
    yield f'{head}{", " if about else ""}"records": [\n'
    for number, record in enumerate(records):
        yield (",\n" if number else "") + json.dumps(record, ensure_ascii=False)
    yield "\n]}\n"


def as_csv(rows: Iterable[tuple[RecordView, str, Mapping[str, Any]]], more: tuple[str, ...] = ()) -> Iterator[str]:
    """A table with a row for each record, its address and what else is known of it, piece by piece.

    It begins with a byte order mark, by which spreadsheets know UTF-8, and no cell of it is a formula.
    """
    names = (*AT_FIRST, *more, *FIELDS)
    yield "\ufeff" + _line(names)
    for record, address, known in rows:
        cells = {"record": record.record_id, "state": record.state, "address": address, **known, **stated(record)}
        yield _line(_cell(cells.get(name)) for name in names)


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cell(value: object) -> object:
    """A cell as `kb import` reads it; text that would be a formula is kept from being one by an apostrophe."""
    if value is None or isinstance(value, int | float):
        return value
    words = _words(value)
    return f"'{words}" if words.startswith(FORMULA) else words


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"{SEPARATOR} ".join(_words(one) for one in value)
    return str(value)
