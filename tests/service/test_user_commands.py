"""The commands `kb user`: what they print, and what they never print."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb import errors
from kb.bootstrap import Kb
from kb.cli import commands
from tests.support.people import PASSWORD
from tests.support.tiny import TinyShelf

Run = Callable[..., Result]


@pytest.fixture
def run(kb: Kb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("KB_DATA", str(kb.config.data))
    monkeypatch.setenv("KB_MODELS", str(kb.config.models))

    def call(*args: str, typed: str = "") -> Result:
        return CliRunner().invoke(commands, ["user", *args], input=typed, obj=TinyShelf)

    return call


def test_a_person_is_added_and_a_link_printed_where_there_is_no_mail(kb: Kb, run: Run) -> None:
    added = run("add", "anna@comune.example", "--role", "curator", "--name", "Anna", "--letters", "de")
    assert added.exit_code == 0
    link = added.output.split()[-1]
    assert link.startswith("http://127.0.0.1:8021/password/")
    kb.access.choose(link.partition("/password/")[2].partition("?")[0], PASSWORD)
    account = kb.accounts.authenticate("anna@comune.example", PASSWORD)
    assert (account.role, account.name, account.language) == ("curator", "Anna", "de")
    assert [one.state for one in kb.mailing.waiting()] == ["waiting"]


def test_a_password_comes_from_standard_input_and_is_not_printed(kb: Kb, run: Run) -> None:
    added = run("add", "boss@comune.example", "--role", "administrator", "--password-stdin", typed=PASSWORD + "\n")
    assert PASSWORD not in added.output
    assert "http" not in added.output
    assert kb.accounts.authenticate("boss@comune.example", PASSWORD).role == "administrator"
    refused = run("add", "next@comune.example", "--password-stdin", typed="short\n")
    assert isinstance(refused.exception, errors.InvalidAccount)


def test_accounts_are_listed_without_what_is_private(run: Run) -> None:
    run("add", "anna@comune.example")
    (row,) = json.loads(run("list", "--json").output)
    assert (row["email"], row["role"], row["verified"]) == ("anna@comune.example", "member", False)
    assert not {"preferences", "password_hash"} & set(row)
    assert "not confirmed" in run("list").output


def test_roles_closing_keys_links_letters_and_data(kb: Kb, run: Run) -> None:
    run("add", "anna@comune.example", "--password-stdin", typed=PASSWORD + "\n")
    assert run("role", "anna@comune.example", "curator").exit_code == 0
    secret = run("token", "anna@comune.example", "--name", "export", "--scope", "curate").output.strip()
    bearer = kb.tokens.bearer(secret)
    assert bearer is not None
    assert bearer.scopes == {"read", "curate"}
    assert run("link", "anna@comune.example").output.startswith("http://127.0.0.1:8021/password/")
    assert json.loads(run("export", "anna@comune.example").output)["account"]["role"] == "curator"
    assert "ruolo" in run("letters").output
    run("disable", "anna@comune.example")
    assert kb.tokens.bearer(secret) is None
    run("enable", "anna@comune.example")
    assert kb.tokens.bearer(secret) is not None
    assert run("erase", "anna@comune.example", typed="n\n").exit_code == 1
    assert run("erase", "anna@comune.example", typed="y\n").exit_code == 0
    assert json.loads(run("list", "--json").output) == []


def test_whoever_is_not_there_is_one_clear_sentence(run: Run) -> None:
    refused = run("role", "nobody@comune.example", "curator")
    assert isinstance(refused.exception, errors.NotFound)
