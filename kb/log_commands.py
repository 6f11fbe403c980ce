"""The command `kb log`: what was decided and administered, shown or handed out whole."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from kb import console
from kb.command import json_option, opened
from kb.values import OPERATOR

if TYPE_CHECKING:
    from kb.services.ledger import Asked, Entry

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(name="log")
@click.option("--action", default="", help="Only this act, such as 'published' or 'account-role'.")
@click.option("--record", type=int, metavar="ID", help="Only what was done with this record.")
@click.option("--account", type=int, metavar="ID", help="Only what this account did.")
@click.option("--since", type=DAY, metavar="DAY", help="From this day on, such as 2026-01-31 (UTC).")
@click.option("--until", type=DAY, metavar="DAY", help="Up to this day, it included.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@json_option
def log(*, as_csv: bool, as_json: bool, **given: Any) -> None:
    """Show the newest of what was decided and administered; with --csv or --json hand out all of it, oldest first.

    Nobody can change or delete what is in it. It holds numbers of accounts; names are those that they have now.
    """
    from kb.services import ledger

    if as_csv and as_json:
        raise click.UsageError("Choose --csv or --json.")
    asked = _asked(**given)
    with opened() as kb:
        if as_csv:
            for line in ledger.as_csv(kb.ledger.everything(OPERATOR, asked)):
                console.say(line.removesuffix("\r\n"))
        elif as_json:
            console.say_json([ledger.as_json(one) for one in kb.ledger.everything(OPERATOR, asked)])
        else:
            rows = [_row(one) for one in kb.ledger.page(OPERATOR, asked).entries]
            console.table("", ("when (UTC)", "who", "act", "of", "why"), rows)


def _asked(
    *, action: str, record: int | None, account: int | None, since: datetime | None, until: datetime | None
) -> Asked:
    from kb.services.ledger import Asked

    return Asked(
        action=action,
        subject="" if record is None else "record",
        subject_id=record,
        account_id=account,
        since=since.date() if since else None,
        until=until.date() if until else None,
    )


def _row(entry: Entry) -> tuple[str, str, str, str, str]:
    who = entry.name or ("" if entry.account_id is None else f"account {entry.account_id}")
    return f"{entry.at:%Y-%m-%d %H:%M}", who, entry.action, f"{entry.subject} {entry.subject_id or ''}", entry.why
