"""Describing a record by form, group by group: each is saved by itself, and what is wrong is told at its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from flask import abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import places, vocabulary
from kb.errors import InvalidFields, Outdated
from kb.services import differences
from kb.services.fields import RecordFields, check
from kb.values import Difference, WorkView
from webui import context, session
from webui.submission import forms, offers
from webui.submission.area import blueprint
from webui.texts import LANGUAGES, text

Answer = str | BaseResponse | tuple[str, int]

COUNTRIES_FIRST = ("IT", "FR", "DE", "ES", "AT", "CH")

NAMES = 20
"""Municipalities offered while a name is being written."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of one group shows besides the record as it is kept."""

    group: str
    values: Mapping[str, Any]
    view: WorkView | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: tuple[Difference, ...] = ()
    why: str = ""


@blueprint.get("/submit/record")
@session.needs("contributor")
def new() -> str:
    """The form of a new record: who it is, the rest follows."""
    kind = request.args.get("kind", "practice")
    chosen = kind if kind in vocabulary.terms("kinds") else "practice"
    return _page(Page("identity", {"kind": chosen, "language": context.language()}))


@blueprint.post("/submit/record")
@session.needs("contributor")
def begin() -> Answer:
    """Begin the record, and go on to its next group."""
    values = forms.sent("identity", request.form)
    try:
        record_id = context.kb().editing.begin(check(values), context.reader())
    except InvalidFields as error:
        return _page(Page("identity", values, errors=_told(error))), 400
    return redirect(url_for("submission.form", record_id=record_id, group=_next(str(values["kind"]), "identity")))


@blueprint.get("/submit/record/<int(max=9223372036854775807):record_id>")
@session.needs("member")
def form(record_id: int) -> str:
    """One group of a record's fields."""
    view = context.kb().editing.view(record_id, context.reader())
    return _page(Page(_group(view), view.fields, view))


@blueprint.post("/submit/record/<int(max=9223372036854775807):record_id>")
@session.needs("member")
def save(record_id: int) -> Answer:
    """Save one group, and go on to the next or where the button says."""
    kb, reader = context.kb(), context.reader()
    view = kb.editing.view(record_id, reader)
    group, why = _group(view), request.form.get("why", "")
    values = forms.taken(forms.sent(group, request.form), request.form.get("take", ""))
    values, several = forms.placed(values) if group == "place" else (values, ())
    if several:
        named = "; ".join(f"{one} {one.istat}" for one in several)
        told = {"municipality": text("submission.problem.several", context.language(), named=named)}
        return _page(Page(group, values, view, told, why=why)), 400
    try:
        kb.editing.save(record_id, _version(), _changes(values, view), reader, why)
    except InvalidFields as error:
        return _page(Page(group, values, view, _told(error), why=why)), 400
    except Outdated:
        conflict = _conflict(view, values)
        return _page(Page(group, values, view, conflict=conflict, why=why)), 409
    return redirect(_goes_on(record_id, str(values.get("kind") or view.fields["kind"]), group))


@blueprint.get("/submit/municipalities.json")
@session.needs("member")
def municipalities() -> BaseResponse:
    """Names of municipalities that begin as given, for the list that a script fills."""
    begun = request.args.get("q", "")[:60]
    return jsonify([str(one) for one in places.beginning(begun, NAMES)])


def _changes(values: Mapping[str, Any], view: WorkView) -> dict[str, Any]:
    """What she states: all that she was shown, but for fields that were filled in after she was and that she left."""
    known = set(request.form.get("provisional", "").split())
    since = {name for name in view.provisional if name not in known and values.get(name) in ("", [], None)}
    return {name: value for name, value in values.items() if name not in since}


def _conflict(view: WorkView, values: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Where the record as it now is says something else than what she wanted to save."""
    now = {name: view.fields.get(name) for name in values}
    return differences.between(now, {**now, **values})


def _version() -> int:
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else abort(400)


def _group(view: WorkView) -> str:
    steps = _steps(view.fields)
    asked = request.args.get("group", "identity")
    return asked if asked in steps else abort(404)


def _steps(values: Mapping[str, Any]) -> tuple[str, ...]:
    return forms.STEPS.get(str(values.get("kind")), forms.STEPS["practice"])


def _next(kind: str, group: str) -> str | None:
    steps = forms.STEPS.get(kind, forms.STEPS["practice"])
    at = steps.index(group) + 1 if group in steps else 0
    return steps[at] if at < len(steps) else None


def _goes_on(record_id: int, kind: str, group: str) -> str:
    following = _next(kind, group)
    if taken := request.form.get("take", "").partition("=")[0]:
        return url_for("submission.form", record_id=record_id, group=group, _anchor=f"field-{taken}")
    if request.form.get("then") == "leave":
        return url_for("submission.my")
    if following is None or request.form.get("then") == "check":
        return url_for("submission.check_record", record_id=record_id)
    return url_for("submission.form", record_id=record_id, group=following)


def _told(error: InvalidFields) -> dict[str, str]:
    return forms.problems_by_field(error.facts["problems"], context.language())  # type: ignore[arg-type]


def _page(page: Page) -> str:
    language, view = context.language(), page.view
    steps, held = _steps(view.fields if view else page.values), forms.GROUPS[page.group]
    mine = {one.name for one in held}
    return render_template(
        "submission/form.html",
        page=page,
        view=view,
        steps=steps,
        fields=held,
        names={one.name: forms.label(one.name, language) for one in held},
        shown={one.name: forms.shown(one, page.values.get(one.name)) for one in held},
        offers=offers.by_field(view.record.record_id, language) if view else {},
        elsewhere={name: told for name, told in page.errors.items() if name not in mine and name != "why"},
        label=lambda name: forms.label(name, language) if name in RecordFields.model_fields else name,
        choices=_choices(language),
        terms=lambda name: [(code, vocabulary.label(name, code, language)) for code in vocabulary.terms(name)],
        as_text=differences.as_text,
        licences=forms.LICENCES,
    )


def _choices(language: str) -> dict[str, list[tuple[str, str]]]:
    """Countries and languages by name, those that are met most first."""
    known = Locale.parse(language)
    countries = sorted(
        ((code, str(name)) for code, name in known.territories.items() if len(code) == 2 and code.isalpha()),
        key=lambda one: (one[0] not in COUNTRIES_FIRST, one[1]),
    )
    spoken = ((code, str(name)) for code, name in known.languages.items() if len(code) == 2)
    languages = sorted(spoken, key=lambda one: (one[0] not in LANGUAGES, one[1]))
    return {"country": countries, "language": languages}
