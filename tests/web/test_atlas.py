"""The pages of the map and of the comparison, as people without scripts get them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kb import outlines
from kb.bootstrap import Kb
from kb.config import load
from kb.db.entities import Record
from kb.errors import InvalidSetting
from kb.services import publishing
from kb.services.fields import State, parse
from kb.values import OPERATOR
from kb.worker import Worker
from tests.support import people
from tests.support.tiny import tiny_kb
from tests.web.library import SCRIPT
from webui.app import create_app

ROWS: tuple[dict[str, object], ...] = (
    {
        "key": "capannori",
        "title": "Capannori porta a porta",
        "country": "IT",
        "region": "Toscana",
        "municipality": "Capannori",
        "lat": 43.84,
        "lon": 10.58,
        "population": 40_000,
        "start": 2005,
        "end": 2010,
        "cost": "Circa 1,2 milioni di euro",
        "results": "La raccolta è cresciuta ogni anno. " * 20,
    },
    {
        "key": "wien",
        "title": "Wiener Trinkwasser",
        "language": "de",
        "country": "AT",
        "lat": 48.2,
        "lon": 16.37,
        "cost": "2 Mio. €",
    },
    {"key": "nowhere", "title": "Acqua senza luogo", "country": "IT", "population": 500},
    {"key": "script", "title": SCRIPT, "lat": 45, "lon": 9, "municipality": '"><script>alert(1)</script>'},
)
INDICATORS = [
    {"name": "Rifiuti residui", "value": "3.200", "unit": "t", "baseline": "9.000 t"},
    {"name": "Raccolta differenziata", "value": "82", "unit": "%"},
    {"name": "senza valore"},
    "nonsense",
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    """Four records, one without a place, and a draft and a withdrawn one with places."""
    kb = tiny_kb(tmp_path_factory.mktemp("atlas"))
    for row in ROWS:
        _add(kb, row)
    _add(kb, {"key": "draft", "title": "Bozza segreta", "lat": 44, "lon": 11}, "draft")
    gone = _add(kb, {"key": "gone", "title": "Ritirata segreta", "lat": 44, "lon": 11})
    Worker(kb).drain()
    with kb.database.write() as session:
        publishing.move(session, gone, "withdrawn")
        capannori = session.get_one(Record, 1)
        capannori.details = {**capannori.details, "indicators": INDICATORS}
    yield kb
    kb.close()


@pytest.fixture(scope="module")
def app(kb: Kb) -> Flask:
    app = create_app(kb)
    app.testing = False
    return app


def _add(kb: Kb, row: dict[str, object], state: State = "published") -> int:
    given = {"language": "it", "summary": "Acqua e rifiuti.", **row}
    (outcome,) = kb.intake.add_record(parse(given, where="test"), source="test", state=state)
    assert outcome.record_id
    return outcome.record_id


def ids(kb: Kb) -> dict[str, int]:
    return {view.key: view.record_id for view in kb.catalog.latest(OPERATOR, 100)}


# --- the map -----------------------------------------------------------------------------------


def test_the_table_holds_every_record_with_a_place_and_says_how_many_lack_one(client: FlaskClient) -> None:
    page = client.get("/map?lang=en").text
    assert "<h1>3 records on the map</h1>" in page
    assert "1 more record has no coordinates" in page
    rows = re.findall(r'<tr data-lat="([\d.]+)" data-lon="([\d.]+)" data-kind="practice">', page)
    assert set(rows) == {("43.84", "10.58"), ("48.2", "16.37"), ("45.0", "9.0")}
    assert '<th scope="row" lang="de"><a href="/records/2?lang=en">Wiener Trinkwasser</a></th>' in page


@pytest.mark.parametrize("address", ["/map", "/map/points", "/map?q=acqua", "/map/points?q=acqua", "/compare?q=acqua"])
def test_what_is_not_public_is_on_no_map(app: Flask, kb: Kb, address: str) -> None:
    assert "segreta" not in app.test_client().get(address).text
    curator = people.client(app, people.add(kb, "curator"))
    assert "Bozza segreta" in curator.get(address).text or "q=" in address


def test_what_people_wrote_is_text_on_the_map_too(client: FlaskClient) -> None:
    page = client.get("/map").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_points_are_geojson_of_what_passes_the_filters(client: FlaskClient) -> None:
    answer = client.get("/map/points?country=AT&lang=en")
    assert answer.mimetype == "application/geo+json"
    found = answer.get_json(force=True)
    assert (found["numberMatched"], found["numberLocated"], found["numberReturned"]) == (1, 1, 1)
    (feature,) = found["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [16.37, 48.2]}
    assert feature["properties"]["title"] == "Wiener Trinkwasser"
    assert feature["properties"]["place"] == "Austria"


def test_narrowing_stays_on_the_map_and_the_switch_keeps_the_question(client: FlaskClient) -> None:
    page = unescape(client.get("/map?q=acqua&country=IT&lang=en").text)
    assert 'action="/map?lang=en" method="get"' in page
    assert 'href="/map?q=acqua&lang=en"' in page  # the chip that takes the country away
    switch = re.findall(r'<li><a href="([^"]+)"', page[page.index('<nav class="views"') :])[:3]
    assert [urlsplit(one).path for one in switch] == ["/search", "/map", "/compare"]
    assert all(parse_qs(urlsplit(one).query) == {"q": ["acqua"], "country": ["IT"], "lang": ["en"]} for one in switch)


def test_lists_and_results_lead_to_the_map(client: FlaskClient) -> None:
    for address in ("/records?country=IT", "/search?q=acqua"):
        page = client.get(address).text
        assert f'href="/map?{urlsplit(address).query}"' in page
        assert 'data-compare="1"' in page


def test_a_map_of_nothing_and_a_question_without_words(client: FlaskClient) -> None:
    page = client.get("/map?country=FR&lang=en")
    assert page.status_code == 200
    assert "No record on the map" in page.text
    assert "data-outlines" not in page.text
    assert client.get("/map?q=%3F%3F").location == "/search?q=??"
    assert client.get("/map?country=Italy").status_code == 400


def test_outlines_are_kept_for_ever_under_their_hash(client: FlaskClient) -> None:
    found = re.search(r'data-outlines="([^"]+)"', client.get("/map").text)
    assert found
    answer = client.get(found[1], headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert json.loads(gzip.decompress(answer.data)) == json.loads(outlines.FILE.read_text())
    assert json.loads(client.get(found[1]).data)["type"] == "FeatureCollection"
    assert client.get("/map/outlines/0000000000000000.json").status_code == 404


def test_a_tile_server_is_asked_only_where_one_is_set(
    client: FlaskClient, kb: Kb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant that allows every host, or allows it on every page, turns this red."""
    assert "data-tiles" not in client.get("/map").text
    tiles = {"tiles": "https://tiles.example.org/{z}/{x}/{y}.png", "tiles_attribution": "© <b>us</b>"}
    object.__setattr__(kb, "config", kb.config.model_copy(update=tiles))
    try:
        answer = client.get("/map")
        assert 'data-tiles="https://tiles.example.org/{z}/{x}/{y}.png"' in answer.text
        assert "© &lt;b&gt;us" in answer.text
        assert "img-src 'self' https://tiles.example.org data:;" in answer.headers["Content-Security-Policy"]
        assert "example.org" not in client.get("/records").headers["Content-Security-Policy"]
    finally:
        object.__setattr__(kb, "config", kb.config.model_copy(update={"tiles": "", "tiles_attribution": ""}))


