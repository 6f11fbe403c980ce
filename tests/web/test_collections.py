"""Collections in a browser: made, arranged, read, printed and taken along without a script."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
from lxml import etree
from pypdf import PdfReader

from kb.values import OPERATOR
from tests.web import keeping
from tests.web.keeping import FORMULA, Site, soup

ATOM = {"a": "http://www.w3.org/2005/Atom"}
KINDS = ("pdf", "csv", "json", "atom")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with keeping.site(tmp_path_factory.mktemp("collections")) as site:
        site.add(key="bins", title="Bidoni <b>&", summary="Raccolta porta a porta.", themes=["waste"], lat=-3.5, lon=1)
        site.add(key="greek", title="Ανακύκλωση και Мусор ąęčř", language="el", promoter=FORMULA)
        site.add(key="gone", title="Poi ritirata")
        site.add(key="draft", title="Bozza", state="draft")
        yield site


@pytest.fixture(scope="module")
def made(site: Site) -> str:
    """Anna's collection of three records, made in her browser and published by a curator."""
    anna, curator = site.browser("member", "anna"), site.browser("curator")
    made = anna.post("/collections/new", data={"title": "Rifiuti, però", "visibility": "private"})
    assert made.location == "/collections/rifiuti-pero/edit"
    for record in (1, 2, 3):
        note = "Da leggere <i>per prima</i>." if record == 1 else ""
        added = anna.post(f"/records/{record}/collect", data={"collection": "rifiuti-pero", "note": note})
        assert added.status_code == 302
    page = site.kb.collections.page("rifiuti-pero", OPERATOR)
    form = {"order-0": "1", "key-0": "", "section-0-it": "Oltre i confini", "section-0-de": "Jenseits"}
    assert curator.post("/collections/rifiuti-pero/sections", data={"version": page.version, **form}).status_code == 302
    form = {"section": "s1", "position": "1", "note": "", "action": "save", "version": page.version + 1}
    assert anna.post("/collections/rifiuti-pero/records/2", data=form).status_code == 302
    about = {"title": "Rifiuti", "visibility": "public", "text-it": "Primo.\n\nSecondo.", "title-de": "Abfall"}
    about["version"] = str(page.version + 2)
    assert curator.post("/collections/rifiuti-pero/edit", data=about).status_code == 302
    return "/collections/rifiuti-pero"


def test_the_page_has_cover_sections_records_and_notes_in_the_readers_language(site: Site, made: str) -> None:
    page = soup(site.browser(), made)
    assert page.h1 is not None
    assert page.h1.text == "Rifiuti"
    assert [p.text for p in page.select(".cover p")] == ["Primo.", "Secondo."]
    assert [tag.text for tag in page.select("article.collection section > h2")] == ["Oltre i confini"]
    assert [tag.text for tag in page.select("article.collection li h2, article.collection li h3")] == [
        "Bidoni <b>&",
        "Poi ritirata",
        "Ανακύκλωση και Мусор ąęčř",
    ]
    assert page.select_one(".note").text.strip() == "Da leggere <i>per prima</i>."  # type: ignore[union-attr]
    german = site.browser().get(made, headers={"Accept-Language": "de"})
    assert german.status_code == 200
    assert not page.select(f"a[href='{made}/edit']")


def test_the_list_shows_each_reader_hers(site: Site, made: str) -> None:
    site.browser("member", "bruno").post("/collections/new", data={"title": "Solo mia", "visibility": "private"})
    for who, found in ((("",), 1), (("member", "anna"), 1), (("member", "bruno"), 2), (("curator",), 2)):
        page = soup(site.browser(*who), "/collections")
        assert len(page.select("ul.cards li")) == found, who


