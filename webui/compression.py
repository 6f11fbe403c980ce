"""Pages go over the wire compressed."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

PACKED = {
    "text/html",
    "application/json",
    "application/geo+json",
    "application/atom+xml",
    "application/xml",
    "text/csv",
    "text/calendar",
}
LEAST_BYTES = 1_000
LEVEL = 6


def register(app: Flask) -> None:
    """Compress every page of `app` that is worth it, for browsers that take it."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    """A file is sent as it lies on the disk, because its parts may be asked for; it is left alone."""
    if response.mimetype not in PACKED or response.direct_passthrough or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    whole = response.get_data()
    taken = request.accept_encodings.quality("gzip") and "Content-Encoding" not in response.headers
    if len(whole) < LEAST_BYTES or not taken:
        return response
    response.set_data(gzip.compress(whole, compresslevel=LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
