"""What is noted of requests for the staff: first pages of searches, and records that people read."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from kb.services import rights
from kb.services.notebook import Question
from kb.values import Results
from webui import context
from webui.asked import Asked

MACHINES = re.compile(
    r"bot|crawl|spider|slurp|scrap|archiv|fetch|monitor|uptime|preview|index|feed|headless|phantom|lighthouse|curl|wget"
    r"|httpie|python|java/|okhttp|go-http|libwww|perl|ruby|axios|node|werkzeug|facebookexternalhit|whatsapp|telegram",
    re.IGNORECASE,
)
"""What programs call themselves that read pages for nobody."""

blueprint = Blueprint("noted", __name__)


def search(wanted: Asked, found: Results) -> None:
    """Note a search at its first page, unless the staff makes it."""
    if wanted.page > 1 or not _by_a_person():
        return
    context.kb().notebook.search(
        Question(
            text=wanted.text,
            language=found.language,
            narrowed=wanted.narrowed,
            hits=found.total,
            probability=max((hit.probability for hit in found.hits), default=None),
            answered=found.answered and found.total > 0,
        )
    )


@blueprint.after_app_request
def _visit(response: Response) -> Response:
    """Note that a record's page was read."""
    read = request.endpoint == "records.record" and request.method == "GET" and response.status_code == 200
    if read and request.view_args and _by_a_person():
        context.kb().notebook.visit(request.view_args["record_id"])
    return response


def _by_a_person() -> bool:
    """Whether neither a program nor the staff is asking, nor a browser that only thinks ahead."""
    agent = request.user_agent.string
    ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return bool(agent) and not MACHINES.search(agent) and not ahead and not rights.may(context.reader(), "see-figures")
