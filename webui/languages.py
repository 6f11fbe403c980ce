"""The languages a visitor reads: kept in a cookie, offered as a chip beside results, and never applied by itself."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webui import context
from webui.account import within
from webui.session import account, notify
from webui.texts import text

READS = (
    *("it", "en", "fr", "de", "es"),
    *("bg", "ca", "cs", "da", "el", "et", "fi", "ga", "hr", "hu", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl"),
    "sv",
)
"""Languages offered as those somebody reads: the interface's first, then the others of the Union, and Catalan."""

COOKIE = "reads"
KEPT_SECONDS = 31_536_000
"""How long a browser keeps them: a year."""

blueprint = Blueprint("languages", __name__)


def known() -> tuple[str, ...]:
    """The languages that whoever asks has said to read, in the order of `READS`; none when nothing was said."""
    if (who := account()) is not None:
        said = {str(code) for code in cast("list[str]", who.preferences.get("reads", ()))}
    else:
        said = set(request.cookies.get(COOKIE, "").split("-"))
    return tuple(code for code in READS if code in said)


@blueprint.get("/languages")
def form() -> str | BaseResponse:
    """Ask which languages she reads; who has an account says it there."""
    if account() is not None:
        return redirect(url_for("profile.show", _anchor="about"))
    return render_template("languages.html", reads=READS, said=known(), next=request.args.get("next", ""))


@blueprint.post("/languages")
def keep() -> BaseResponse:
    """Keep what was ticked in the browser, and go back to where she came from."""
    said = [code for code in READS if code in request.form.getlist("reads")]
    response = redirect(within(request.form.get("next")), 303)
    # Nothing ticked is kept too, for as long as it takes a browser to forget it.
    response.set_cookie(
        COOKIE,
        "-".join(said),
        max_age=KEPT_SECONDS if said else 0,
        secure=context.kb().config.https,
        httponly=True,
        samesite="Lax",
    )
    notify(text("profile.saved", context.language()))
    return response
