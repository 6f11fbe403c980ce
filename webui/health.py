"""Whether the service is well, for monitors and load balancers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webui import context

LEVELS = ("ok", "warning", "error")

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> tuple[Response, int]:
    """The worst level found and every finding; 503 when one of them is an error."""
    findings = context.kb().checks.health()
    worst = max((LEVELS.index(finding.level) for finding in findings), default=0)
    listed = [{"level": f.level, "subject": f.subject, "message": f.message} for f in findings]
    return jsonify(status=LEVELS[worst], findings=listed), 503 if LEVELS[worst] == "error" else 200
