"""A person's own page: what she says of herself, her password, sessions, keys and data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from flask import Blueprint, Response, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import places
from kb.errors import AmbiguousPlace, InvalidAccount, NotSignedIn, UnknownPlace
from kb.sentences import LANGUAGES
from kb.services import rights
from kb.services.profiles import Profile
from kb.values import AccountView
from webui import context
from webui.account import complaint
from webui.languages import READS
from webui.limits import limited
from webui.session import account, needs, notify
from webui.texts import text

DAYS = (30, 90, 365)

ENTRIES: tuple[tuple[str, str, str | None], ...] = (("profile.show", "profile.title", "keep-searches"),)

blueprint = Blueprint("profile", __name__, url_prefix="/account")


@blueprint.get("")
@needs("member")
def show() -> str:
    """Her page."""
    return _page()


@blueprint.post("")
@needs("member")
def change() -> BaseResponse | tuple[str, int]:
    """Keep what she says of herself."""
    given = request.form
    profile = Profile(
        name=given.get("name", ""),
        organisation=given.get("organisation", ""),
        language=given.get("language", "it"),
        reads=given.getlist("reads"),
        home=given.get("home", ""),
    )
    try:
        context.kb().profiles.change(_me().account_id, profile, context.reader())
    except (UnknownPlace, AmbiguousPlace) as error:
        return _page(home=profile.home, errors={"home": _place(error)}), 400
    except InvalidAccount as error:
        return _page(errors={"language": complaint(error)}), 400
    return _done("profile.saved")


@blueprint.post("/wish")
@needs("member")
def wish() -> BaseResponse:
    """Ask to be allowed to hand in."""
    context.kb().profiles.wish(_me().account_id, context.reader())
    return _done("profile.wished")


@blueprint.post("/password")
@needs("member")
@limited("sign-in")
def password() -> BaseResponse | tuple[str, int]:
    """Change her password; her other sessions end."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        context.kb().access.change(_me().account_id, old, new, keep=_secret())
    except NotSignedIn:
        return _page(errors={"old": text("profile.password.wrong", context.language())}), 401
    except InvalidAccount as error:
        return _page(errors={"new": complaint(error)}), 400
    return _done("profile.password.changed")


@blueprint.post("/sessions")
@needs("member")
def end_sessions() -> BaseResponse:
    """End one of her sessions, or all but this one."""
    sessions, which = context.kb().sessions, request.form.get("session", "")
    if which == "all":
        sessions.end_all(_me().account_id, keep=_secret())
    elif which.isascii() and which.isdecimal() and len(which) < 18:
        sessions.end(_me().account_id, int(which))
    return _done("profile.sessions.ended")


@blueprint.post("/tokens")
@needs("member")
def make_token() -> BaseResponse | str | tuple[str, int]:
    """Make a key and show it, this once."""
    given = request.form
    days = given.get("days", "")
    lasting = int(days) if days in [str(one) for one in DAYS] else DAYS[0]
    try:
        scopes = given.getlist("scopes")
        secret = context.kb().tokens.create(
            _me().account_id, given.get("label", ""), scopes, context.reader(), days=lasting
        )
    except InvalidAccount as error:
        return _page(errors={"label": complaint(error)}), 400
    return _page(secret=secret)


@blueprint.post("/tokens/<int(max=9223372036854775807):token_id>/revoke")
@needs("member")
def revoke(token_id: int) -> BaseResponse:
    """Take a key back."""
    context.kb().tokens.revoke(_me().account_id, token_id, context.reader())
    return _done("profile.tokens.revoked")


@blueprint.get("/export")
@needs("member")
def export() -> Response:
    """All that is kept of her, as a file."""
    response = jsonify(context.kb().personal.export(_me().account_id, context.reader()))
    response.headers["Content-Disposition"] = 'attachment; filename="agora21.json"'
    return response


@blueprint.get("/erase")
@needs("member")
def ask_to_erase() -> str:
    """What erasing means, and the button that does it."""
    return render_template("account/erase.html", error="")


@blueprint.post("/erase")
@needs("member")
def erase() -> BaseResponse | tuple[str, int]:
    """Erase her account, once she has written its address."""
    if request.form.get("address", "").strip().lower() != _me().email:
        return render_template("account/erase.html", error=text("profile.erase.wrong", context.language())), 400
    try:
        context.kb().personal.erase(_me().account_id, context.reader())
    except InvalidAccount as error:
        return render_template("account/erase.html", error=complaint(error)), 400
    session.clear()
    notify(text("profile.erased", context.language()))
    return redirect(url_for("search.start"))


def _page(*, home: str | None = None, errors: dict[str, str] | None = None, secret: str = "") -> str:
    kb, me = context.kb(), _me()
    municipality = places.by_code(me.preferences.get("home"))
    return render_template(
        "account/profile.html",
        me=me,
        home=home if home is not None else str(municipality or ""),
        reads=READS,
        languages=LANGUAGES,
        sessions=kb.sessions.of(me.account_id, _secret()),
        tokens=kb.tokens.of(me.account_id),
        scopes=sorted(rights.allowed_scopes(me.role) - {"read"}),
        days=DAYS,
        errors=errors or {},
        secret=secret,
    )


def _me() -> AccountView:
    me = account()
    assert me is not None  # noqa: S101 - every view here needs a member
    return me


def _secret() -> str:
    return str(session.get("_user_id", ""))


def _done(key: str) -> BaseResponse:
    notify(text(key, context.language()))
    return redirect(url_for("profile.show"))


def _place(error: UnknownPlace | AmbiguousPlace) -> str:
    language = context.language()
    names = ", ".join(str(one) for one in cast(Iterable[object], error.facts.get("candidates") or error.facts["like"]))
    if isinstance(error, AmbiguousPlace):
        return text("profile.home.several", language, names=names)
    return text("profile.home.like" if names else "profile.home.unknown", language, names=names)
