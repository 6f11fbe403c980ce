"""Headers every answer carries: what the browser may load, frame, remember and tell others."""

from __future__ import annotations

from flask import Flask, Response

from webui import context, session

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": PAGE_POLICY,
}


PRIVATE = ("text/html", "application/json")
"""What is made for one person when she is signed in."""

A_YEAR = 31_536_000


def protect(app: Flask, *, https: bool = False) -> None:
    """Add the headers to every answer of `app` that does not set them itself; with `https`, browsers keep to it."""
    app.after_request(_add)
    if https:
        app.after_request(_keep_to_https)


def _keep_to_https(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
    return response


def _add(response: Response) -> Response:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    if response.mimetype in PRIVATE and session.reader_or_visitor().account_id is not None:
        # The next person at this computer must not find it with the button that goes back.
        response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Cache-Control", "no-cache")
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Language", context.language())
        response.vary.add("Accept-Language")
        response.vary.add("HX-Request")
    return response
