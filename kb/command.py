"""What every command stands on: the product opened for it, groups that name the nearest command, the choice of JSON."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kb.bootstrap import Kb
    from kb.config import Config
    from kb.services.models import Shelf

MakeShelf = Callable[["Config"], "Shelf"] | None
"""Makes the shelf of encoders; None is the usual one."""


class Commands(click.Group):
    """A group that names the nearest command when the one asked for does not exist."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            nearest = difflib.get_close_matches(args[0], self.commands, n=1, cutoff=0)[0]
            ctx.fail(f"There is no command '{args[0]}'; did you mean '{nearest}'? 'kb --help' lists them.")
        return super().resolve_command(ctx, args)


def made(settings: Config, make_shelf: MakeShelf) -> Kb:
    """The product as a process of its own has it, which tells its log on standard error."""
    from kb.bootstrap import build

    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    return build(settings, shelf=make_shelf(settings) if make_shelf else None)


@contextmanager
def opened(*, fresh: bool = False, **overrides: Any) -> Iterator[Kb]:
    """The product built from the settings; `fresh` means that the database need not exist yet."""
    from kb import config

    kb = made(config.load(**overrides), click.get_current_context().obj)
    try:
        if not fresh:
            kb.database.require_current()
        yield kb
    finally:
        kb.close()


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
