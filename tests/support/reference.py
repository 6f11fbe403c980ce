"""Writes `docs/reference.md` from the code: settings, commands, exit codes, errors. `make docs` calls it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import click

from kb import cli, config, errors, facets, vocabulary

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
HEAD = "# Reference\n\nMade from the code by `make docs`; a test fails when it is out of date.\n"


def reference() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_settings(), *_commands(), *_facets(), *_exit_codes(), *_errors()]) + "\n"


def _settings() -> Iterator[str]:
    yield "## Settings\n\n| variable | default | meaning |\n|---|---|---|"
    with mock.patch.dict(os.environ, {"XDG_DATA_HOME": "~/.local/share", "XDG_CACHE_HOME": "~/.cache"}):
        for name, info in config.Config.model_fields.items():
            default = info.get_default(call_default_factory=True, validated_data={})
            shown = "" if default is None else f"`{default}`"
            yield f"| `{config.PREFIX}{name.upper()}` | {shown} | {info.description} |"
    yield ""


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    for path, command in _walk("kb", cli.commands):
        with click.Context(command, info_name=path, help_option_names=["-h", "--help"], terminal_width=100) as context:
            yield f"### {path}\n\n```\n{command.get_help(context)}\n```\n"


def _walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            yield from _walk(f"{path} {name}", child)


def _facets() -> Iterator[str]:
    yield "## Facets\n\nWhat narrows searches and lists, in commands (`--theme waste`) and addresses (`theme=waste`).\n"
    yield "| facet | values to a record | values |\n|---|---|---|"
    for facet in facets.FACETS:
        yield f"| `{facet.name}` | {'one' if facet.column else 'several'} | {_values(facet)} |"
    yield ""


def _values(facet: facets.Facet) -> str:
    if facet.vocabulary:
        return ", ".join(f"`{code}`" for code in vocabulary.terms(facet.vocabulary))
    if facet.name in facets.SHAPES:
        return facets.SHAPES[facet.name].removeprefix("write ")
    return f"a key that records have, or the name of a region, such as `{facet.example}`"


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n\n| code | when |\n|---|---|\n| 0 | done |"
    for kind, code in cli.EXIT_CODES:
        yield f"| {code} | {kind.__name__}: {_sentence(kind)} |"
    yield "| 130 | interrupted |\n"


def _errors() -> Iterator[str]:
    yield "## Errors\n\n| code | class | meaning |\n|---|---|---|"
    for kind in _leaves(errors.KbError):
        yield f"| `{kind.code}` | {kind.__name__} | {_sentence(kind)} |"


def _leaves(kind: type[errors.KbError]) -> Iterator[type[errors.KbError]]:
    yield kind
    for child in (one for one in kind.__subclasses__() if one.__module__ == errors.__name__):
        yield from _leaves(child)


def _sentence(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0]


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
