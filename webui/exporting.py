"""Records taken along: one of them, or all of a list or search, as data or as references."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from flask import Blueprint, Response, request

from kb import citation
from kb.errors import NotFound
from kb.services import exports
from kb.values import RecordView
from webui import asked, context, downloads, place

RIS, BIBTEX = "application/x-research-info-systems; charset=utf-8", "application/x-bibtex; charset=utf-8"
MOST_RECORDS = 1_000
"""Records of a list that a page hands out at once; `kb export` and the interfaces for programs have no such limit."""

blueprint = Blueprint("exports", __name__)


@blueprint.get("/records/<int(max=9223372036854775807):record_id>.json")
def record_json(record_id: int) -> Response:
    """A record with all its fields."""
    record = _record(record_id)
    written = "".join(exports.as_json([_data(record)]))
    return _file(written, f"agora21-{record_id}.json", "application/json", record)


@blueprint.get("/records/<int(max=9223372036854775807):record_id>.ris")
def record_ris(record_id: int) -> Response:
    """A record as a reference in RIS."""
    record = _record(record_id)
    return _file(_ris(record), f"agora21-{record_id}.ris", RIS, record)


@blueprint.get("/records/<int(max=9223372036854775807):record_id>.bib")
def record_bib(record_id: int) -> Response:
    """A record as a reference in BibTeX."""
    record = _record(record_id)
    return _file(_bibtex(record), f"agora21-{record_id}.bib", BIBTEX, record)


@blueprint.get("/records/<int(max=9223372036854775807):record_id>.txt")
def record_txt(record_id: int) -> Response:
    """A record as a line to cite it by."""
    record = _record(record_id)
    line = citation.plain(record, downloads.record_address(record_id)) + "\n"
    return _file(line, f"agora21-{record_id}.txt", "text/plain; charset=utf-8", record)


@blueprint.get("/records.csv")
def list_csv() -> Response:
    """The records of a list, or of a search where there is a question, as a table."""
    written = exports.as_csv((one, downloads.record_address(one.record_id), {}) for one in _listed())
    return downloads.stream(written, "agora21.csv", "text/csv; charset=utf-8")


@blueprint.get("/records.json")
def list_json() -> Response:
    """The same as JSON."""
    return downloads.stream(exports.as_json(map(_data, _listed())), "agora21.json", "application/json")


@blueprint.get("/records.ris")
def list_ris() -> Response:
    """The same as references in RIS."""
    return downloads.stream(map(_ris, _listed()), "agora21.ris", RIS)


@blueprint.get("/records.bib")
def list_bib() -> Response:
    """The same as references in BibTeX."""
    return downloads.stream((f"{_bibtex(one)}\n" for one in _listed()), "agora21.bib", BIBTEX)


@blueprint.app_context_processor
def _names() -> dict[str, object]:
    return {"citation": lambda record: citation.plain(record, downloads.record_address(record.record_id))}


def _record(record_id: int) -> RecordView:
    """The record as everybody sees it, for whoever may know of it."""
    found = context.kb().catalog.records([record_id], context.reader())
    if not found:
        raise NotFound(f"There is no record {record_id}.", record=record_id)
    return found[0]


def _listed() -> Iterator[RecordView]:
    """The records asked for; what is wrong with the question is told before the first of them."""
    query, _ = place.resolve(asked.read(request.args))
    found = context.kb().exports.records(query, context.reader(), MOST_RECORDS)
    return chain(list(islice(found, 1)), found)


def _data(record: RecordView) -> dict[str, object]:
    return exports.as_data(record, downloads.record_address(record.record_id))


def _ris(record: RecordView) -> str:
    return citation.ris(record, downloads.record_address(record.record_id))


def _bibtex(record: RecordView) -> str:
    return citation.bibtex(record, downloads.record_address(record.record_id))


def _file(written: str, name: str, mimetype: str, record: RecordView) -> Response:
    return downloads.file(written.encode(), name, mimetype, record.state == "published")
