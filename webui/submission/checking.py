"""Looking a record over, and sending it: what is missing, what it is judged by, and what resembles it."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import vocabulary
from kb.errors import InvalidFields
from kb.services.catalog import RECORD_TYPE
from kb.services.fields import RecordFields
from webui import context, session
from webui.submission import forms, offers
from webui.submission.area import blueprint
from webui.submission.uploading import allowed, version
from webui.texts import text


@blueprint.get("/submit/record/<int(max=9223372036854775807):record_id>/check")
@session.needs("member")
def check_record(record_id: int) -> str:
    """What is missing in a record, what it will be judged by, and what is like it."""
    return _page(record_id)


@blueprint.post("/submit/record/<int(max=9223372036854775807):record_id>/check")
@session.needs("member")
def send(record_id: int) -> BaseResponse | tuple[str, int]:
    """Send a record for review."""
    try:
        context.kb().editing.submit(record_id, version(), context.reader(), request.form.get("why", ""))
    except InvalidFields:
        return _page(record_id), 400
    return _done("submission.sent")


@blueprint.post("/submit/record/<int(max=9223372036854775807):record_id>/take-back")
@session.needs("member")
def take_back(record_id: int) -> BaseResponse:
    """Make a draft again of a record that waits for review."""
    context.kb().editing.take_back(record_id, version(), context.reader())
    return _done("submission.taken-back")


@blueprint.route("/submit/record/<int(max=9223372036854775807):record_id>/discard", methods=["GET", "POST"])
@session.needs("member")
def discard(record_id: int) -> str | BaseResponse:
    """Delete a draft, once it was asked whether she means it."""
    if request.method == "GET":
        return render_template("submission/discard.html", view=allowed(record_id, "discard"))
    context.kb().editing.discard(record_id, version(), context.reader())
    return _done("submission.discarded")


@blueprint.route("/submit/record/<int(max=9223372036854775807):record_id>/ask-withdrawal", methods=["GET", "POST"])
@session.needs("member")
def ask_withdrawal(record_id: int) -> str | BaseResponse | tuple[str, int]:
    """Ask curators to withdraw a published record, with the reason."""
    view = allowed(record_id, "ask-withdrawal")
    if request.method == "GET":
        return render_template("submission/withdrawal.html", view=view, error="")
    try:
        context.kb().editing.ask_withdrawal(record_id, context.reader(), request.form.get("why", ""))
    except InvalidFields:
        error = text("submission.problem.required", context.language())
        return render_template("submission/withdrawal.html", view=view, error=error), 400
    return _done("submission.withdrawal-asked")


def _done(key: str) -> BaseResponse:
    session.notify(text(key, context.language()))
    return redirect(url_for("submission.my"))


def _page(record_id: int) -> str:
    kb, reader, language = context.kb(), context.reader(), context.language()
    view = kb.editing.view(record_id, reader)
    return render_template(
        "submission/check.html",
        view=view,
        lacks=kb.desk.lacks(record_id, reader),
        proposed=kb.desk.proposed(record_id, reader),
        criteria=_criteria(language),
        doubles=offers.alike(record_id, view.amends_id),
        versions=kb.duplicates.versions(record_id, reader),
        files=[one for one in view.record.documents if one.media_type != RECORD_TYPE],
        label=_labelled(language),
        group_of=forms.group_of,
    )


def _labelled(language: str) -> Callable[[str], str]:
    def named(name: str) -> str:
        own = name in RecordFields.model_fields
        return forms.label(name, language) if own else text(f"submission.label.{name}", language)

    return named


def _criteria(language: str) -> dict[str, list[tuple[str, str]]]:
    """Set of criteria → each by name, with what it asks."""
    found: dict[str, list[tuple[str, str]]] = {}
    for code, words in vocabulary.terms("criteria").items():
        told = words.get(f"help.{language}") or words["help.en"]
        found.setdefault(words["group"], []).append((vocabulary.label("criteria", code, language), told))
    return found
