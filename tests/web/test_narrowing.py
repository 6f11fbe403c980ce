"""Narrowing, browsing and places on the page: each list has an address, and what cannot be done is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.services.fields import parse
from kb.values import OPERATOR
from kb.worker import Worker
from tests.support.tiny import tiny_kb
from tests.web.test_pages import soup
from tests.web.test_search import titles, total, turned
from webui.app import create_app
from webui.narrowing import Choice, folded

QUESTION = quote("bidone marrone per ogni famiglia")
CODES = ("046007", "046017", "004156", "015146", "021008")


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    """Twenty-five records of five Italian towns and one of a German one, a draft, and two collections."""
    kb = tiny_kb(Path(tmp_path_factory.mktemp("places")))
    for number in range(25):
        add(kb, key=f"r{number}", lau=CODES[number % 5], themes=["waste", "energy"][: number % 3], start=2000 + number)
    add(kb, key="de", country="DE", region="Bayern", nuts="DE27", sdgs=["11"], territory=["mountain"])
    kb.intake.add_record(parse({"title": "Bozza", "language": "it"}, where="test"), source="test", state="draft")
    Worker(kb).drain()
    for key, visibility in (("scelte", "public"), ("segrete", "private")):
        kb.collections.create(key, f"Le {key}", OPERATOR, visibility=visibility)  # type: ignore[arg-type]
        kb.collections.add(key, 1, OPERATOR)
    yield kb
    kb.close()


@pytest.fixture
def client(kb: Kb) -> FlaskClient:
    app = create_app(kb)
    app.testing = False
    return app.test_client()


def add(kb: Kb, key: str, **fields: object) -> None:
    given = {"key": key, "title": f"Scheda {key}", "language": "it", "country": "IT", **fields}
    words = {"solution": "Ogni famiglia ha ricevuto un bidone marrone."}
    kb.intake.add_record(parse({**given, **words}, where="test"), source="test", state="published")


def chips(page: BeautifulSoup) -> list[str]:
    return [
        chip.text.split(" togli")[0] for chip in page.select("ul.chips a") if "clear" not in (chip.get("class") or [])
    ]


def test_browsing_lists_everything_newest_first(client: FlaskClient) -> None:
    page = soup(client, "/records")
    assert total(page) == 26
    assert titles(page)[:2] == ["Scheda r24", "Scheda r23"]
    listed = turned(client, "/records")
    assert len(set(listed)) == len(listed) == 26
    assert "Bozza" not in listed


@pytest.mark.parametrize("base", ["/records?", f"/search?q={QUESTION}&"])
def test_every_count_is_what_choosing_it_lists(client: FlaskClient, base: str) -> None:
    boxes = soup(client, base).select("#filters fieldset.facet label")
    assert len({box.input["name"] for box in boxes if box.input}) >= 6
    for box in boxes:
        assert box.input is not None
        count = box.select_one(".count")
        assert count is not None
        narrowed = soup(client, f"{base}{box.input['name']}={box.input['value']}")
        assert total(narrowed) == int(count.text), box.text
        assert narrowed.select_one(f"input[name={box.input['name']}][checked]") is not None


def test_an_empty_question_with_filters_is_a_list(client: FlaskClient) -> None:
    answer = client.get("/search?q=&theme=waste&lang=en")
    assert (answer.status_code, answer.location) == (302, "/records?theme=waste&lang=en")
    assert client.get("/search?theme=waste").location == "/records?theme=waste"
    assert client.get("/records?q=bidone&theme=waste&page=2").location == "/search?q=bidone&theme=waste&page=2"
    assert client.get("/search?q=").status_code == 400


def test_every_field_has_a_name_and_its_group_a_legend(client: FlaskClient) -> None:
    page = soup(client, "/records")
    form = page.select_one("#filters form")
    assert form is not None
    for box in form.select("input:not([type=hidden]), select"):
        assert box.find_parent("label") or form.select_one(f"label[for={box['id']}]"), box
    assert all(group.find("legend", recursive=False) for group in form.select("fieldset"))


def test_what_is_chosen_stands_first_and_unfolded(client: FlaskClient) -> None:
    page = soup(client, "/records?sdg=11")
    (field,) = [one for one in page.select("details.field") if one.select_one("input[name=sdg]")]
    assert field.has_attr("open")
    assert not soup(client, "/records").select_one("details.field:has(input[name=sdg])[open]")


def test_a_place_puts_like_places_first_and_says_how_far(client: FlaskClient) -> None:
    page = soup(client, f"/search?q={QUESTION}&place=capannori")
    assert chips(page) == ["Comune di riferimento: Capannori (LU)"]
    assert len(page.select(".hits .away")) == 10
    alike = soup(client, "/records?place=capannori")
    assert [away.text for away in alike.select(".away")][:6] == ["a 0 km"] * 5 + ["a 9 km"]
    assert page.select_one("#place")["value"] == "Capannori (LU)"  # type: ignore[index]
    listed = turned(client, f"/search?q={QUESTION}&place=Capannori")
    assert len(set(listed)) == len(listed) == 26


def test_ways_to_like_places_are_links_to_lists(client: FlaskClient) -> None:
    page = soup(client, "/records?place=Capannori")
    links = [str(link["href"]) for link in page.select(".ways-like a")]
    assert [total(soup(client, link)) for link in links] == [5, 10, 10]
    near = soup(client, links[2])
    assert "Entro: 50 km" in chips(near)
    assert len(near.select(".ways-like a")) == 2


def test_nearest_first(client: FlaskClient) -> None:
    page = soup(client, "/records?place=Ostana&sort=distance")
    assert [away.text for away in page.select(".away")][:6] == ["a 0 km"] * 5 + ["a 177 km"]


def test_an_ambiguous_place_offers_each(client: FlaskClient) -> None:
    page = soup(client, "/records?place=Castro&within=30")
    assert "Più Comuni si chiamano “Castro”" in page.select_one(".notice").text  # type: ignore[union-attr]
    links = page.select(".notice a")
    assert [link.text for link in links] == ["Castro (BG)", "Castro (LE)"]
    assert "Comune di riferimento: Castro (LE)" in chips(soup(client, str(links[1]["href"])))
    assert total(page) == 26


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/records?place=Capanori", "Nessun Comune italiano si chiama “Capanori”"),
        ("/records?place=Capanori", "Forse intendevi"),
        ("/records?place=%3Cscript%3E", "Nessun Comune italiano si chiama “<script>”"),
        ("/records?sort=distance", "scrivi il nome del tuo Comune"),
        ("/records?within=30", "scrivi il nome del tuo Comune"),
        ("/records?place=Sovizzo&within=30", "Di Sovizzo (VI) non si conoscono le coordinate"),
        (f"/search?q={QUESTION}&sort=likeness", "scrivi il nome del tuo Comune"),
    ],
)
def test_what_cannot_be_done_with_a_place_is_said(client: FlaskClient, address: str, sentence: str) -> None:
    page = soup(client, address)
    assert sentence in page.select_one(".answers .notice").text  # type: ignore[union-attr]
    assert total(page) == 26


@pytest.mark.parametrize(
    "query",
    [
        "theme=recipes", "sdg=18", "population=huge", "region=Tuskany", "collection=segrete", "collection=none",
        "from=20x5", "from=99", "to=" + quote("٢٠٢٠"), "from=2010&to=2009", "within=-1", "within=1e9", "within=nan",
        "sort=size", "theme=%00", "region=" + "x" * 5_000, "place=Lucca&within=0", "place=Lucca&within=99999",
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", ["/records?", f"/search?q={QUESTION}&"])
def test_a_filter_that_cannot_be_is_refused(client: FlaskClient, base: str, query: str) -> None:
    answer = client.get(base + query)
    assert answer.status_code == 400
    assert "Uno dei filtri non esiste" in answer.text


@pytest.mark.parametrize(
    "query",
    ["theme=", "sort=&place=&within=&from=&to=", "place=%00%01", "region=toscana", "within=10,5&place=lucca", "page="],
)
def test_an_odd_address_is_a_list_like_any_other(client: FlaskClient, query: str) -> None:
    assert client.get("/records?" + query).status_code == 200


def test_a_region_by_name_is_ticked_by_its_code(client: FlaskClient) -> None:
    page = soup(client, "/records?region=toscana")
    assert chips(page) == ["Regione: Toscana"]
    assert page.select_one("input[name=region][value=ITI1][checked]") is not None


def test_years_and_collections_narrow_and_are_chips(client: FlaskClient) -> None:
    page = soup(client, "/records?from=2005&to=2009")
    assert (total(page), chips(page)) == (5, ["Dall’anno: 2005", "Fino all’anno: 2009"])
    chosen = soup(client, "/records?collection=scelte")
    assert (total(chosen), chips(chosen)) == (1, ["Raccolta: Le scelte"])
    assert chosen.select_one("#filters input[name=collection][value=scelte]") is not None


def test_each_chip_goes_away_alone(client: FlaskClient) -> None:
    address = "/records?theme=waste&theme=energy&from=2001&to=2020&place=Lucca&within=300&sort=distance"
    page = soup(client, address)
    links = page.select("ul.chips a:not(.clear)")
    assert len(links) == len(chips(page)) == 6
    for position, link in enumerate(links):
        left = chips(soup(client, str(link["href"])))
        expected = [chip for number, chip in enumerate(chips(page)) if number != position]
        # Without its place, nothing is measured from it.
        assert left == [chip for chip in expected if "Entro" not in chip] if position == 5 else left == expected
    clear = page.select_one("ul.chips a.clear")
    assert clear is not None
    assert clear["href"] == "/records"


def test_a_list_that_is_empty_says_so(client: FlaskClient) -> None:
    page = soup(client, "/records?theme=waste&sdg=11")
    assert "Nessuna scheda ha tutte queste caratteristiche" in page.h1.text  # type: ignore[union-attr]
    (way_on,) = page.select(".answers > .notice a")
    assert total(soup(client, str(way_on["href"]))) == 26


def test_a_page_that_is_not_there_keeps_the_filters(client: FlaskClient) -> None:
    answer = client.get("/records?theme=waste&page=77")
    assert answer.status_code == 404
    link = BeautifulSoup(answer.text, "lxml").select_one(".ways a")
    assert link is not None
    assert link["href"] == "/records?theme=waste"


def test_the_start_page_leads_to_the_lists(client: FlaskClient) -> None:
    page = soup(client, "/")
    themes = [link for link in page.select("ul.examples a") if "/records" in str(link["href"])]
    assert [str(link["href"]) for link in themes] == ["/records?theme=waste", "/records?theme=energy", "/records"]
    for link in themes[:2]:
        assert link.select_one(".count").text == str(total(soup(client, str(link["href"]))))  # type: ignore[union-attr]


def test_languages_never_unfold_and_other_fields_do() -> None:
    ten = [Choice("x", str(number), str(number), 1, chosen=False) for number in range(10)]
    assert folded("language", ten) == (ten, ())
    assert folded("country", ten) == (ten[:6], ten[6:])
