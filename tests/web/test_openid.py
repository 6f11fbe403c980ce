"""Signing in with a real OpenID Connect provider, a process that the tests start; and all that must not sign in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.bootstrap import Kb
from kb.values import OPERATOR, NewAccount
from tests.support import people
from tests.support.people import PASSWORD
from tests.support.provider import CLIENT, SECRET, provider, set_play
from tests.support.tiny import tiny_kb
from webui.app import create_app

ANNA = {"sub": "42", "email": "anna@comune.example", "email_verified": True, "name": "Anna V.", "locale": "de-AT"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as issuer:
        yield issuer


@pytest.fixture
def kb(tmp_path: Path, issuer: str) -> Iterator[Kb]:
    built = tiny_kb(
        tmp_path, oidc_issuer=issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_name="SPID", limits=False
    )
    yield built
    built.close()


@pytest.fixture
def app(kb: Kb) -> Flask:
    return create_app(kb)


def flow(client: FlaskClient, next_: str = "", **tampered: str) -> TestResponse:
    """Go to the provider and come back, with the parameters of the way back as they are or tampered with."""
    begun = client.get("/sign-in/openid", query_string={"next": next_})
    assert begun.status_code == 302, begun.text
    there = requests.get(begun.location, allow_redirects=False, timeout=5)
    assert there.status_code == 302, there.text
    back = urlsplit(there.headers["Location"])
    return client.get(back.path, query_string={**dict(parse_qsl(back.query)), **tampered})


def signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_she_signs_in_and_finds_the_same_account_again(app: Flask, kb: Kb, issuer: str) -> None:
    set_play(issuer, claims=ANNA)
    client = app.test_client()
    assert "SPID" in client.get("/sign-in").text
    answer = flow(client, "/account?lang=it")
    assert (answer.status_code, answer.location) == (302, "/account?lang=it")
    assert signed_in(client)
    (account,) = kb.accounts.list()
    assert (account.email, account.name, account.role, account.language) == (ANNA["email"], "Anna V.", "member", "de")
    assert flow(app.test_client()).status_code == 302
    assert len(kb.accounts.list()) == 1


def test_what_only_userinfo_tells_is_taken_from_there(app: Flask, kb: Kb, issuer: str) -> None:
    set_play(issuer, claims=ANNA, silent=True)
    client = app.test_client()
    flow(client)
    assert signed_in(client)
    assert kb.accounts.list()[0].email == ANNA["email"]
    set_play(issuer, claims={**ANNA, "sub": "43"}, silent=True, wrong="userinfo")
    assert flow(app.test_client()).status_code == 401


@pytest.mark.parametrize("wrong", ["nonce", "audience", "issuer", "key", "expired", "none", "hs256", "at_hash"])
def test_a_token_that_is_wrong_signs_nobody_in(
    app: Flask, kb: Kb, issuer: str, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    set_play(issuer, claims=ANNA, wrong=wrong)
    client = app.test_client()
    assert flow(client).status_code == 401
    assert not signed_in(client)
    assert list(kb.accounts.list()) == []
    assert ANNA["email"] not in caplog.text
    assert SECRET not in caplog.text


def test_a_wrong_state_or_another_browsers_signs_nobody_in(app: Flask, kb: Kb, issuer: str) -> None:
    set_play(issuer, claims=ANNA)
    client = app.test_client()
    assert flow(client, state="forged").status_code == 401
    assert client.get("/sign-in/openid/back").status_code == 401
    begun = client.get("/sign-in/openid")
    there = requests.get(begun.location, allow_redirects=False, timeout=5).headers["Location"]
    stranger = app.test_client()
    assert stranger.get("/sign-in/openid/back?" + there.partition("?")[2]).status_code == 401
    assert not signed_in(stranger)
    assert list(kb.accounts.list()) == []


def test_a_code_works_once(app: Flask, issuer: str) -> None:
    set_play(issuer, claims=ANNA)
    client = app.test_client()
    begun = client.get("/sign-in/openid")
    back = requests.get(begun.location, allow_redirects=False, timeout=5).headers["Location"]
    address = "/sign-in/openid/back?" + back.partition("?")[2]
    assert client.get(address).status_code == 302
    assert client.get(address).status_code == 401


def test_she_refused_at_the_provider(app: Flask, issuer: str) -> None:
    client = app.test_client()
    state = dict(parse_qsl(urlsplit(client.get("/sign-in/openid").location).query))["state"]
    answer = client.get("/sign-in/openid/back", query_string={"error": "access_denied", "state": state})
    assert answer.status_code == 401
    assert "access_denied" not in answer.text


def test_an_unconfirmed_address_opens_no_account_that_is_there(app: Flask, kb: Kb, issuer: str) -> None:
    people.add(kb, "administrator", "anna")
    for verified in (False, "true", None):
        set_play(issuer, claims={**ANNA, "email_verified": verified})
        client = app.test_client()
        answer = flow(client)
        assert answer.status_code == 401
        assert not signed_in(client)


def test_a_confirmed_address_opens_the_account_that_is_there_if_it_is_confirmed_too(
    app: Flask, kb: Kb, issuer: str
) -> None:
    set_play(issuer, claims=ANNA)
    prepared = kb.accounts.add(NewAccount(email=str(ANNA["email"]), password=PASSWORD))
    assert flow(app.test_client()).status_code == 401
    kb.access.choose(kb.access.link(prepared.account_id).partition("/password/")[2].partition("?")[0], PASSWORD)
    client = app.test_client()
    assert flow(client).status_code == 302
    assert signed_in(client)
    kb.accounts.disable(prepared.account_id, OPERATOR)
    assert flow(app.test_client()).status_code == 401


def test_nobody_is_led_to_another_site_after_it(app: Flask, issuer: str) -> None:
    set_play(issuer, claims=ANNA)
    assert flow(app.test_client(), "//evil.example/").location == "/"


def test_a_provider_of_another_name_or_that_is_away_is_told(tmp_path: Path, issuer: str) -> None:
    for number, address in enumerate((issuer.replace("127.0.0.1", "localhost"), "http://127.0.0.1:9")):
        kb = tiny_kb(tmp_path / str(number), oidc_issuer=address, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
        assert create_app(kb).test_client().get("/sign-in/openid").status_code == 401
        kb.close()


def test_without_a_provider_there_is_no_way_to_it(tmp_path: Path) -> None:
    kb = tiny_kb(tmp_path)
    client = create_app(kb).test_client()
    assert "/sign-in/openid" not in client.get("/sign-in").text
    assert client.get("/sign-in/openid").status_code == 404
    kb.close()
