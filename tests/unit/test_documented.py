"""Every setting, command, route and error code is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kb import cli, errors
from kb.bootstrap import Kb
from tests.support import reference
from webui.app import create_app

ROOT = Path(__file__).parents[2]


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.reference(), "run 'make docs'"


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in cli.commands.commands if f"kb {name}" not in readme and f"make {name}" not in readme]
    assert missing == []


def test_every_route_is_in_the_web_page(kb: Kb) -> None:
    page = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
    rules = {re.sub(r"<[^>]+>", "<>", rule.rule) for rule in create_app(kb).url_map.iter_rules()}
    named = {re.sub(r"<[^>]+>", "<>", path.split("?")[0]) for path in re.findall(r"`(/[^`]*)`", page)}
    assert rules - named == set()


def test_error_codes_are_distinct_and_drawn_in_the_tree() -> None:
    leaves = list(reference._leaves(errors.KbError))
    assert len({kind.code for kind in leaves}) == len(leaves)
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in leaves)


@pytest.mark.parametrize("kind", list(reference._leaves(errors.KbError)))
def test_every_error_has_an_exit_code(kind: type[errors.KbError]) -> None:
    assert cli.exit_code(kind("message")) in (1, 2, 3, 4, 5, 6)
