"""The versions of a record: who changed what, when and why; what differs; and going back."""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import vocabulary
from kb.services import differences
from kb.services.fields import RecordFields
from kb.values import Difference
from webui import context, details, labels, session
from webui.submission import forms
from webui.submission.area import blueprint
from webui.submission.uploading import version
from webui.texts import text

TERMS = {**details.TERMS, "kind": "kinds", "promoter_kind": "promoter-kinds"}
"""Field → the vocabulary by which its values are named."""


@blueprint.get("/records/<int(max=9223372036854775807):record_id>/history")
@session.needs("member")
def history(record_id: int) -> str:
    """All versions of a record, newest first."""
    kb, reader = context.kb(), context.reader()
    view = kb.editing.view(record_id, reader)
    return render_template("submission/history.html", view=view, versions=kb.desk.history(record_id, reader))


@blueprint.get("/records/<int(max=9223372036854775807):record_id>/difference")
@session.needs("member")
def difference(record_id: int) -> str:
    """What two versions of a record say differently; without any named, what an amendment proposes."""
    kb, reader = context.kb(), context.reader()
    view = kb.editing.view(record_id, reader)
    older, newer = _number("from"), _number("to")
    if older is None or newer is None:
        found = kb.desk.proposed(record_id, reader)
    else:
        found = kb.desk.difference(record_id, older, newer, reader)
    told = list(readable(found, context.language()))
    return render_template("submission/difference.html", view=view, differences=told, older=older, newer=newer)


@blueprint.post("/records/<int(max=9223372036854775807):record_id>/restore")
@session.needs("member")
def restore(record_id: int) -> BaseResponse:
    """Let a record say again what an earlier version did."""
    number = request.form.get("number", "")
    if not number.isdecimal() or len(number) > 9:
        abort(400)
    language = context.language()
    why = request.form.get("why", "") or text("submission.restored.why", language, number=number)
    context.kb().editing.restore(record_id, int(number), version(), context.reader(), why)
    session.notify(text("submission.restored", language, number=number))
    return redirect(url_for("submission.history", record_id=record_id))


def readable(found: tuple[Difference, ...], language: str) -> Iterator[tuple[str, Difference]]:
    """Each difference under the name of its field, its values named as people read them."""
    for one in found:
        before, after = (_named(one.field, value, language) for value in (one.before, one.after))
        pieces = tuple(differences.pieces(before, after))
        yield _label(one.field, language), Difference(field=one.field, before=before, after=after, pieces=pieces)


def _label(name: str, language: str) -> str:
    own = name in RecordFields.model_fields
    return forms.label(name, language) if own else text(f"submission.label.{name}", language)


def _named(name: str, value: object, language: str) -> str:
    if name == "state" and value:
        return text(f"state.{value}", language)
    if isinstance(value, bool):
        return text(f"submission.{'yes' if value else 'no'}", language)
    if value and name in ("country", "language"):
        named = labels.country_name if name == "country" else labels.language_name
        return named(str(value), language)
    if name not in TERMS or value in (None, ""):
        return differences.as_text(value)
    several = value if isinstance(value, list | tuple) else [value]
    return "\n".join(vocabulary.label(TERMS[name], str(one), language) for one in several)


def _number(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else None
