"""A record with its documents and passages, and the originals."""

from __future__ import annotations

from codecs import getincrementaldecoder
from pathlib import Path

from flask import Blueprint, Response, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import NotFound
from kb.services import rights
from kb.services.catalog import RECORD_TYPE
from webui import context, details, offered, similar

PDF = "application/pdf"
UNKNOWN = "application/octet-stream"
INLINE = (PDF, "text/plain")
"""What a browser shows by itself; everything else is handed over as a file."""

SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
VIEWER = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
"""The browser's own PDF viewer cannot work in a sandbox; a PDF's scripts never run as the site's."""

SNIFFED = 65_536

blueprint = Blueprint("records", __name__)


@blueprint.get("/records/<int(max=9223372036854775807):record_id>")
def record(record_id: int) -> str | BaseResponse:
    """A record as people read it; one that became part of another leads there."""
    kb, reader = context.kb(), context.reader()
    if (other := kb.catalog.moved(record_id, reader)) is not None:
        return redirect(url_for("records.record", record_id=other), 301)
    view = kb.catalog.record(record_id, reader)
    language = context.language()
    shown = details.sections(view, language)
    return render_template(
        "record.html",
        record=view,
        groups=details.groups(view, language),
        figures=details.figures(view),
        sections=shown,
        loose=details.loose_passages(view, shown),
        source=details.source_url(view),
        photo=details.photo(view),
        around=similar.neighbours(view),
        doubles=offered.alike(record_id),
        versions=offered.versions(view),
        proposals=offered.proposals(record_id, language),
        unconfirmed=offered.unconfirmed(view, language),
        linked=kb.works.versions_of(record_id, reader),
        desk=kb.reviewing.standing(record_id, reader) if rights.may(reader, "review") else None,
        said=() if rights.may(reader, "review") else kb.reviewing.remarks(record_id, reader),
        files=[document for document in view.documents if document.media_type != RECORD_TYPE],
    )


@blueprint.get("/records/<int(max=9223372036854775807):record_id>/photo")
def photo(record_id: int) -> Response:
    """The photo among a record's files, to be shown as a picture and as nothing else."""
    kb, reader = context.kb(), context.reader()
    shown = details.photo(kb.catalog.record(record_id, reader))
    if shown is None or shown.document_id is None:
        raise NotFound(f"Record {record_id} has no photo.", record=record_id)
    stored = kb.catalog.original(shown.document_id, reader)
    response = send_file(stored.path, mimetype=shown.media_type, conditional=True, etag=stored.sha256)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/documents/<int(max=9223372036854775807):document_id>/original")
def original(document_id: int) -> Response:
    """The file itself, whole or in part, shown by the browser only where that is harmless."""
    stored = context.kb().catalog.original(document_id, context.reader())
    inline = stored.media_type in INLINE
    response = send_file(
        stored.path,
        mimetype=stored.media_type or UNKNOWN,
        as_attachment=not inline,
        download_name=_safe_name(stored.name),
        conditional=True,
        etag=stored.sha256,
    )
    if stored.media_type.startswith("text/"):
        response.content_type = f"{stored.media_type}; charset={_charset(stored.path)}"
    response.headers["Content-Security-Policy"] = VIEWER if stored.media_type == PDF else SANDBOX
    # The next reader may no longer be allowed what this one was, so every use asks again.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _charset(path: Path) -> str:
    """UTF-8 where the beginning is valid UTF-8, else the code page the Web falls back to."""
    with path.open("rb") as file:
        beginning = file.read(SNIFFED)
    try:
        # Not final: the cut may fall inside a character.
        getincrementaldecoder("utf-8")().decode(beginning, final=False)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _safe_name(name: str) -> str:
    """A file name without folders and without characters a header cannot carry."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()) or "document"
