"""The commands `kb user`: the accounts of people, their roles, keys, letters and data."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from kb import console
from kb.command import Commands, json_option, opened
from kb.values import OPERATOR, NewAccount

if TYPE_CHECKING:
    from kb.bootstrap import Kb
    from kb.services.mailing import LetterView
    from kb.values import AccountView

ROLES = ("member", "contributor", "curator", "administrator")
SCOPES = ("read", "hand-in", "curate")
PRIVATE = ("preferences",)
"""What of an account a list leaves out."""


@click.group(cls=Commands)
def user() -> None:
    """People: their accounts, roles, keys and data."""


@user.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="What she may do.")
@click.option("--name", default="", help="What she is called.")
@click.option("--organisation", default="", help="Where she works.")
@click.option("--letters", type=click.Choice(["it", "en", "fr", "de", "es"]), default="it", help="Language of letters.")
@click.option("--password-stdin", is_flag=True, help="Read her password from standard input; no letter is written.")
def add(email: str, *, letters: str, password_stdin: bool, **given: Any) -> None:
    """Open an account for EMAIL; she gets a letter to choose her password, or you a link to hand on."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    new = NewAccount(email=email, language=letters, password=password, verified=password is not None, **given)
    with opened() as kb:
        account = kb.accounts.add(new)
        click.echo(f"Account {account.account_id} of {account.email}: {account.role}.")
        if password is None:
            _say_link(kb, kb.access.invite(account.account_id))


@user.command(name="list")
@json_option
def list_accounts(as_json: bool) -> None:
    """List the accounts: role, state, and what was asked for."""
    with opened() as kb:
        accounts = kb.accounts.list()
    if as_json:
        console.say_json([{k: v for k, v in asdict(one).items() if k not in PRIVATE} for one in accounts])
    else:
        rows = [(one.account_id, one.email, one.name, one.role, _state(one)) for one in accounts]
        console.table("", ("id", "address", "name", "role", "state"), rows)


def _state(account: AccountView) -> str:
    wish = account.preferences.get("wishes")
    states = (
        "closed" if account.disabled else "",
        "" if account.verified else "not confirmed",
        f"asks to be {wish}" if wish else "",
    )
    return ", ".join(state for state in states if state)


@user.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
def role(email: str, role: Any) -> None:
    """Give the account of EMAIL another ROLE."""
    with opened() as kb:
        kb.accounts.set_role(kb.accounts.find(email).account_id, role, OPERATOR)


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close the account of EMAIL, and end its sessions and keys."""
    with opened() as kb:
        kb.accounts.disable(kb.accounts.find(email).account_id, OPERATOR)


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Open the account of EMAIL again."""
    with opened() as kb:
        kb.accounts.disable(kb.accounts.find(email).account_id, OPERATOR, disabled=False)


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it may do beyond reading.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it works.")
def token(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key with which a program acts for EMAIL, and print it this once."""
    with opened() as kb:
        click.echo(kb.tokens.create(kb.accounts.find(email).account_id, name, scopes, OPERATOR, days=days))


@user.command()
@click.argument("email")
def link(email: str) -> None:
    """Print a link with which the person of EMAIL confirms her address and chooses a password."""
    with opened() as kb:
        click.echo(kb.access.link(kb.accounts.find(email).account_id))


@user.command()
@click.argument("email")
def export(email: str) -> None:
    """Print all that is kept of the person of EMAIL, as JSON."""
    with opened() as kb:
        console.say_json(kb.personal.export(kb.accounts.find(email).account_id, OPERATOR))


@user.command()
@click.argument("email")
@click.confirmation_option(prompt="What she did not publish is deleted, and nothing brings it back. Go on?")
def erase(email: str) -> None:
    """Erase all that names the person of EMAIL; what she published stays, without her name."""
    with opened() as kb:
        kb.personal.erase(kb.accounts.find(email).account_id, OPERATOR)


@user.command()
@click.option("--send", is_flag=True, help="Send what is due now; a worker does so by itself.")
@click.option("--again", type=int, metavar="LETTER", help="Try a LETTER again that was given up or is left under way.")
@json_option
def letters(send: bool, again: int | None, as_json: bool) -> None:
    """List the letters to people, the newest first: sent, waiting, under way or given up."""
    with opened() as kb:
        if again is not None:
            kb.mailing.try_again(again)
        while send and kb.mailing.one():
            pass
        found = kb.mailing.waiting()
    if as_json:
        console.say_json([asdict(one) for one in found])
    else:
        columns = ("letter", "to", "subject", "state", "attempts", "why")
        console.table("", columns, [_letter_row(one) for one in found])


def _letter_row(one: LetterView) -> tuple[object, ...]:
    return one.letter_id, one.email, one.subject, one.state, one.attempts, one.failure


def _say_link(kb: Kb, address: str) -> None:
    if kb.mailing.able:
        click.echo("A letter with a link to choose a password goes to her.")
    else:
        click.echo(
            f"No mail server is set (KB_SMTP_URL): hand this link on, it works for seven days and once.\n{address}"
        )
