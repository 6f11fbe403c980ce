"""Static files under an address that holds their content's hash, so that they may be kept for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
HASH_LENGTH = 16
A_YEAR = 31_536_000

blueprint = Blueprint("assets", __name__)


def digests() -> dict[str, str]:
    """Name of each static file → the first digits of its SHA-256."""
    files = (path for path in FOLDER.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH] for path in files}


def register(app: Flask) -> None:
    """Serve the static files of `app` and give its templates `asset(name)`."""
    known = digests()
    app.extensions["assets"] = known
    app.jinja_env.globals["asset"] = lambda name: url_for("assets.static_file", digest=known[name], name=name)
    app.register_blueprint(blueprint)


@blueprint.get("/static/<digest>/<name>")
def static_file(digest: str, name: str) -> Response:
    """A static file; one asked for by an older hash is sent as it is now, and not kept."""
    known = digests()
    if name not in known:
        abort(404)
    response = send_from_directory(FOLDER, name)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if digest == known[name] else "no-cache"
    return response


@blueprint.get("/favicon.svg")
@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The site's mark, where browsers look for it."""
    return send_from_directory(FOLDER, "favicon.svg", max_age=86_400)
