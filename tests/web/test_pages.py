"""The start page, the record page, and what every page owes its reader."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.values import VISITOR
from tests.web import library
from webui.texts import text


def soup(client: FlaskClient, address: str, **options: object) -> BeautifulSoup:
    """A page that must be there, parsed."""
    response = client.get(address, **options)  # type: ignore[arg-type]
    assert response.status_code == 200, response.text
    return BeautifulSoup(response.text, "lxml")


@pytest.fixture(scope="module")
def energy(kb: Kb) -> int:
    """Id of the record with many fields and a PDF."""
    return library.record(kb, "wildpoldsried").record_id


@pytest.fixture(scope="module")
def orti(kb: Kb) -> int:
    """Id of the record with files of several kinds."""
    return library.record(kb, "orti").record_id


def test_start_page_says_what_is_there(client: FlaskClient, kb: Kb) -> None:
    page = soup(client, "/")
    counts = kb.catalog.counts(VISITOR)
    shown = {div.dt.text: div.dd.text for div in page.select("dl.counts div")}
    assert shown["schede"] == str(counts["records"])
    assert shown["lingue"] == str(counts["languages"])
    assert len(page.select("ul.cards li")) == 6
    assert page.select_one("form[role=search] input[name=q]") is not None


def test_examples_are_searches(client: FlaskClient) -> None:
    for link in soup(client, "/").select("ul.examples a"):
        assert client.get(str(link["href"])).status_code == 200


def test_drafts_are_not_among_the_latest(client: FlaskClient) -> None:
    assert "segret" not in client.get("/").text


def test_record_shows_its_fields_and_skips_the_empty_ones(client: FlaskClient, energy: int) -> None:
    page = soup(client, f"/records/{energy}")
    facts = {div.dt.text: [dd.text for dd in div.select("dd")] for div in page.select(".facts dl > div")}
    assert page.h1 is not None
    assert page.h1.text == library.ENERGY["title"]
    assert page.h1["lang"] == "de"
    assert facts["Abitanti"] == ["2.542"]
    assert facts["Stato"] == ["In corso"]
    assert facts["Partner"] == ["Siemens", "RWTH Aachen"]
    assert facts["Obiettivi di sviluppo sostenibile"][0] == "7. Energia pulita e accessibile"
    assert "Editore" not in facts
    assert [h2.text for h2 in page.select(".words h2")] == ["Problema", "Soluzione"]
    assert "Wildpoldsried, Bayern, Germania" in page.select_one(".about").text  # type: ignore[union-attr]


def test_source_is_a_link_that_tells_nothing_of_the_reader(client: FlaskClient, energy: int) -> None:
    (link,) = soup(client, f"/records/{energy}").select("a[rel]")
    assert link["href"] == library.ENERGY["source_url"]
    assert {"noopener", "noreferrer"} <= set(link["rel"])


def test_every_passage_has_its_anchor(client: FlaskClient, kb: Kb, energy: int) -> None:
    page = soup(client, f"/records/{energy}")
    anchors = {str(tag["id"]) for tag in page.select("[id^=passage-]")}
    documents = kb.catalog.record(energy, VISITOR).documents
    assert {len(document.passages) > 0 for document in documents} == {True}
    assert anchors == {f"passage-{id_}" for document in documents for id_, _ in document.passages}


def test_passages_of_the_description_lie_in_their_section(client: FlaskClient, kb: Kb, energy: int) -> None:
    page = soup(client, f"/records/{energy}")
    (description,) = [d for d in kb.catalog.record(energy, VISITOR).documents if d.media_type == "text/x-record"]
    sections = {"Herausforderung": "section-challenge", "Lösung": "section-solution"}
    placed = [(id_, sections[p.heading[-1]]) for id_, p in description.passages if p.heading[-1] in sections]
    assert len(placed) == 2
    for passage_id, section in placed:
        assert page.select_one(f"[aria-labelledby={section}] #passage-{passage_id}") is not None


def test_passages_of_a_pdf_lead_to_their_page(client: FlaskClient, kb: Kb, energy: int) -> None:
    (document,) = [d for d in kb.catalog.record(energy, VISITOR).documents if d.media_type == "application/pdf"]
    page = soup(client, f"/records/{energy}")
    for passage_id, passage in document.passages:
        item = page.select_one(f"#passage-{passage_id}")
        assert item is not None
        assert item.select_one(f'a[href="/documents/{document.document_id}/original#page={passage.page_from}"]')


def test_printed_page_numbers_are_named_where_they_differ(client: FlaskClient, energy: int) -> None:
    assert "numero stampato 9" in soup(client, f"/records/{energy}").text


def test_documents_say_what_became_of_them(client: FlaskClient, orti: int) -> None:
    page = soup(client, f"/records/{orti}")
    states = {block.h3.text: block.select_one(".state").text for block in page.select(".document")}  # type: ignore[union-attr]
    assert states["nota.txt"] == text("document.searchable", "it")
    assert "non si è potuto leggere" in states["rotto.pdf"]
    assert "salvalo di nuovo" in states["rotto.pdf"]


@pytest.mark.parametrize("address", ["/records/999999", "/documents/999999/original", f"/records/{10**30}", "/nothing"])
def test_what_is_not_there_is_404_in_the_house_style(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "La pagina non c’è" in response.text
    assert "Cerca" in response.text


def test_an_unpublished_record_and_its_files_are_not_there_for_a_visitor(client: FlaskClient, kb: Kb) -> None:
    draft = library.record(kb, "draft")
    assert draft.state == "draft"
    assert len(draft.documents) == 2
    assert client.get(f"/records/{draft.record_id}").status_code == 404
    for document in draft.documents:
        assert client.get(f"/documents/{document.document_id}/original").status_code == 404


def test_titles_cannot_become_markup(client: FlaskClient, kb: Kb) -> None:
    bad = library.record(kb, "script")
    for address in ("/", f"/records/{bad.record_id}", "/search?q=piazza+cattivo"):
        page = soup(client, address)
        assert page.select("script:not([src])") == []
        assert library.SCRIPT in page.text
        assert page.find("b") is None


def test_language_follows_the_address_then_the_browser_then_is_italian(client: FlaskClient) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    assert soup(client, "/").html["lang"] == "it"  # type: ignore[index]
    assert soup(client, "/", headers={"Accept-Language": "pl"}).html["lang"] == "it"  # type: ignore[index]
    assert soup(client, "/", headers=english).html["lang"] == "en"  # type: ignore[index]
    assert soup(client, "/?lang=it", headers=english).html["lang"] == "it"  # type: ignore[index]
    assert soup(client, "/?lang=xx", headers=english).html["lang"] == "en"  # type: ignore[index]


def test_a_chosen_language_stays_in_links_and_forms(client: FlaskClient) -> None:
    page = soup(client, "/search?q=pozzo&lang=en")
    assert {str(field["value"]) for field in page.select("input[name=lang]")} == {"en"}
    for link in page.select(".hits h2 a, nav.pages a, a.brand"):
        assert "lang=en" in str(link["href"])


def test_switching_the_language_keeps_the_search(client: FlaskClient) -> None:
    (english,) = soup(client, "/search?q=pozzo&kind=study&page=1").select("ul.languages a[lang=en]")
    page = soup(client, str(english["href"]))
    assert page.select_one("input[name=q]")["value"] == "pozzo"  # type: ignore[index]
    assert page.select_one("input[value=study]").has_attr("checked")  # type: ignore[union-attr]


def test_headings_come_in_order_and_landmarks_are_there(client: FlaskClient, energy: int) -> None:
    for address in ("/", "/search?q=pozzo", f"/records/{energy}", "/search?q=zzzz&country=XX"):
        page = soup(client, address)
        levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), levels
        assert page.main["id"] == "content"  # type: ignore[index]
        assert page.select_one("a.skip")["href"] == "#content"  # type: ignore[index]


def test_every_field_has_a_label_and_every_id_is_used_once(client: FlaskClient, energy: int) -> None:
    for address in ("/", "/search?q=pozzo", f"/records/{energy}"):
        page = soup(client, address)
        for field in page.select("input:not([type=hidden])"):
            assert field.find_parent("label") or page.select_one(f"label[for={field['id']}]")
        found = [str(tag["id"]) for tag in page.select("[id]")]
        assert len(found) == len(set(found))
        for tag in page.select("[aria-labelledby], [aria-describedby]"):
            assert str(tag.get("aria-labelledby") or tag.get("aria-describedby")) in found


def test_pages_ask_nothing_of_another_host_and_carry_no_script_of_their_own(client: FlaskClient, energy: int) -> None:
    for address in ("/", "/search?q=pozzo", f"/records/{energy}"):
        page = soup(client, address)
        loaded = [
            str(tag.get("src") or tag["href"]).partition("#")[0] for tag in page.select("[src], link[href], use[href]")
        ]
        assert all(url.startswith("/") and not url.startswith("//") for url in loaded), loaded
        assert not page.select("script:not([src]), style, [style], [onclick]")
        assert [url for url in loaded if client.get(url, buffered=True).status_code != 200] == []


def test_what_a_form_was_sent_to_offers_only_languages_it_can_be_read_in(client: FlaskClient, energy: int) -> None:
    # Without its token every form is answered by an error page, whose address may take nothing but forms.
    for address in (f"/records/{energy}/amend", "/sign-out", f"/review/{energy}/decision", "/sign-in", "/register"):
        response = client.post(f"{address}?lang=de")
        assert response.status_code >= 400
        links = BeautifulSoup(response.text, "lxml").select(".languages a")
        assert len(links) == 5
        assert [str(one["href"]) for one in links if client.get(str(one["href"])).status_code >= 400] == []
    assert str(links[0]["href"]).startswith("/register?")
