"""Pages go over the wire compressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator

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
GZIP = 31
"""What tells zlib to write the format of RFC 1952 with its largest window."""


def register(app: Flask) -> None:
    """Compress every page of `app` that is worth it, for browsers that take it."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    """A file is sent as it lies on the disk, because its parts may be asked for; it is left alone."""
    if response.mimetype not in PACKED or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    taken = request.accept_encodings.quality("gzip") and "Content-Encoding" not in response.headers
    if response.is_streamed:
        return _pack_pieces(response) if taken else response
    whole = response.get_data()
    if len(whole) < LEAST_BYTES or not taken:
        return response
    response.set_data(gzip.compress(whole, compresslevel=LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _pack_pieces(response: Response) -> Response:
    """Compress what is sent while it is written."""
    response.response = _packed(response.iter_encoded())
    response.headers["Content-Encoding"] = "gzip"
    return response


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
