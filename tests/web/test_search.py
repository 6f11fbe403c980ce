"""The results page: what it lists, how it narrows, how it turns pages, and what it refuses."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from index.space import SearchSpace
from kb.bootstrap import Kb
from kb.values import VISITOR, Query
from tests.web import library
from tests.web.test_pages import soup
from webui.asked import PER_PAGE, clean
from webui.search import last_page, numbers

WELLS = "pozzo fontana acquedotto acqua"


def titles(page: BeautifulSoup) -> list[str]:
    return [heading.text for heading in page.select(".hits h2")]


def total(page: BeautifulSoup) -> int:
    heading = page.select_one(".answers h1")
    assert heading is not None
    first = heading.text.split()[0]
    return int(first) if first.isdigit() else 0


def turned(client: FlaskClient, address: str) -> list[str]:
    """All titles of a search, page after page, by following `next`."""
    found: list[str] = []
    while address:
        page = soup(client, address)
        found += titles(page)
        link = page.select_one("nav.pages a[rel=next]")
        address = str(link["href"]) if link else ""
    return found


def test_the_list_is_what_the_service_found(client: FlaskClient, kb: Kb) -> None:
    found = kb.search.search(Query(text="Windräder Strom"), VISITOR)
    page = soup(client, "/search?q=" + quote("Windräder Strom"))
    assert titles(page) == [hit.title for hit in found.hits]
    assert total(page) == found.total
    assert page.select_one("input[name=q]")["value"] == "Windräder Strom"  # type: ignore[index]


def test_words_asked_for_are_marked_and_the_passage_says_where_it_stands(client: FlaskClient, kb: Kb) -> None:
    question = "Neun Windräder, Photovoltaik und drei Biogasanlagen"
    page = soup(client, "/search?q=" + quote(question))
    (hit,) = [item for item in page.select(".hits li") if "Wildpoldsried" in item.h2.text]  # type: ignore[union-attr]
    assert "in tedesco" in hit.text
    quoted = hit.select_one("blockquote")
    assert quoted is not None
    assert quoted["lang"] == "de"
    assert "Windräder" in [mark.text for mark in quoted.select("mark")]
    assert "energiekonzept.pdf" in hit.text
    assert hit.select_one('a[href$="/original#page=2"]') is not None
    assert "p. 2, numero stampato 10" in hit.text


def test_every_link_of_a_hit_leads_somewhere(client: FlaskClient) -> None:
    page = soup(client, "/search?q=" + quote("Windräder Strom Dorf"))
    links = [str(link["href"]) for link in page.select(".hits a")]
    assert links
    for link in links:
        address, _, anchor = link.partition("#")
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200
        if anchor.startswith("passage-"):
            assert f'id="{anchor}"' in answer.text


def test_pages_neither_repeat_nor_skip(client: FlaskClient, kb: Kb) -> None:
    found = kb.search.search(Query(text=WELLS, limit=100), VISITOR)
    assert found.total >= library.WELLS
    listed = turned(client, "/search?q=" + quote(WELLS))
    assert listed == [hit.title for hit in found.hits]
    assert len(set(listed)) == found.total == total(soup(client, "/search?q=" + quote(WELLS)))


def test_facets_agree_with_the_list_when_chosen(client: FlaskClient) -> None:
    page = soup(client, "/search?q=" + quote(WELLS))
    boxes = page.select("#filters fieldset.facet label")
    assert len(boxes) >= 8
    for box in boxes:
        field = box.select_one("input")
        count = box.select_one(".count")
        assert field is not None
        assert count is not None
        narrowed = soup(client, f"/search?q={quote(WELLS)}&{field['name']}={field['value']}")
        assert total(narrowed) == int(count.text), box.text
        assert len(turned(client, f"/search?q={quote(WELLS)}&{field['name']}={field['value']}")) == int(count.text)


def test_chips_take_one_filter_away_each(client: FlaskClient) -> None:
    page = soup(client, f"/search?q={quote(WELLS)}&language=de&kind=study")
    chips = [chip for chip in page.select("ul.chips a") if "clear" not in (chip.get("class") or [])]
    assert [chip.text.split(" togli")[0] for chip in chips] == ["Tipo: Studio", "Lingua: tedesco"]
    without = soup(client, str(chips[1]["href"]))
    assert [str(box["value"]) for box in without.select("input[checked]")] == ["study"]
    assert total(without) > total(page)


def test_values_of_one_field_are_alternatives(client: FlaskClient) -> None:
    german, french, both = (
        total(soup(client, f"/search?q={quote(WELLS)}&{narrowed}"))
        for narrowed in ("language=de", "language=fr", "language=de&language=fr")
    )
    assert both == german + french > german > 0


def test_nothing_found_says_so_and_offers_a_way_on(client: FlaskClient) -> None:
    page = soup(client, "/search?q=pozzo&country=XX")
    assert "Nessuna scheda risponde" in page.h1.text  # type: ignore[union-attr]
    (way_on,) = page.select(".notice a")
    assert total(soup(client, str(way_on["href"]))) > 0


def test_a_question_cannot_become_markup(client: FlaskClient) -> None:
    question = '"><img src=x onerror=alert(1)> pozzo'
    page = soup(client, "/search?q=" + quote(question))
    assert page.select_one("input[name=q]")["value"] == question  # type: ignore[index]
    assert not [image for image in page.select("img") if image.get("onerror")]
    assert question in page.title.text  # type: ignore[union-attr]


def test_drafts_are_never_found(client: FlaskClient) -> None:
    page = soup(client, "/search?q=parco+segreto+pagina")
    assert "segret" not in " ".join(titles(page)).lower()
    assert "segreta parla" not in page.text


def test_without_a_question_there_is_the_start_page(client: FlaskClient) -> None:
    response = client.get("/search")
    assert response.status_code == 302
    assert response.location == "/"


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/search?q=", 400, "Scrivi almeno una parola"),
        ("/search?q=%20%20", 400, "Scrivi almeno una parola"),
        ("/search?q=%3F%21", 400, "Scrivi almeno una parola"),
        ("/search?q=%00%01", 400, "Scrivi almeno una parola"),
        ("/search?q=" + "a" * 100_000, 400, "troppo lunga"),
        ("/search?q=pozzo&page=abc", 400, "numero intero"),
        ("/search?q=pozzo&page=0", 400, "numero intero"),
        ("/search?q=pozzo&page=-1", 400, "numero intero"),
        ("/search?q=pozzo&page=1e3", 400, "numero intero"),
        ("/search?q=pozzo&page=" + quote("٣"), 400, "numero intero"),
        ("/search?q=pozzo&page=999999999999999999999", 400, "numero intero"),
        ("/search?q=" + quote(WELLS) + "&page=999", 404, "I risultati finiscono a pagina 3"),
        ("/search?q=pozzo&kind=recipe", 400, "Uno dei filtri non esiste"),
        ("/search?q=pozzo&language=Italiano", 400, "Uno dei filtri non esiste"),
        ("/search?q=pozzo&country=Germany", 400, "Uno dei filtri non esiste"),
        ("/search?q=pozzo&country=%00", 400, "Uno dei filtri non esiste"),
    ],
)
def test_bad_input_is_answered_with_one_clear_sentence(
    client: FlaskClient, address: str, status: int, sentence: str
) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert sentence in response.text
    assert BeautifulSoup(response.text, "lxml").select_one("form[role=search]") is not None


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=pozzo%00nero",
        "/search?q=%FF%FE+pozzo",
        "/search?q=pozzo&page=",
        "/search?q=pozzo&kind=&language=&country=",
        "/search?q=pozzo&language=zz&country=XX",
        "/search?q=pozzo&q=altro&unknown=1",
        "/search?q=" + quote("’“”—…🚲 pozzo"),
        "/search?q=" + quote('a OR b AND (c NOT d) title:x *:* ~2 \\ " +-'),
        "/search?q=" + "x" * 2_000,
    ],
)
def test_odd_input_is_a_search_like_any_other(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


def test_the_way_back_from_a_page_that_is_not_there_keeps_the_filters(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/search?q=pozzo&kind=study&page=77").text, "lxml")
    (first, _) = page.select(".ways a")
    assert titles(soup(client, str(first["href"])))
    assert "kind=study" in str(first["href"])


@pytest.mark.parametrize(("records", "pages"), [(0, 1), (1, 1), (PER_PAGE, 1), (PER_PAGE + 1, 2), (57, 6)])
def test_last_page(records: int, pages: int) -> None:
    assert last_page(records) == pages


@pytest.mark.parametrize(
    ("page", "last", "shown"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 9, [1, 2, None, 9]),
        (4, 9, [1, 2, 3, 4, 5, None, 9]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_page_numbers(page: int, last: int, shown: list[int | None]) -> None:
    assert list(numbers(page, last)) == shown


def test_clean_makes_gaps_of_what_cannot_be_seen() -> None:
    assert clean("\u200b pozzo\x00nero\n\tvia\ud800 ") == "pozzo nero via"


def test_the_nearest_are_not_sold_as_answers(client: FlaskClient, kb: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SearchSpace, "threshold", 1.1)
    page = soup(client, "/search?q=pozzo")
    notice = page.select_one(".answers > .notice")
    assert notice is not None
    assert "Probabilmente nessuna scheda risponde" in notice.text
    assert page.select_one("h1").text == "Le schede più vicine"  # type: ignore[union-attr]
    assert page.select(".hits li")
    assert not kb.search.search(Query(text="pozzo"), VISITOR).answered


def test_a_title_is_not_repeated_above_its_passages(client: FlaskClient) -> None:
    page = soup(client, "/search?q=" + quote("Das Dorf hing ganz von Heizöl und von Strom aus der Ferne ab"))
    (hit,) = [item for item in page.select(".hits li") if "Wildpoldsried" in item.h2.text]  # type: ignore[union-attr]
    paths = [path.text for path in hit.select(".path")]
    assert "Herausforderung" in paths
    assert all("Wildpoldsried" not in path for path in paths)
