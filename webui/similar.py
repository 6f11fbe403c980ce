"""More like this: the records like another one, like a pasted text, or like a file that is read and forgotten."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from kb import sentences
from kb.config import Config
from kb.errors import EmptyQuery, IngestError, InvalidInput, NotReady
from kb.services.similar import LISTED, LONGEST_TEXT
from kb.values import Neighbours, Query, RecordView, Results
from webui import context
from webui.limits import largest_form, limited
from webui.session import csrf
from webui.texts import text

MEGABYTE = 1 << 20
MOST_TEXT_BYTES = 4 * LONGEST_TEXT
"""A character is four bytes at most; a text that has more is refused before it is kept in memory."""


def most_bytes(config: Config) -> int:
    """The largest form that is taken in: a file and a text."""
    return config.max_file_mb * MEGABYTE + MOST_TEXT_BYTES


ALL = Query(text="", limit=LISTED)


ENTRIES = (("similar.form", "nav.similar", None),)

blueprint = Blueprint("similar", __name__)


@blueprint.get("/records/<int(max=9223372036854775807):record_id>/similar")
@limited("search")
def of_record(record_id: int) -> str:
    """The records most like this one."""
    view = context.kb().catalog.record(record_id, context.reader())
    found = context.kb().similar.to_record(record_id, context.reader(), ALL)
    return render_template("similar.html", record=view, results=found)


@blueprint.get("/similar")
def form() -> str:
    """The form that takes a text or a file."""
    return _page()


@blueprint.post("/similar")
@csrf.exempt  # type: ignore[untyped-decorator] # it changes nothing
@largest_form(most_bytes, text=MOST_TEXT_BYTES)
@limited("upload")
def of_text() -> tuple[Response, int]:
    """The records most like what was handed in; none of it is stored, here or by caches."""
    pasted, status = "", 200
    try:
        pasted = request.form.get("text", "")
        page = _page(results=_found(pasted, request.files.get("file")), pasted=pasted)
    except (IngestError, InvalidInput) as error:
        page, status = _page(hint=_hint(error), pasted=pasted), 400
    except RequestEntityTooLarge:
        page, status = _page(hint=_too_large()), 413
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response, status


def neighbours(record: RecordView) -> Neighbours:
    """What stands around a record on its page; nothing while search is not ready."""
    try:
        return context.kb().similar.neighbours(record, context.reader())
    except NotReady:
        return Neighbours()


def _found(pasted: str, file: FileStorage | None) -> Results:
    """What is like the file when one was chosen, else like the text."""
    if file is None or not file.filename:
        return context.kb().similar.to_text(pasted, context.reader(), ALL)
    with tempfile.TemporaryDirectory(prefix="kb-similar-") as aside:
        path = Path(aside) / "file"
        file.save(path)
        return context.kb().similar.to_file(path, file.filename[-255:], context.reader(), ALL)


def _page(*, results: Results | None = None, hint: str | None = None, pasted: str = "") -> str:
    most = context.kb().config.max_file_mb
    return render_template("similar.html", results=results, hint=hint, pasted=pasted[:LONGEST_TEXT], most=most)


def _hint(error: IngestError | InvalidInput) -> str:
    """What is wrong with what was handed in, in the words an upload gets."""
    if isinstance(error, EmptyQuery):
        return text("similar.empty", context.language())
    return sentences.tell(error.code, context.language()) or text("similar.too-long", context.language())


def _too_large() -> str:
    return text("similar.too-large", context.language(), most=context.kb().config.max_file_mb)