@pytest.mark.parametrize("kind", ["", "/edit", *(f".{kind}" for kind in KINDS)])
def test_a_private_collection_of_somebody_else_is_not_there(site: Site, made: str, kind: str) -> None:
    site.browser("member", "bruno").post("/collections/new", data={"title": "Segreta", "visibility": "private"})
    assert site.browser("member", "anna").get(f"/collections/segreta{kind}").status_code == 404
    assert site.browser().get(f"/collections/segreta{kind}").status_code == (302 if kind == "/edit" else 404)


def test_only_her_own_and_only_curators_what_is_public(site: Site, made: str) -> None:
    bruno, anna = site.browser("member", "bruno"), site.browser("member", "anna")
    for browser in (bruno, anna):
        assert browser.post(f"{made}/records/1", data={"action": "remove", "version": "1"}).status_code == 403
        assert browser.post(f"{made}/delete", data={"sure": "yes"}).status_code == 403
        assert browser.post("/records/1/collect", data={"collection": "rifiuti-pero"}).status_code == 403
    assert bruno.get(f"{made}/edit").status_code == 403
    locked = soup(anna, f"{made}/edit")
    assert [form["action"] for form in locked.select("main form")] == [f"{made}/visibility"]
    loud = anna.post("/collections/new", data={"title": "Loud", "visibility": "public"})
    assert loud.status_code == 403
    assert site.browser().post("/records/1/collect", data={}).status_code == 403


def test_what_somebody_else_changed_is_not_overwritten(site: Site, made: str) -> None:
    curator = site.browser("curator")
    stale = {"action": "down", "version": "1"}
    answer = curator.post(f"{made}/records/1", data=stale)
    assert answer.status_code == 409
    assert "cambiato" in answer.text


def test_arrows_move_a_record(site: Site, made: str) -> None:
    curator = site.browser("curator")

    def press(button: str) -> list[str]:
        version = soup(curator, f"{made}/edit").select_one("input[name=version]")["value"]  # type: ignore[index]
        moved = curator.post(f"{made}/records/1", data={"action": button, "version": version})
        assert moved.location == f"{made}/edit#record-1"
        return [str(one.record_id) for one in site.kb.collections.page("rifiuti-pero", OPERATOR).records]

    assert press("down") == ["3", "1", "2"]
    assert press("up") == ["1", "3", "2"]


