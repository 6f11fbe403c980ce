"""What may be meant, told while somebody types; what is offered to a reader of several languages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from kb.values import PassageHit
from tests.web.test_pages import soup
from webui.reasons import reason


def texts(client: FlaskClient, address: str) -> list[str]:
    return [one["text"] for one in client.get(address).json or []]


def test_titles_places_and_themes_are_told_with_where_they_lead(client: FlaskClient) -> None:
    found = {one["text"]: one for one in client.get("/suggest?q=energi&lang=it").json or []}
    assert found["Energia"]["address"].startswith("/records?theme=energy")
    assert found["Wildpoldsried: das Energiedorf im Allgäu"]["lang"] == "de"
    assert all(client.get(one["address"]).status_code == 200 for one in found.values())


def test_suggestions_are_in_the_language_of_the_page(client: FlaskClient) -> None:
    assert "Energie" in texts(client, "/suggest?q=energ&lang=de")


@pytest.mark.parametrize("typed", ["", "a", "%", "_", "%25%25", "  ", "\x00\x00"])
def test_what_says_too_little_suggests_nothing(client: FlaskClient, typed: str) -> None:
    response = client.get("/suggest", query_string={"q": typed})
    assert (response.status_code, response.json) == (200, [])


def test_what_is_not_published_is_not_suggested(client: FlaskClient) -> None:
    assert texts(client, "/suggest?q=Bozza segreta") == []


def test_municipalities_come_by_size_and_with_their_province(client: FlaskClient) -> None:
    assert texts(client, "/suggest/places?q=lucc")[0] == "Lucca (LU)"
    assert texts(client, "/suggest/places?q=AGLIÈ")[0] == "Agliè (TO)"
    assert len(texts(client, "/suggest/places?q=ca")) <= 8


def test_a_change_of_filters_fetches_only_the_list(client: FlaskClient) -> None:
    part = client.get("/search?q=pozzo&kind=study", headers={"HX-Request": "true"})
    assert "<header" not in part.text
    assert 'id="results"' in part.text
    assert "hx-swap-oob" in part.text
    assert "HX-Request" in part.headers["Vary"]
    whole = client.get(
        "/search?q=pozzo&kind=study", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert "<header" in whole.text


def test_the_sentence_that_answers_comes_before_its_record(client: FlaskClient) -> None:
    page = soup(client, "/search?q=Neun Windräder, Photovoltaik und drei Biogasanlagen")
    hit = page.select_one(".hits article")
    assert hit is not None
    order = [tag.name for tag in hit.select("blockquote.answer, .about, h2")]
    assert order == ["blockquote", "p", "h2"]
    about = hit.select_one(".about")
    assert about is not None
    assert all(word in about.text for word in ("in tedesco", "p. 2", "Wildpoldsried", "1999"))


def passage(cosine: float, lexical: float) -> PassageHit:
    return PassageHit(
        passage_id=1, document_id=1, document_name="", media_type="", heading=(), language="it", page_from=None,
        page_to=None, page_label=None, snippet=(), text="", score=0, probability=0, cosine=cosine, lexical=lexical,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cosine", "lexical", "told"),
    [(0.8, 0.0, "meaning"), (0.8, 1.0, "both"), (0.1, 1.0, "words"), (0.0, 0.0, "meaning")],
)
def test_it_is_told_why_a_passage_was_found(cosine: float, lexical: float, told: str) -> None:
    assert reason(passage(cosine, lexical), [passage(0.8, 1.0)]) == told
