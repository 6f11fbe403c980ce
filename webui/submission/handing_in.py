"""Where handing in begins, and many files at once: each becomes a draft whose progress is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import sentences
from kb.errors import IngestError, MissingFile
from kb.values import FileProgress, Outcome
from webui import context, session
from webui.limits import largest_form, limited
from webui.submission.area import MOST_FILES, allowed_bytes, blueprint, most_bytes, sent_files, set_aside
from webui.texts import text

MEGABYTE = 1 << 20

MOST_WATCHED = 200
"""Files whose progress is told at once."""

LARGEST = (1 << 63) - 1


@blueprint.get("/submit")
@session.needs("contributor")
def submit() -> str:
    """The ways to hand something in."""
    return render_template("submission/start.html")


@blueprint.get("/submit/files")
@session.needs("contributor")
def files() -> str:
    """The form for many files."""
    return _form()


@blueprint.post("/submit/files")
@largest_form(allowed_bytes)
@limited("upload")
@session.needs("contributor")
def take_files() -> str | BaseResponse | tuple[str, int]:
    """Make a draft of each file; scripts, which send one at a time, are answered in JSON."""
    sent = sent_files()
    if not sent or len(sent) > MOST_FILES:
        hint = "submission.files.none" if not sent else "submission.files.too-many"
        return _form(text(hint, context.language(), most=MOST_FILES)), 400
    with set_aside(sent) as given:
        outcomes = [_handed_in(path, name) for path, name in given]
    if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
        return jsonify([_told(one) for one in outcomes])
    return render_template("submission/progress.html", files=_progress(outcomes), refused=_refused(outcomes))


@blueprint.get("/submit/progress")
@session.needs("member")
def progress() -> str:
    """How far the files named in the address are."""
    return render_template("submission/progress.html", files=_watched(), refused=())


@blueprint.get("/submit/progress.json")
@session.needs("member")
def progress_json() -> BaseResponse:
    """The same for the script that watches."""
    language = context.language()
    told = [
        {
            "document": one.document_id,
            "record": url_for("submission.form", record_id=one.record_id),
            "title": one.title,
            "status": one.status,
            "sentence": sentence(one, language),
        }
        for one in _watched()
    ]
    response = jsonify(told)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/records/<int(max=9223372036854775807):record_id>/amend")
@session.needs("member")
def amend(record_id: int) -> BaseResponse:
    """Begin a proposed change of a published record, or go on with the one that is open."""
    return redirect(url_for("submission.form", record_id=context.kb().editing.amend(record_id, context.reader())))


def sentence(one: FileProgress, language: str) -> str:
    """How far a file is, and what to do when it failed."""
    return sentences.tell(one.code or one.status, language) or text(f"submission.file.{one.status}", language)


def _form(hint: str | None = None) -> str:
    config = context.kb().config
    return render_template(
        "submission/files.html",
        hint=hint,
        most=MOST_FILES,
        largest=config.max_file_mb,
        together=most_bytes(config) // MEGABYTE,
    )


def _handed_in(path: Path, name: str) -> Outcome:
    try:
        return context.kb().editing.hand_in(path, name, context.reader())
    except (IngestError, MissingFile) as error:
        return Outcome(source=name, status="rejected", code=error.code, message=error.message)


def _watched() -> tuple[FileProgress, ...]:
    asked = [int(one) for one in request.args.getlist("document")[:MOST_WATCHED] if one.isdecimal() and len(one) < 19]
    return context.kb().desk.progress(asked, context.reader())


def _progress(outcomes: Sequence[Outcome]) -> tuple[FileProgress, ...]:
    taken = [one.document_id for one in outcomes if one.document_id is not None and one.status == "waiting"]
    return context.kb().desk.progress(taken, context.reader())


def _refused(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    return [_told(one) for one in outcomes if one.status != "waiting"]


def _told(one: Outcome) -> dict[str, object]:
    """What became of one file, as a page or a script tells it."""
    language = context.language()
    told = {"name": one.source, "status": one.status, "document": one.document_id, "record": None}
    if one.status == "duplicate":
        address = url_for("records.record", record_id=one.record_id)
        return {**told, "record": address, "sentence": text("submission.file.duplicate", language)}
    if one.status == "rejected":
        return {**told, "sentence": sentences.tell(one.code or "", language) or one.message}
    return {**told, "sentence": text("submission.file.waiting", language)}
