"""The text view of the viewer: what it shows, marks, and refuses."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.db.entities import Document
from tests.support import people
from tests.web import library
from tests.web.test_pages import soup
from webui.viewer import lines

Passages = list[tuple[int, int, str]]
"""Id of each passage of a document, its page, and its text."""


@pytest.fixture(scope="module")
def energy(kb: Kb) -> tuple[int, Passages]:
    """Id of the PDF of three pages, and its passages."""
    record = library.record(kb, "wildpoldsried")
    (document,) = [one for one in record.documents if one.media_type == "application/pdf"]
    return document.document_id, [(id_, one.page_from or 0, one.text) for id_, one in document.passages]


def test_the_text_of_a_pdf_stands_under_its_pages(client: FlaskClient, energy: tuple[int, Passages]) -> None:
    document, passages = energy
    page = soup(client, f"/documents/{document}/read")
    assert [mark.text for mark in page.select("h3.leaf")] == [f"p. {n}, numero stampato {n + 8}" for n in (1, 2, 3)]
    for id_, _, text in passages:
        item = page.select_one(f"#passage-{id_} .text")
        assert item is not None
        assert item["lang"] == "de"
        assert item.get_text(strip=True)[:60] == text[:60]
    assert page.select(".is-cited") == []
    assert page.select_one(f"a[href='/documents/{document}/original'][download]")


def test_the_cited_passage_and_its_sentence_are_marked(client: FlaskClient, energy: tuple[int, Passages]) -> None:
    document, passages = energy
    cited, number, _ = passages[1]
    page = soup(client, f"/documents/{document}/read?passage={cited}&sentence=1")
    (item,) = page.select(".is-cited")
    assert item["id"] == f"passage-{cited}"
    assert item["data-from"] == str(number)
    assert [mark.text for mark in page.select("mark")] == [
        "Die Anlagen gehören den Bürgerinnen und Bürgern, die dafür eine eigene Gesellschaft gegründet haben."
    ]
    assert page.select_one("#pages")["data-page"] == str(number)  # type: ignore[index]
    links = {link["rel"][0]: link["href"] for link in item.select("a[rel]")}
    assert f"passage={passages[0][0]}" in links["prev"]
    assert f"passage={passages[2][0]}" in links["next"]


def test_what_an_address_cites_wrongly_is_left_aside(client: FlaskClient, kb: Kb, energy: tuple[int, Passages]) -> None:
    document, _ = energy
    foreign = library.record(kb, "orti").documents[0].passages[0][0]
    for asked in (f"passage={foreign}", "passage=0", f"passage={10**18}&page=2"):
        page = soup(client, f"/documents/{document}/read?{asked}&sentence=0")
        assert page.select(".is-cited, mark") == []
        assert "non è più in questo documento" in page.get_text()
    for asked in ("passage=x&page=-3&sentence=²", f"page={'9' * 40}", "passage=&part=", "passage=1&passage=2"):
        assert client.get(f"/documents/{document}/read?{asked}").status_code == 200


def test_what_is_not_there_or_not_for_this_reader_is_not_found(
    app: Flask, client: FlaskClient, kb: Kb, energy: tuple[int, Passages]
) -> None:
    (draft,) = [one for one in library.record(kb, "draft").documents if one.media_type == "application/pdf"]
    (own,) = [one for one in library.record(kb, "wildpoldsried").documents if one.media_type == "text/x-record"]
    addresses = [f"/documents/{id_}/read" for id_ in (0, 99_999, 10**25, "x", -1, draft.document_id, own.document_id)]
    for address in (
        *addresses,
        f"/documents/{energy[0]}/read?part=2",
        f"/documents/{energy[0]}/read?part=999999999999",
    ):
        assert client.get(address).status_code == 404, address
    curator = people.client(app, people.add(kb, "curator"))
    assert "segreta" in curator.get(f"/documents/{draft.document_id}/read").text


def test_signs_of_markup_in_a_text_are_only_signs(client: FlaskClient, kb: Kb) -> None:
    document = library.documents(kb)["zeichen.txt"]
    ((id_, passage),) = [
        one for view in library.record(kb, "orti").documents if view.document_id == document for one in view.passages
    ]
    response = client.get(f"/documents/{document}/read?passage={id_}&sentence=0")
    assert "<script>alert(2)" not in response.text
    page = soup(client, f"/documents/{document}/read?passage={id_}&sentence=0")
    (mark,) = page.select("mark")
    assert "<script>alert(2)</script>" in mark.text
    assert passage.text.startswith(mark.text)


def test_other_formats_are_read_as_text_and_load_no_pages(client: FlaskClient, kb: Kb) -> None:
    page = soup(client, f"/documents/{library.documents(kb)['pagina.html']}/read")
    assert "Gli orti sociali del quartiere" in page.select_one("#text").get_text()  # type: ignore[union-attr]
    assert page.select("#pages, script[src*=viewer]") == []


def test_a_document_that_could_not_be_read_says_so(client: FlaskClient, kb: Kb) -> None:
    page = soup(client, f"/documents/{library.documents(kb)['rotto.pdf']}/read")
    assert page.select_one(".state.failed") is not None
    assert page.select("#pages") == []
    assert "non c’è ancora testo" in page.get_text()


def test_results_and_records_lead_here(client: FlaskClient, kb: Kb, energy: tuple[int, Passages]) -> None:
    document, passages = energy
    cited, number, _ = passages[1]
    found = soup(client, "/search?q=Neun Windräder, Photovoltaik und drei Biogasanlagen")
    (link, *_) = [str(a["href"]) for a in found.select(f"a[href*='/documents/{document}/read']")]
    assert link.startswith(f"/documents/{document}/read?passage={cited}&page={number}&sentence=")
    page = soup(client, link)
    assert page.select_one(f"#passage-{cited}.is-cited") is not None
    record = library.record(kb, "wildpoldsried").record_id
    assert soup(client, f"/records/{record}").select_one(f"a[href*='/read?passage={cited}']") is not None


def test_a_chosen_language_stays(client: FlaskClient, energy: tuple[int, Passages]) -> None:
    document, passages = energy
    page = soup(client, f"/documents/{document}/read?passage={passages[1][0]}&lang=en")
    assert page.select_one(".is-cited .label").text == "Passage cited"  # type: ignore[union-attr]
    assert all("lang=en" in link["href"] for link in page.select(".passages a"))


def test_rows_of_tables_are_drawn_in_cells_and_marks_cross_them() -> None:
    whole = "Comune: Lucca | CO2: 12\n\nEin Satz."
    first, second = lines(whole, (whole.index("Lucca"), len("Comune: Lucca | CO2")))
    assert [[(span.text, span.marked) for span in cell] for cell in first] == [
        [("Comune: ", False), ("Lucca", True)],
        [("CO2", True), (": 12", False)],
    ]
    assert [[span.text for span in cell] for cell in second] == [["Ein Satz."]]


def test_recognised_pages_say_how_sure_their_text_is(client: FlaskClient, kb: Kb) -> None:
    document = library.documents(kb)["energiekonzept.pdf"]
    with kb.database.write() as session:
        session.get_one(Document, document).recognised = [{"page": 2, "language": "de", "confidence": 0.914}]
    try:
        page = soup(client, f"/documents/{document}/read")
        (leaf,) = [mark for mark in page.select("h3.leaf") if mark.text.startswith("p. 2")]
        assert "91 %" in leaf.find_next_sibling("p").text  # type: ignore[union-attr]
        assert page.get_text().count("91 %") == 1
    finally:
        with kb.database.write() as session:
            session.get_one(Document, document).recognised = []
