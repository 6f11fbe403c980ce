"""The accounts, for administrators: who there is, what each may do, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidAccount
from kb.sentences import LANGUAGES
from kb.values import NewAccount, Role
from webui import asked, context
from webui.account import complaint
from webui.session import needs, notify
from webui.texts import text

ROLES: tuple[Role, ...] = get_args(Role)[1:]

ENTRIES: tuple[tuple[str, str, str | None], ...] = (("people.accounts", "people.title", "administer"),)

blueprint = Blueprint("people", __name__, url_prefix="/admin/accounts")

ONE = "/<int(max=9223372036854775807):account_id>"


@blueprint.get("")
@needs("administrator")
def accounts() -> str:
    """The list, and the form to open an account."""
    return _list()


@blueprint.post("")
@needs("administrator")
def add() -> BaseResponse | str | tuple[str, int]:
    """Open an account and invite her; without a mail server, show the link to hand on."""
    given, kb = request.form, context.kb()
    role, language = _role(), given.get("language", "")
    new = NewAccount(
        email=given.get("email", ""),
        name=given.get("name", ""),
        organisation=given.get("organisation", ""),
        role=role,
        language=language if language in LANGUAGES else "it",
    )
    try:
        account = kb.accounts.add(new, context.reader())
    except InvalidAccount as error:
        return _list(given=dict(given), error=complaint(error)), 400
    link = kb.access.invite(account.account_id)
    notify(text("people.added", context.language(), email=account.email))
    if kb.mailing.able:
        return redirect(url_for("people.accounts"))
    return _list(link=link)


@blueprint.get(ONE)
@needs("administrator")
def account(account_id: int) -> str:
    """One person: her role, whether she may sign in, and the log of what she did."""
    kb = context.kb()
    return render_template(
        "people/account.html",
        person=kb.accounts.view(account_id),
        events=kb.accounts.events(account_id, context.reader()),
        roles=ROLES,
    )


@blueprint.post(f"{ONE}/role")
@needs("administrator")
def set_role(account_id: int) -> BaseResponse:
    """Give her another role."""
    return _changed(account_id, lambda: context.kb().accounts.set_role(account_id, _role(), context.reader()))


@blueprint.post(f"{ONE}/state")
@needs("administrator")
def set_state(account_id: int) -> BaseResponse:
    """Close her account, or open it again."""
    closed = request.form.get("state") == "closed"
    accounts = context.kb().accounts
    return _changed(account_id, lambda: accounts.disable(account_id, context.reader(), disabled=closed))


def _changed(account_id: int, act: Callable[[], None]) -> BaseResponse:
    try:
        act()
    except InvalidAccount as error:
        notify(complaint(error), "danger")
    else:
        notify(text("people.changed", context.language()))
    return redirect(url_for("people.account", account_id=account_id))


def _role() -> Role:
    given = request.form.get("role", "")
    if given not in ROLES:
        raise BadRequest
    return given


def _list(*, given: dict[str, str] | None = None, error: str = "", link: str = "") -> str:
    wanted, role = asked.clean(request.args.get("q", ""))[:200], request.args.get("role", "")
    return render_template(
        "people/accounts.html",
        people=context.kb().accounts.list(wanted, role if role in ROLES else None),
        q=wanted,
        role=role,
        roles=ROLES,
        languages=LANGUAGES,
        given=given or {},
        error=error,
        link=link,
    )
