"""One record under review: beside its documents, with the criteria, what resembles it, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidInput, KbError, NotFound, Outdated
from kb.services import criteria
from kb.services.catalog import RECORD_TYPE
from kb.services.review_queue import MINE
from kb.services.steps import Decision
from webui import context, details, errors, offered
from webui.review.area import blueprint, number, refusal
from webui.session import needs, notify
from webui.texts import text

ID = "/<int(max=9223372036854775807):record_id>"

ANSWERS = {"yes": True, "no": False}
"""What a form says of a criterion → what that means; all else is no answer."""

Answer = str | BaseResponse | tuple[str, int]


@blueprint.get(ID)
@needs("curator")
def case(record_id: int) -> str:
    """A record with all that a reviewer needs to decide on it."""
    return _page(record_id)


@blueprint.post(f"{ID}/decision")
@needs("curator")
def decide(record_id: int) -> Answer:
    """Take the decision whose button was pressed."""
    decision = Decision(request.form.get("decision", ""), request.form.get("reason", ""), number(_given("seen")))

    def act() -> None:
        found = context.kb().reviewing.decide(record_id, _version(), decision, context.reader())
        title = context.kb().catalog.record(found, context.reader()).title
        notify(text(f"review.decided.{decision.name}", context.language(), title=title))

    return _acted(record_id, "decision", act)


@blueprint.post(f"{ID}/assignee")
@needs("curator")
def assign(record_id: int) -> Answer:
    """Give the record to a reviewer."""
    reader, to = context.reader(), _given("to")
    assignee = reader.account_id if to == MINE else number(to)
    return _acted(record_id, "assignee", lambda: context.kb().reviewing.assign(record_id, assignee, reader))


@blueprint.post(f"{ID}/remarks")
@needs("curator")
def remark(record_id: int) -> Answer:
    """Say something to reviewers, or to the submitter."""
    said, internal = _given("text"), _given("to") != "submitter"
    reviewing, reader = context.kb().reviewing, context.reader()
    return _acted(record_id, "remarks", lambda: reviewing.remark(record_id, said, reader, internal=internal))


@blueprint.post(f"{ID}/replies")
@needs("member")
def reply(record_id: int) -> BaseResponse:
    """Let the submitter answer, from the page of her record."""
    context.kb().reviewing.remark(record_id, _given("text"), context.reader(), internal=False)
    notify(text("review.reply.sent", context.language()))
    return redirect(url_for("records.record", record_id=record_id, _anchor="remarks"))


@blueprint.post(f"{ID}/criteria")
@needs("curator")
def assess(record_id: int) -> Answer:
    """Keep the answers to the criteria."""
    answers = {
        name: {"met": ANSWERS.get(_given(f"met-{name}")), "note": _given(f"note-{name}")}
        for group in criteria.GROUPS
        for name in criteria.of(group)
    }
    reviewing, reader = context.kb().reviewing, context.reader()
    return _acted(record_id, "criteria", lambda: reviewing.assess(record_id, _version(), answers, reader))


@blueprint.post(f"{ID}/duplicates")
@needs("curator")
def dismiss(record_id: int) -> Answer:
    """Keep that another record is no duplicate of this one."""
    duplicates, reader, other = context.kb().duplicates, context.reader(), number(_given("other")) or 0
    return _acted(record_id, "duplicates", lambda: duplicates.dismiss(record_id, other, reader))


@blueprint.post(f"{ID}/versions")
@needs("curator")
def link(record_id: int) -> Answer:
    """Link the record with one that tells the same in another language, or take it out of such links."""
    works, reader, other = context.kb().works, context.reader(), number(_given("other")) or 0
    if _given("act") == "unlink":
        return _acted(record_id, "versions", lambda: works.unlink(other, reader))
    return _acted(record_id, "versions", lambda: works.link([record_id, other], reader))


@blueprint.post(f"{ID}/language")
@needs("curator")
def state_language(record_id: int) -> Answer:
    """State the language of one of the record's documents, or have it detected again."""
    languages, reader, document_id = context.kb().languages, context.reader(), number(_given("document")) or 0
    if _given("act") == "detect":
        return _acted(record_id, "documents", lambda: languages.detect_again(document_id, reader))
    code = _given("code").lower()
    return _acted(record_id, "documents", lambda: languages.state(document_id, code, reader))


def _given(name: str) -> str:
    return request.form.get(name, "").strip()


def _version() -> int:
    return number(_given("version")) or 0


def _acted(record_id: int, place: str, act: Callable[[], object]) -> Answer:
    """Act, and show the record again; what cannot be done is said at its place, with what was typed kept."""
    try:
        act()
    except (InvalidInput, NotFound, Outdated) as error:
        return _page(record_id, refused=(place, error)), errors.status_of(error)
    if place != "decision":
        notify(text("review.kept", context.language()))
    return redirect(url_for("review.case", record_id=record_id, _anchor=place))


def _page(record_id: int, refused: tuple[str, KbError] | None = None) -> str:
    kb, reader, language = context.kb(), context.reader(), context.language()
    view = kb.catalog.record(record_id, reader)
    case = kb.reviewing.case(record_id, reader)
    return render_template(
        "review/case.html",
        record=view,
        case=case,
        facts=details.facts(view, language),
        sections=details.sections(view, language),
        source=details.source_url(view),
        files=[document for document in view.documents if document.media_type != RECORD_TYPE],
        doubles=offered.alike(record_id),
        linked=kb.works.versions_of(record_id, reader),
        proposals=offered.proposals(record_id, language),
        unconfirmed=offered.unconfirmed(view, language),
        proposed=kb.desk.proposed(record_id, reader) if case.amends else (),
        refused={} if refused is None else {refused[0]: refusal(refused[1])},
        typed=_typed() if refused else {},
    )


def _typed() -> dict[str, Any]:
    """What was typed into the form that was refused."""
    return request.form.to_dict()
