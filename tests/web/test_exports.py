"""Records taken along as data and references, and what was published last as a feed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
from lxml import etree

from tests.web import keeping
from tests.web.keeping import Site, soup

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with keeping.site(tmp_path_factory.mktemp("exports")) as site:
        site.add(key="bins", title="Bidoni marroni", themes=["waste"], country="IT", region="Toscana", start=2015)
        site.add(key="tram", title="Tram & bus", kind="study", authors=["Rossi, Anna"], themes=["mobility"], year=2020)
        site.add(key="draft", title="Bozza segreta", state="draft")
        yield site


@pytest.mark.parametrize(
    ("form", "mimetype", "said"),
    [
        ("ris", "application/x-research-info-systems", "AU  - Rossi, Anna\r\n"),
        ("bib", "application/x-bibtex", "title = {{Tram \\& bus}}"),
        ("txt", "text/plain", "Rossi, Anna (2020). Tram & bus. http://localhost/records/2\n"),
        ("json", "application/json", '"authors": ["Rossi, Anna"]'),
    ],
)
def test_a_record_is_cited_and_taken_along(site: Site, form: str, mimetype: str, said: str) -> None:
    answer = site.browser().get(f"/records/2.{form}")
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    assert said in answer.text
    assert site.browser().get(f"/records/3.{form}").status_code == 404
    assert site.browser("curator").get(f"/records/3.{form}").headers["Cache-Control"].endswith("no-store")


def test_a_list_and_a_search_are_taken_along_as_they_are_shown(site: Site) -> None:
    visitor = site.browser()
    rows = list(csv.DictReader(io.StringIO(visitor.get("/records.csv").data.decode("utf-8-sig"))))
    assert [row["key"] for row in rows] == ["tram", "bins"]
    assert [one["key"] for one in json.loads(visitor.get("/records.json?theme=waste").text)["records"]] == ["bins"]
    found = json.loads(visitor.get("/records.json?q=bidoni").text)["records"]
    assert found[0]["key"] == "bins"
    assert visitor.get("/records.ris").text.count("TY  - ") == 2
    assert visitor.get("/records.bib?theme=mobility").text.count("@") == 1
    assert visitor.get("/records.csv?theme=nonsense").status_code == 400
    links = {str(link["href"]) for link in soup(visitor, "/records?theme=waste").select(".offer a")}
    assert "/records.csv?theme=waste" in links


def test_the_latest_are_a_feed_without_drafts(site: Site) -> None:
    for browser in (site.browser(), site.browser("curator")):
        feed = etree.fromstring(browser.get("/feeds/latest.atom").data)
        titles = feed.xpath("a:entry/a:title/text()", namespaces=ATOM)
        assert titles == ["Tram & bus", "Bidoni marroni"]
        assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "it"


def test_a_feed_can_hold_what_xml_cannot(site: Site) -> None:
    odd = site.add(title="Odd \x0b\x01 ]]> <title>", summary="\ufffe")
    feed = etree.fromstring(site.browser().get("/feeds/latest.atom").data)
    assert feed.findtext("a:entry/a:title", namespaces=ATOM) == "Odd  ]]> <title>"
    site.move(odd, "withdrawn")
    assert "Odd" not in site.browser().get("/feeds/latest.atom").text
