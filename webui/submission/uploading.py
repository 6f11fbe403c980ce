"""The files of one record: added, taken out, and told of."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import sentences
from kb.errors import NotAllowed
from kb.services.catalog import RECORD_TYPE
from kb.values import WorkView
from webui import context, session
from webui.limits import largest_form, limited
from webui.submission.area import MOST_FILES, allowed_bytes, blueprint, sent_files, set_aside
from webui.texts import text


@blueprint.get("/submit/record/<int(max=9223372036854775807):record_id>/files")
@session.needs("member")
def record_files(record_id: int) -> str:
    """The files of a record, and the form that adds more."""
    return _page(record_id)


@blueprint.post("/submit/record/<int(max=9223372036854775807):record_id>/files")
@largest_form(allowed_bytes)
@limited("upload")
@session.needs("member")
def attach(record_id: int) -> str | BaseResponse | tuple[str, int]:
    """Add files to a record."""
    language, sent = context.language(), sent_files()
    allowed(record_id, "edit")
    if not sent or len(sent) > MOST_FILES:
        hint = "submission.files.none" if not sent else "submission.files.too-many"
        return _page(record_id, text(hint, language, most=MOST_FILES)), 400
    with set_aside(sent) as given:
        outcomes = context.kb().editing.attach(record_id, version(), given, context.reader())
    for one in outcomes:
        if one.status == "rejected":
            why = sentences.tell(one.code or "", language) or one.message
            session.notify(f"{one.source}: {why}", "danger")
        if one.status == "unchanged":
            session.notify(text("submission.file.unchanged", language, name=one.source), "warning")
    return redirect(url_for("submission.record_files", record_id=record_id))


@blueprint.post(
    "/submit/record/<int(max=9223372036854775807):record_id>/files/<int(max=9223372036854775807):document_id>/remove"
)
@session.needs("member")
def detach(record_id: int, document_id: int) -> BaseResponse:
    """Take a file out of a record."""
    context.kb().editing.detach(record_id, version(), document_id, context.reader())
    return redirect(url_for("submission.record_files", record_id=record_id))


def allowed(record_id: int, action: str) -> WorkView:
    """The record as whoever works on it needs it; raises `NotAllowed` where she may not take the action now."""
    view = context.kb().editing.view(record_id, context.reader())
    if action not in view.actions:
        raise NotAllowed(f"Record {record_id} is {view.record.state}: you may not do this with it.", action=action)
    return view


def version() -> int:
    """The version that a form was made from; one that is none is never the present one."""
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def _page(record_id: int, hint: str | None = None) -> str:
    view = context.kb().editing.view(record_id, context.reader())
    files = [one for one in view.record.documents if one.media_type != RECORD_TYPE]
    largest = context.kb().config.max_file_mb
    return render_template(
        "submission/record_files.html", view=view, files=files, hint=hint, most=MOST_FILES, largest=largest
    )
