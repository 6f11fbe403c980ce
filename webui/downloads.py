"""What is taken along: files that are made when they are asked for, and kept by no cache that others share."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, send_file, stream_with_context, url_for
from werkzeug.datastructures import MultiDict

from kb.values import VISITOR
from webui import context


def file(content: bytes, name: str, mimetype: str, public: bool) -> Response:
    """A file to be saved under a name; caches may keep what is `public` and was asked for by a visitor."""
    response = send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
    return _kept(response, public)


def stream(pieces: Iterable[str], name: str, mimetype: str) -> Response:
    """A file to be saved under a name that is sent while it is written: its end may be a second after its beginning."""
    response = Response(stream_with_context(piece.encode() for piece in pieces), mimetype=mimetype)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    # A visitor is shown what is published and nothing else.
    return _kept(response, public=True)


def _kept(response: Response, public: bool) -> Response:
    response.headers["Cache-Control"] = "no-cache" if public and context.reader() == VISITOR else "private, no-store"
    return response


def record_address(record_id: int) -> str:
    """The whole address of a record's page, without the language it is read in."""
    return url_for("records.record", record_id=record_id, lang=None, _external=True)


def arguments(address: Mapping[str, Any]) -> MultiDict[str, str]:
    """A search that is kept, as the parameters of an address."""
    pairs = (
        (name, str(value))
        for name, values in address.items()
        for value in ([values] if isinstance(values, str | int | float) else values)
    )
    return MultiDict(pairs)
