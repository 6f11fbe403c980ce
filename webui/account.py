"""Signing in and out, registering, and choosing a password."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidAccount, NotSignedIn
from kb.sentences import LANGUAGES
from kb.values import AccountView, NewAccount
from webui import context
from webui.limits import limited
from webui.session import User, account, notify
from webui.texts import TEXTS, text

blueprint = Blueprint("account", __name__)


@blueprint.get("/sign-in")
def sign_in() -> str | BaseResponse:
    """The form to sign in with; who is signed in already goes on."""
    if account() is not None:
        return redirect(within(request.args.get("next")))
    return render_template("sign_in.html", next=request.args.get("next", ""), failed=None, email="")


@blueprint.post("/sign-in")
@limited("sign-in")
def begin() -> BaseResponse | tuple[str, int]:
    """Begin a session and go on to the page that asked for it."""
    email, goes_on = request.form.get("email", ""), request.form.get("next", "")
    try:
        who = context.kb().accounts.authenticate(email, request.form.get("password", ""))
    except NotSignedIn:
        return refused("failed", goes_on, email)
    return admit(who, goes_on)


def refused(why: str, goes_on: str = "", email: str = "") -> tuple[str, int]:
    """The form to sign in with, once more, and why she is not signed in."""
    return render_template("sign_in.html", next=goes_on, failed=why, email=email), 401


def admit(who: AccountView, goes_on: str) -> BaseResponse:
    """Begin a session for somebody who has shown who she is."""
    session.clear()  # nothing of a visitor's session goes over into that of a person
    session.permanent = True
    login_user(User(who, context.kb().accounts.sign_in(who.account_id, agent=str(request.user_agent))))
    return redirect(within(goes_on))


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session, here and in the knowledge base."""
    if isinstance(secret := session.get("_user_id"), str):
        context.kb().accounts.sign_out(secret)
    logout_user()
    session.clear()
    return redirect(url_for("search.start"))


@blueprint.get("/register")
def register() -> str:
    """The form to register with."""
    return render_template("account/register.html", given={}, error="")


@blueprint.post("/register")
@limited("letters")
def enrol() -> str | tuple[str, int]:
    """Write to the address; whether it has an account already is told in the letter alone."""
    given = request.form
    language = given.get("language", "") if given.get("language") in LANGUAGES else context.language()
    new = NewAccount(
        email=given.get("email", ""),
        name=given.get("name", ""),
        organisation=given.get("organisation", ""),
        language=language,
    )
    try:
        context.kb().access.register(new, wishes_to_hand_in=given.get("wish") == "yes")
    except InvalidAccount as error:
        return render_template("account/register.html", given=given, error=complaint(error)), 400
    return _sent()


@blueprint.get("/forgotten")
def forgotten() -> str:
    """The form to ask for a new password with."""
    return render_template("account/forgotten.html")


@blueprint.post("/forgotten")
@limited("letters")
def ask_again() -> str:
    """Write to the address, if there is an account; the page does not tell."""
    context.kb().access.forgotten(request.form.get("email", ""))
    return _sent()


def _sent() -> str:
    return render_template("account/sent.html", able=context.kb().mailing.able)


@blueprint.get("/password/<token>")
def password(token: str) -> BaseResponse:
    """The form to choose a password with; looking at it uses nothing up, as programs that check mail do."""
    return _password(token, 200)


@blueprint.post("/password/<token>")
def choose(token: str) -> BaseResponse:
    """Set the password, and lead to signing in with it."""
    try:
        context.kb().access.choose(token, request.form.get("password", ""))
    except InvalidAccount as error:
        return _password(token, 400, complaint(error))
    notify(text("account.password.chosen", context.language()))
    return redirect(url_for("account.sign_in"))


def _password(token: str, status: int, error: str = "") -> BaseResponse:
    holder = context.kb().access.holder(token)
    response = make_response(render_template("account/password.html", holder=holder, token=token, error=error), status)
    # The address of this page is a secret.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def complaint(error: InvalidAccount) -> str:
    """What is wrong with what was stated of an account, in the reader's language."""
    key = f"account.wrong.{error.facts.get('why')}"
    return text(key if key in TEXTS else "account.wrong", context.language())


def within(address: str | None) -> str:
    """The address, when it is a page of this site; else the start page."""
    parts = urlsplit(address or "")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    if not address or not inside or address.startswith("//") or "\\" in address:
        return url_for("search.start")
    return address
