"""The pages that list similar experiences, and the form whose text and file are read and forgotten."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.errors import NoModel
from kb.sentences import tell
from kb.services.similar import LONGEST_TEXT
from tests.web import library
from tests.web.test_pages import soup
from tests.web.test_search import titles
from webui.texts import text


def handed(client: FlaskClient, **fields: object) -> tuple[int, BeautifulSoup]:
    response = client.post("/similar?lang=en", data=fields, content_type="multipart/form-data")
    return response.status_code, BeautifulSoup(response.text, "lxml")


def test_a_record_page_lists_a_few_like_it_and_leads_to_more(client: FlaskClient, kb: Kb) -> None:
    record = library.record(kb, "well-3").record_id
    page = soup(client, f"/records/{record}")
    cards = [card.text for card in page.select(".alike h3")]
    assert 3 <= len(cards) <= 5
    assert "Pozzo 3" not in cards
    (more,) = page.select(".alike p a")
    everything = soup(client, str(more["href"]))
    assert len(titles_of(everything)) > len(cards)
    assert titles_of(everything)[: len(cards)] == [card.strip() for card in cards]


def titles_of(page: BeautifulSoup) -> list[str]:
    return [heading.text.strip() for heading in page.select(".hits h3")]


def test_drafts_are_neither_listed_nor_a_source(client: FlaskClient, kb: Kb) -> None:
    draft = library.record(kb, "draft").record_id
    assert client.get(f"/records/{draft}/similar").status_code == 404
    assert client.get("/records/999999/similar").status_code == 404
    status, page = handed(client, text="Questa pagina segreta parla di un parco che nessuno deve ancora conoscere.")
    assert status == 200
    assert titles_of(page)
    assert "segret" not in " ".join(titles_of(page)).lower()


def test_the_form_works_without_scripts_and_is_linked(client: FlaskClient) -> None:
    for address in ("/", "/search?q=pozzo"):
        assert soup(client, address).select_one("a[href='/similar']") is not None
    page = soup(client, "/similar")
    assert page.select_one("form[method=post][enctype='multipart/form-data'] textarea[name=text]") is not None
    assert page.select_one("input[type=file][name=file]") is not None


def test_a_text_finds_records_in_another_language(client: FlaskClient) -> None:
    words = "Neun Windräder, Photovoltaik auf den Dächern und drei Biogasanlagen liefern den Strom des Dorfes."
    status, page = handed(client, text=words)
    assert status == 200
    assert titles_of(page)[0].startswith("Wildpoldsried")
    assert page.textarea is not None
    assert words in page.textarea.text


def test_a_file_counts_before_a_text(client: FlaskClient) -> None:
    file = (io.BytesIO(b"Gli orti sociali sono affidati ai pensionati del quartiere."), "orti.txt")
    status, page = handed(client, text="pozzo fontana acquedotto", file=file)
    assert status == 200
    assert titles_of(page)[0] == "Orti sociali"
    assert "orti.txt" in page.text


def test_what_was_handed_in_is_kept_by_nobody(client: FlaskClient) -> None:
    response = client.post("/similar", data={"text": "pozzo fontana"})
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({}, "similar.empty"),
        ({"text": " ?! "}, "similar.empty"),
        ({"text": "a" * (LONGEST_TEXT + 1)}, "similar.too-long"),
        ({"file": (io.BytesIO(b""), "leer.pdf")}, "empty"),
        ({"file": (io.BytesIO(b"%PDF-1.7\nno objects at all"), "rotto.pdf")}, "unreadable"),
        ({"file": (io.BytesIO(b"\x00\x01\x02" * 100), "foto.jpg")}, "unsupported"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(client: FlaskClient, fields: dict[str, object], hint: str) -> None:
    status, page = handed(client, **fields)
    assert status == 400
    assert page.select_one("[role=alert]").text == (tell(hint, "en") or text(hint, "en"))  # type: ignore[union-attr]
    assert not titles_of(page)


def test_a_file_beyond_the_setting_is_refused_with_the_limit(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.similar.MEGABYTE", 1)
    monkeypatch.setattr("webui.similar.MOST_TEXT_BYTES", 1000)
    file = (io.BytesIO(b"x" * 10_000), "big.txt")
    status, page = handed(client, file=file)
    assert status == 413
    assert page.select_one("[role=alert]").text == text("similar.too-large", "en", most=200)  # type: ignore[union-attr]


def test_a_record_can_be_read_while_search_is_not_ready(
    client: FlaskClient, kb: Kb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise NoModel("No encoder is in use.")

    monkeypatch.setattr(type(kb.similar), "neighbours", none)
    page = soup(client, f"/records/{library.record(kb, 'well-3').record_id}")
    assert not page.select(".alike")


def test_the_list_is_not_taken_for_search_results(client: FlaskClient, kb: Kb) -> None:
    page = soup(client, f"/records/{library.record(kb, 'well-3').record_id}/similar")
    assert titles(page) == []
    assert page.h1 is not None
    assert page.h1.text == text("similar.title", "it")
