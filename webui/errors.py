"""Errors as answers: one table from class to status, one page for all of them."""

from __future__ import annotations

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from kb.errors import IngestError, InvalidInput, KbError, NotAllowed, NotFound, NotReady, NotSignedIn, Outdated
from webui import api, asked, context, limits
from webui.texts import TEXTS, text

STATUS: tuple[tuple[type[KbError], int], ...] = (
    (InvalidInput, 400),
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (Outdated, 409),
    (NotFound, 404),
    (NotReady, 503),
    (IngestError, 400),
    (KbError, 500),
)
"""The first class that fits decides."""

WAYS_OUT = {"invalid-filter": "without-filters", "invalid-page": "first-page", "no-such-page": "first-page"}
"""Code of an error → what the page offers besides the start page."""


def status_of(error: KbError) -> int:
    """The HTTP status of an error of the knowledge base."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def register(app: Flask) -> None:
    """Answer every error of `app` with a page of the house."""
    app.register_error_handler(KbError, _known)
    app.register_error_handler(HTTPException, _http)


def _known(error: Exception) -> tuple[str, int] | Response:
    assert isinstance(error, KbError)  # noqa: S101 - registered for nothing else
    if api.asks():
        return api.refused(error, status_of(error))
    return page(status_of(error), error.code, error.facts), status_of(error)


def _http(error: Exception) -> tuple[str, int, list[tuple[str, str]]] | Response:
    """Also what nobody foresaw: Flask logs it and wraps it in a 500."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    status = error.code or 500
    headers = [
        (name, value) for name, value in error.get_headers() if name in ("Allow", "Content-Range", "Retry-After")
    ]
    if status == 429:
        headers.append(("Retry-After", str(limits.retry_after(current_app))))
    if api.asks():
        response = api.failure(status, str(status), (error.description or error.name) if status < 500 else "It broke.")
        response.headers.extend(headers)
        return response
    return page(status, str(status), {}), status, headers


def page(status: int, code: str, facts: dict[str, object]) -> str:
    """The error page: what happened, what to do, and the search box as it was."""
    shown = status if f"error.title.{status}" in TEXTS else (500 if status >= 500 else 400)
    language = context.language()
    return render_template(
        "error.html",
        title=text(f"error.title.{shown}", language),
        sentence=text(f"error.{code}" if f"error.{code}" in TEXTS else f"error.{shown}", language, **facts),
        way_out=WAYS_OUT.get(code),
        asked=asked.salvage(request.args),
    )