@pytest.mark.parametrize(
    "address", ["tiles.example.org", "https://h/{z}/{x}", "https://{s}.h/{z}/{x}/{y}", "https://h; x/{z}/{x}/{y}"]
)
def test_a_tile_server_that_cannot_be_one_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_TILES", address)
    with pytest.raises(InvalidSetting, match="tile server"):
        load()


def test_a_record_shows_its_place_without_a_script(client: FlaskClient, kb: Kb) -> None:
    page = client.get("/records/1?lang=en").text
    assert 'role="img" aria-label="Map: Capannori, Toscana, Italy"' in page
    assert re.search(r'<path class="land" d="M[\d. LMZ-]+"', page)
    assert "place-map" not in client.get(f"/records/{ids(kb)['nowhere']}").text


# --- side by side --------------------------------------------------------------------------------


def _cells(page: str, label: str) -> list[str]:
    """The words of the cells of a row."""
    row = page[page.index(f'role="rowheader">{label}</th>') :].split("</tr>", 1)[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row.split('<td role="cell">')[1:]]


def test_records_are_compared_field_by_field(client: FlaskClient) -> None:
    page = unescape(client.get("/compare?record=1&record=2&lang=en").text)
    assert _cells(page, "Place") == [
        "Capannori porta a porta Capannori, Toscana, Italy",
        "Wiener Trinkwasser Austria",
    ]
    assert _cells(page, "Period")[0].endswith("2005–2010 5 years")
    cost = _cells(page, "Cost")
    assert cost[0].endswith("Circa 1,2 milioni di euro €30.00 per inhabitant")
    assert cost[1].endswith("2 Mio. €")  # whose inhabitants nobody knows
    assert 'lang="de">2 Mio. €' in page
    assert "in German" in page


