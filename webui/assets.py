"""Static files under an address that holds their content's hash, so that they may be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, send_file, url_for

FOLDER = Path(__file__).parent / "static"
BUILT = "vendor/italia.css"
"""What `make front` builds; pages are readable without it, but plain."""

HASH_LENGTH = 16
A_YEAR = 31_536_000
PACKED = {"text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain", "application/wasm"}
"""Media types that gain by compression."""

# What the system's own table says differs from machine to machine.
for ending, media_type in ((".js", "text/javascript"), (".mjs", "text/javascript"), (".woff2", "font/woff2")):
    mimetypes.add_type(media_type, ending)

blueprint = Blueprint("assets", __name__)


def names() -> tuple[str, ...]:
    """Every static file by its path in the folder, ordered."""
    return tuple(sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()))


def digest(files: tuple[str, ...]) -> str:
    """One SHA-256 over all files, its first digits: so they may name each other by relative addresses."""
    whole = hashlib.sha256()
    for name in files:
        whole.update(f"{name}\0".encode() + hashlib.sha256((FOLDER / name).read_bytes()).digest())
    return whole.hexdigest()[:HASH_LENGTH]


def register(app: Flask) -> None:
    """Serve the static files of `app` and give its templates `asset(name)`."""
    known = names()
    if BUILT not in known:
        app.logger.warning("The design system is missing, so pages are plain: run 'make front'.")
    app.extensions["assets"] = (frozenset(known), digest(known))
    app.jinja_env.globals["asset"] = address
    app.register_blueprint(blueprint)


def address(name: str) -> str:
    """Where a static file is served from, as it is now."""
    return url_for("assets.static_file", digest=current_app.extensions["assets"][1], name=name)


@blueprint.get("/static/<digest>/<path:name>")
def static_file(digest: str, name: str) -> Response:
    """A static file; one asked for by an older hash is sent as it is now, and not kept."""
    known, current = current_app.extensions["assets"]
    if name not in known:
        abort(404)
    response = _packed(name) if request.accept_encodings.quality("gzip") else None
    response = response or send_file(FOLDER / name)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if digest == current else "no-cache"
    return response


def _packed(name: str) -> Response | None:
    """The file compressed, where that is worth it."""
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type not in PACKED:
        return None
    response = Response(_gzipped(FOLDER / name), mimetype=media_type)
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


@cache
def _gzipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)


@blueprint.get("/favicon.svg")
@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The site's mark, where browsers look for it."""
    return send_file(FOLDER / "favicon.svg", max_age=86_400)
