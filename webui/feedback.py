"""Reports by readers: of the site, of its accessibility, of a record."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidFeedback, NotFound
from kb.services.feedback import LONGEST, SHORTEST, Topic
from kb.values import RecordView
from webui import context
from webui.limits import limited
from webui.session import notify
from webui.texts import text

ENTRIES: tuple[tuple[str, str, str | None], ...] = (("feedback.form", "feedback.title", None),)

blueprint = Blueprint("feedback", __name__)


@blueprint.get("/feedback")
def form() -> str:
    """The form, about a record where one is named."""
    return _page(_record(request.args.get("record", "")))


@blueprint.post("/feedback")
@limited("feedback")
def send() -> BaseResponse | tuple[str, int]:
    """Take the report; what cannot be taken is shown again with a sentence."""
    given = request.form
    record = _record(given.get("record", ""))
    record_id = record.record_id if record else None
    topic = "record" if record else given.get("topic", "")
    words, contact = given.get("text", ""), given.get("contact", "")
    try:
        context.kb().reports.add(topic, words, context.reader(), contact=contact, record_id=record_id)
    except InvalidFeedback as error:
        return _page(record, wrong="contact" if "contact" in error.facts else "text"), 400
    notify(text("feedback.thanks", context.language()))
    return redirect(url_for("records.record", record_id=record_id) if record_id else url_for("feedback.form"))


def _page(record: RecordView | None, wrong: str = "") -> str:
    topics = [(code, text(f"feedback.topic.{code}", context.language())) for code in get_args(Topic)]
    return render_template(
        "feedback/form.html", record=record, topics=topics, wrong=wrong, shortest=SHORTEST, longest=LONGEST
    )


def _record(given: str) -> RecordView | None:
    """The record that is reported of; raises `NotFound` for one that the reader may not know of."""
    if not given:
        return None
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
    found = context.kb().catalog.records([number], context.reader())
    if not found:
        raise NotFound(f"There is no record {given[:20]}.")
    return found[0]
