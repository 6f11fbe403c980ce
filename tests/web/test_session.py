"""Signing in and out in a browser: the cookie, the token of forms, and where it leads."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from kb.bootstrap import Kb
from tests.support import people
from tests.support.people import PASSWORD
from webui.account import within


@pytest.fixture(autouse=True, scope="module")
def member(kb: Kb) -> people.Person:
    return people.add(kb, "member", "anna")


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_she_signs_in_is_named_and_signs_out(app: Flask, member: people.Person) -> None:
    client = app.test_client()
    token = _token(client.get("/sign-in?next=/records").text)
    form = {"csrf_token": token, "email": member.email, "password": PASSWORD, "next": "/records"}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.location) == (302, "/records")
    page = client.get("/records").text
    assert "anna" in page
    kept = client.get_cookie("agora21")
    assert kept is not None
    assert client.post("/sign-out", data={"csrf_token": _token(page)}).status_code == 302
    # The cookie as it was opens nothing any more: the session itself has ended.
    client.set_cookie("agora21", kept.value)
    assert "anna" not in client.get("/records").text


def test_a_wrong_password_is_told_in_one_sentence_and_keeps_the_address(app: Flask, member: people.Person) -> None:
    client = app.test_client()
    token = _token(client.get("/sign-in?lang=en").text)
    answer = client.post("/sign-in?lang=en", data={"csrf_token": token, "email": member.email, "password": "no"})
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert member.email in answer.text


def test_a_form_without_its_token_changes_nothing(app: Flask, member: people.Person) -> None:
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert "anna" not in client.get("/").text


def test_the_cookie_is_for_this_site_and_not_for_scripts(app: Flask) -> None:
    header = app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header


def test_a_visitor_gets_no_cookie(app: Flask) -> None:
    for address in ("/", "/records", "/similar"):
        assert "Set-Cookie" not in app.test_client().get(address).headers


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\\\\evil", "x"]
)
def test_nobody_is_led_to_another_site(app: Flask, address: str) -> None:
    with app.test_request_context():
        assert within(address) == "/"
        assert within("/records?page=2") == "/records?page=2"