def test_values_of_indicators_are_shared_out_only_where_that_means_something(client: FlaskClient) -> None:
    (capannori, _) = _cells(unescape(client.get("/compare?record=1&record=2&lang=en").text), "Indicators")
    assert "Rifiuti residui: 3.200 t (before: 9.000 t)" in capannori
    assert "Rifiuti residui: 80 t per 1,000 inhabitants" in capannori
    assert capannori.count("inhabitant") == 1
    assert "senza valore" not in capannori


def test_long_texts_unfold(client: FlaskClient) -> None:
    page = client.get("/compare?record=1&lang=en").text
    assert page.count("La raccolta è cresciuta ogni anno.") == 20
    assert re.search(r"<summary>Read the rest<span class=\"quiet\">Results, Capannori", page)


def test_records_are_added_and_taken_away_by_links_and_forms_alone(client: FlaskClient) -> None:
    page = unescape(client.get("/compare?q=acqua&record=1&record=2").text)
    assert re.findall(r'class="remove" href="([^"]+)"', page) == [
        "/compare?q=acqua&record=2",
        "/compare?q=acqua&record=1",
    ]
    form = page[page.rindex("<form") : page.rindex("</form>")]
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form) == [
        ("q", "acqua"),
        ("record", "1"),
        ("record", "2"),
    ]
    assert set(re.findall(r'type="checkbox" id="[^"]+" name="record" value="(\d)"', form)) == {"3", "4"}


def test_what_is_not_there_is_said_and_no_more_than_four_are_compared(client: FlaskClient, kb: Kb) -> None:
    known = ids(kb)
    page = client.get(f"/compare?record=1&record={known['draft']}&record=99&record=x&lang=en").text
    assert "2 records are not there" in page
    assert "segreta" not in page
    five = "&".join(f"record={n}" for n in (1, 2, 3, 4, 5))
    page = client.get(f"/compare?{five}&lang=en").text
    assert "At most 4 records" in page
    assert "choosing" not in page
    assert client.get(f"/compare?record={'9' * 30}").status_code == 200


def test_a_comparison_of_nothing_offers_the_list(client: FlaskClient) -> None:
    page = client.get("/compare?lang=en").text
    assert "Choose up to 4 records" in page
    assert page.count('type="checkbox"') == 4
    assert "Write at least one word" in client.get("/compare?q=%3F&lang=en").text
