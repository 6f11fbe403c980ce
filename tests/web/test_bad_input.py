"""Bad input at the web's door: a page with one sentence or with results, never a broken one."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from tests.support.bad_input import CHARACTERS_100_000, SILENT, WORDED, WORDS_10_000


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", sorted(SILENT.keys() - {"lone surrogates"}))  # An address cannot carry them.
def test_a_search_without_a_letter_is_the_start_page_with_a_hint(client: FlaskClient, name: str) -> None:
    response = client.get(f"/search?q={encoded(SILENT[name])}")
    expected = "troppo lunga" if len(SILENT[name]) > 2_000 else "Scrivi almeno una parola"
    assert response.status_code == 400
    assert expected in response.text


@pytest.mark.parametrize("name", WORDED)
def test_a_search_for_syntax_is_a_page_of_results(client: FlaskClient, name: str) -> None:
    response = client.get(f"/search?q={encoded(WORDED[name][:1_900])}")
    assert response.status_code == 200
    page = BeautifulSoup(response.text, "lxml")
    assert page.select_one(".answers h1") is not None
    assert not page.select("script:not([src])")


@pytest.mark.parametrize("text", [CHARACTERS_100_000, WORDS_10_000], ids=["100,000 characters", "10,000 words"])
def test_a_page_for_a_question_is_refused_and_can_be_pasted_instead(client: FlaskClient, text: str) -> None:
    assert client.get(f"/search?q={encoded(text)}").status_code == 400
    assert client.post("/similar", data={"text": text}).status_code == 200


@pytest.mark.parametrize("name", [*SILENT, *WORDED])
def test_a_pasted_text_is_compared_or_refused(client: FlaskClient, name: str) -> None:
    pasted = {**SILENT, **WORDED}[name].encode("utf-8", "replace").decode()
    response = client.post("/similar", data={"text": pasted})
    assert response.status_code in ((200, 400) if name in SILENT else (200,))
    assert not BeautifulSoup(response.text, "lxml").select("script:not([src])")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b.txt", "x" * 5_000 + ".txt", "-rf", "<script>.txt", "…"])
def test_a_file_of_any_name_is_compared(client: FlaskClient, name: str) -> None:
    file = (io.BytesIO(b"pozzo fontana acquedotto acqua. " * 5), name)
    response = client.post("/similar", data={"file": file}, content_type="multipart/form-data")
    assert response.status_code == 200
    assert not BeautifulSoup(response.text, "lxml").select("script:not([src])")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"\xff\xfe=\x00", "application/x-www-form-urlencoded"),
        (b'{"text": "pozzo"}', "application/json"),
        (b"text=", "application/x-www-form-urlencoded; charset=utf-7"),
    ],
)
def test_a_broken_form_is_an_empty_one(client: FlaskClient, body: bytes, kind: str) -> None:
    response = client.post("/similar", data=body, content_type=kind)
    assert response.status_code == 400
    assert BeautifulSoup(response.text, "lxml").select_one("[role=alert]") is not None


@pytest.mark.parametrize(
    "address",
    ["/records/0", "/records/-1", "/records/99999999999999999999", "/records/1e3/similar", "/records/%00/similar",
     "/records/9223372036854775807/similar", "/documents/0/original", "/records/1/similar/x"],
)  # fmt: skip
def test_an_address_of_nothing_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404
