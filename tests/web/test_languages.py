"""The languages a visitor reads: said once, offered as a chip, and never a filter that nobody chose."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from tests.support import people
from webui.app import create_app

WELLS = "/search?q=pozzo"


@pytest.fixture
def app(kb: Kb) -> Flask:
    app = create_app(kb)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def page(client: FlaskClient, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).text, "lxml")


def chips(found: BeautifulSoup) -> list[str]:
    return [chip.get_text() for chip in found.select(".chips.offered a")]


def count(found: BeautifulSoup) -> str:
    return found.select_one("#results h1").get_text()  # type: ignore[union-attr]


def test_a_visitor_who_says_nothing_is_asked_once_beside_the_languages(app: Flask) -> None:
    found = page(app.test_client(), WELLS)
    assert chips(found) == []
    assert [one.get_text() for one in found.select("#narrow a[href^='/languages']")] == ["Di’ quali lingue leggi"]


def test_what_she_reads_is_a_chip_that_narrows_only_when_it_is_chosen(app: Flask) -> None:
    client = app.test_client()
    before = page(client, WELLS)
    form = page(client, "/languages?next=/search?q%3Dpozzo")
    assert form.select_one("[name=next]")["value"] == "/search?q=pozzo"  # type: ignore[index]
    answer = client.post("/languages", data={"reads": ["de", "xx", "fr"], "next": "/search?q=pozzo"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/search?q=pozzo")
    cookie = client.get_cookie("reads")
    assert cookie is not None
    assert (cookie.value, cookie.http_only, cookie.same_site) == ("fr-de", True, "Lax")
    after = page(client, WELLS)
    assert chips(after) == ["Solo nelle lingue che leggi: francese e tedesco", "Cambia le lingue"]
    assert count(after) == count(before)
    narrowed = page(client, str(after.select(".chips.offered a")[0]["href"]))
    assert chips(narrowed) == []
    assert {str(one["value"]) for one in narrowed.select("#narrow [name=language][checked]")} <= {"fr", "de"}
    assert [" ".join(chip.get_text().split()) for chip in narrowed.select(".chips:not(.offered) li")][:2] == [
        "Lingua: francese togli il filtro ×",
        "Lingua: tedesco togli il filtro ×",
    ]


def test_nothing_ticked_forgets_them(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("reads", "de")
    assert page(client, "/languages").select_one("#reads-de[checked]")
    client.post("/languages", data={"next": "/"})
    assert client.get_cookie("reads") is None


@pytest.mark.parametrize("value", ["", "xx", "de' OR 1=1", "d-e", "ü" * 30, "<script>"])
def test_a_cookie_that_is_none_of_ours_says_nothing(app: Flask, value: str) -> None:
    client = app.test_client()
    client.set_cookie("reads", value)
    assert chips(page(client, WELLS)) == []


@pytest.mark.parametrize("where", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_the_way_back_is_on_this_site(app: Flask, where: str) -> None:
    assert app.test_client().post("/languages", data={"reads": "de", "next": where}).headers["Location"] == "/"


def test_a_member_says_it_in_her_account(app: Flask, kb: Kb) -> None:
    client = people.client(app, people.add(kb, "member", "reads"))
    assert client.get("/languages").headers["Location"] == "/account#about"
    client.post("/account", data={"name": "Anna", "language": "it", "reads": ["de"]})
    client.set_cookie("reads", "fr")
    assert chips(page(client, WELLS))[0] == "Solo nelle lingue che leggi: tedesco"
