"""Pages that say something about the site itself."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("pages", __name__)


@blueprint.get("/accessibility")
def accessibility() -> str:
    """How far the pages can be used by everybody, and whom to tell where they cannot (EU 2018/1523)."""
    return render_template("accessibility.html")