def test_the_table_has_every_field_and_no_formula(site: Site, made: str) -> None:
    answer = site.browser().get(f"{made}.csv")
    assert answer.headers["Content-Disposition"].endswith("rifiuti-pero.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["key"] for row in rows] == ["bins", "gone", "greek"]
    assert (rows[0]["themes"], rows[0]["lat"], rows[0]["note"]) == ("waste", "-3.5", "Da leggere <i>per prima</i>.")
    assert (rows[2]["promoter"], rows[2]["section"]) == (f"'{FORMULA}", "Oltre i confini")
    assert not [cell for row in rows for name, cell in row.items() if name != "lat" and cell[:1] in "=+-@" and cell]


def test_the_json_has_the_collection_and_whole_records(site: Site, made: str) -> None:
    found = json.loads(site.browser().get(f"{made}.json").text)
    assert (found["title"], found["cover"]["de"]) == ("Rifiuti", {"title": "Abfall"})
    assert [one["key"] for one in found["records"]] == ["bins", "gone", "greek"]
    assert found["records"][2]["promoter"] == FORMULA
    assert found["records"][0]["address"] == "http://localhost/records/1"


def test_the_booklet_prints_every_alphabet_of_the_union(site: Site, made: str) -> None:
    answer = site.browser().get(f"{made}.pdf?lang=it")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in ("Rifiuti", "Primo.", "Bidoni <b>&", "Ανακύκλωση και Мусор ąęčř", "Da leggere <i>per prima</i>."):
        assert said in words
    assert reader.metadata is not None
    assert reader.metadata.title == "Rifiuti"
    fonts = {str(font) for page in reader.pages for font in page["/Resources"]["/Font"]}  # type: ignore[index]
    assert fonts


def test_a_withdrawn_record_is_gone_at_once_from_everything(site: Site, made: str) -> None:
    visitor = site.browser()
    assert "Poi ritirata" in visitor.get(made).text
    before = visitor.get(f"{made}.atom").headers["ETag"]
    site.move(3, "withdrawn")
    for kind in ("", ".csv", ".json", ".atom"):
        assert "ritirata" not in visitor.get(made + kind).text
    reader = PdfReader(io.BytesIO(visitor.get(f"{made}.pdf").data))
    assert "ritirata" not in " ".join(page.extract_text() for page in reader.pages)
    assert soup(visitor, "/collections").select_one("ul.cards .about span").text == "2 schede"  # type: ignore[union-attr]
    assert visitor.get(f"{made}.atom", headers={"If-None-Match": before}).status_code == 200
    site.move(3, "published")


def test_the_feed_is_atom_and_says_when_nothing_is_new(site: Site, made: str) -> None:
    answer = site.browser().get(f"{made}.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = etree.fromstring(answer.data)
    assert feed.findtext("a:id", namespaces=ATOM).startswith("urn:uuid:")
    assert feed.find("a:link[@rel='self']", namespaces=ATOM).get("href") == f"http://localhost{made}.atom"
    ids = [one.text for one in feed.findall("a:entry/a:id", namespaces=ATOM)]
    assert len(set(ids)) == len(ids) == 3
    for entry in feed.findall("a:entry", namespaces=ATOM):
        for tag in ("title", "updated", "published"):
            assert entry.findtext(f"a:{tag}", namespaces=ATOM)
    again = site.browser().get(f"{made}.atom", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_collection_is_made_of_a_search_and_filled_again(site: Site) -> None:
    anna = site.browser("member", "anna")
    form = soup(anna, "/collections/new?search=theme%3Dwaste")
    assert form.select_one("input[name=search]")["value"] == "theme=waste"  # type: ignore[index]
    made = anna.post("/collections/new", data={"title": "Da ricerca", "visibility": "shared", "search": "theme=waste"})
    assert made.location == "/collections/da-ricerca/edit"
    assert [one.key for one in site.kb.collections.page("da-ricerca", OPERATOR).records] == ["bins"]
    later = site.add(title="Altri bidoni", themes=["waste"])
    assert anna.post("/collections/da-ricerca/records").status_code == 302
    assert {one.record_id for one in site.kb.collections.page("da-ricerca", OPERATOR).records} == {1, later}
    assert soup(anna, "/collections/da-ricerca").select("a[href='/records?theme=waste']")
    assert anna.post("/collections/da-ricerca/delete").location.endswith("/edit#delete")
    assert anna.post("/collections/da-ricerca/delete", data={"sure": "yes"}).location == "/collections"
    assert anna.get("/collections/da-ricerca").status_code == 404


@pytest.mark.parametrize(
    ("address", "form", "status"),
    [
        ("/collections/new", {"title": "  "}, 400),
        ("/collections/new", {"title": "x" * 251}, 400),
        ("/collections/new", {"title": "a\x00b"}, 400),
        ("/collections/new", {"title": "Ok", "visibility": "loud"}, 400),
        ("/collections/new", {"title": "Ok", "search": "from=never"}, 400),
        ("/collections/rifiuti-pero/edit", {"title": "Ok", "version": "x"}, 409),
        ("/collections/rifiuti-pero/sections", {"order-²": "1", "version": "9" * 30}, 409),
        ("/collections/rifiuti-pero/records/99999", {"action": "up", "version": "-1"}, 409),
        ("/collections/rifiuti-pero/records/1", {"action": "burn", "version": "1"}, 400),
        ("/collections/nothing/edit", {"title": "Ok"}, 404),
        ("/collections/Not A Key!/delete", {"sure": "yes"}, 404),
        ("/records/99999/collect", {"title": "Ok"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    site: Site, made: str, address: str, form: dict[str, str], status: int
) -> None:
    assert site.browser("curator").post(address, data=form).status_code == status
