"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import NotSignedIn
from webui import context
from webui.session import User, account

blueprint = Blueprint("account", __name__)


@blueprint.get("/sign-in")
def sign_in() -> str | BaseResponse:
    """The form to sign in with; who is signed in already goes on."""
    if account() is not None:
        return redirect(within(request.args.get("next")))
    return render_template("sign_in.html", next=request.args.get("next", ""), failed=False, email="")


@blueprint.post("/sign-in")
def begin() -> BaseResponse | tuple[str, int]:
    """Begin a session and go on to the page that asked for it."""
    email, goes_on = request.form.get("email", ""), request.form.get("next", "")
    kb = context.kb()
    try:
        who = kb.accounts.authenticate(email, request.form.get("password", ""))
    except NotSignedIn:
        return render_template("sign_in.html", next=goes_on, failed=True, email=email), 401
    session.clear()  # nothing of a visitor's session goes over into that of a person
    session.permanent = True
    login_user(User(who, kb.accounts.sign_in(who.account_id, agent=str(request.user_agent))))
    return redirect(within(goes_on))


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session, here and in the knowledge base."""
    if isinstance(secret := session.get("_user_id"), str):
        context.kb().accounts.sign_out(secret)
    logout_user()
    session.clear()
    return redirect(url_for("search.start"))


def within(address: str | None) -> str:
    """The address, when it is a page of this site; else the start page."""
    parts = urlsplit(address or "")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    if not address or not inside or address.startswith("//") or "\\" in address:
        return url_for("search.start")
    return address
