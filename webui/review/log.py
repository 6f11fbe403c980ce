"""The log: what was decided and administered, on pages and to take away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from flask import Response, render_template, request

from kb.services import ledger
from kb.services.ledger import PAGE, Asked, Entry
from webui import context
from webui.review.area import blueprint, number, page_number
from webui.session import needs


@blueprint.get("/log")
@needs("curator")
def log() -> str:
    """One page of the log, newest first."""
    asked, page = _asked(), page_number()
    found = context.kb().ledger.page(context.reader(), asked, (page - 1) * PAGE)
    return render_template(
        "review/log.html",
        found=found,
        asked=asked,
        page=page,
        last=max(-(-found.total // PAGE), 1),
        address={name: value for name, value in request.args.items() if name in FILTERS and value},
    )


@blueprint.get("/log.json")
@needs("curator")
def log_json() -> Response:
    """All of the log that the reader may know, as one JSON array, oldest first."""
    return _file(_json(context.kb().ledger.everything(context.reader(), _asked())), "application/json", "json")


@blueprint.get("/log.csv")
@needs("curator")
def log_csv() -> Response:
    """The same as a table."""
    lines = ledger.as_csv(context.kb().ledger.everything(context.reader(), _asked()))
    return _file(lines, "text/csv; charset=utf-8", "csv")


FILTERS = ("action", "subject", "record", "account", "since", "until")


def _file(parts: Iterator[str], kind: str, ending: str) -> Response:
    response = Response(parts, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="agora21-log.{ending}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _json(entries: Iterator[Entry]) -> Iterator[str]:
    before = "[\n"
    for entry in entries:
        yield before + json.dumps(ledger.as_json(entry), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _asked() -> Asked:
    """What the address asks for; days that are none are passed over."""
    record = number(request.args.get("record"))
    return Asked(
        action=request.args.get("action", ""),
        subject="record" if record is not None else request.args.get("subject", ""),
        subject_id=record,
        account_id=number(request.args.get("account")),
        since=_day("since"),
        until=_day("until"),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
