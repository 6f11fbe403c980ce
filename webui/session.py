"""Who is signed in: Flask-Login over sessions that the knowledge base keeps and can end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, current_app, flash, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse

from kb.bootstrap import Kb
from kb.errors import KbError, NotAllowed, NotSignedIn
from kb.keys import secret_key
from kb.services import accounts, rights
from kb.services.tokens import Bearer
from kb.values import AccountView, Reader, Role

P = ParamSpec("P")
R = TypeVar("R")


csrf = CSRFProtect()
"""Views that change nothing are exempted from it where they are defined."""


class User(UserMixin):  # type: ignore[misc]
    """A browser that is signed in: the person, and the secret of her session."""

    def __init__(self, account: AccountView, secret: str) -> None:
        self.account = account
        self.secret = secret

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.secret


def register(app: Flask, kb: Kb) -> None:
    """Give `app` sessions, and ask a token of every form that changes something."""
    app.secret_key = secret_key(kb.config.data / "secret-key")
    app.config.update(
        # The prefix keeps other hosts of the domain from setting it (RFC 6265bis).
        SESSION_COOKIE_NAME="__Host-agora21" if kb.config.https else "agora21",
        SESSION_COOKIE_SECURE=kb.config.https,
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=accounts.STAYS,
        WTF_CSRF_TIME_LIMIT=int(timedelta(hours=12).total_seconds()),
        WTF_CSRF_SSL_STRICT=False,
    )
    manager = LoginManager(app)
    manager.session_protection = None  # ours can be ended, and an address that changes is no attack
    manager.user_loader(lambda secret: _user(kb, secret))
    csrf.init_app(app)


def _user(kb: Kb, secret: str) -> User | None:
    account = kb.accounts.signed_in(secret)
    return None if account is None else User(account, secret)


def account() -> AccountView | None:
    """Who is signed in, if anybody."""
    return current_user.account if isinstance(current_user._get_current_object(), User) else None


def reader() -> Reader:
    """Who is asking: the person signed in, or a visitor; at the interface for programs, whoever the key acts for."""
    if "reader" not in g:
        g.reader = _program() if request.blueprint == "api" else accounts.reader(account())
    return cast(Reader, g.reader)


def reader_or_visitor() -> Reader:
    """Who is asking, a visitor where that cannot be told any more: while an error is answered."""
    try:
        return reader()
    except KbError:
        return Reader()


def bearer() -> Bearer | None:
    """Who the key of a program acts for; None where none was sent, `NotSignedIn` where it opens nothing."""
    given = request.headers.get("Authorization", "")
    if not given:
        return None
    kind, _, secret = given.partition(" ")
    found = current_app.extensions["kb"].tokens.bearer(secret.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise NotSignedIn("There is no such key, or it has ended.")
    return cast(Bearer, found)


def _program() -> Reader:
    found = bearer()
    return Reader() if found is None else found.reader


def needs(least: Role) -> Callable[[Callable[P, R]], Callable[P, R | BaseResponse]]:
    """Admit to a view only those of a role and above; whoever is not signed in is led to sign in first."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
            who = reader()
            if rights.at_least(who.role, least):
                return view(*args, **kwargs)
            if who.account_id is None:
                return redirect(url_for("account.sign_in", next=request.full_path if request.method == "GET" else None))
            raise NotAllowed(f"This page needs an account that is {least} or above.", least=least)

        return guarded

    return decorate


def notify(message: str, kind: str = "success") -> None:
    """Show a notice on the next page: `success`, `warning` or `danger`."""
    flash(message, kind)
