"""Saved searches in a browser: kept from their page, changed by their owner, told by a secret feed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from kb.values import Reader
from tests.support import people
from tests.web import keeping
from tests.web.keeping import Site, soup

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with keeping.site(tmp_path_factory.mktemp("searches")) as site:
        site.add(key="bins", title="Bidoni marroni", themes=["waste"], country="IT", region="Toscana", start=2015)
        site.add(key="tram", title="Tram & bus", kind="study", authors=["Rossi, Anna"], themes=["mobility"], year=2020)
        site.add(key="draft", title="Bozza segreta", state="draft")
        yield site


def test_a_search_is_kept_from_its_page_and_told_by_a_secret_feed(site: Site) -> None:
    carla = site.browser("member", "carla")
    page = soup(carla, "/search?q=bidoni&theme=waste")
    form = {str(one["name"]): str(one.get("value", "")) for one in page.select(".offer form input")}
    assert form["name"] == "bidoni"
    assert carla.post("/my/searches", data={**form, "frequency": "daily"}).location == "/my/searches"
    kept = soup(carla, "/my/searches")
    assert kept.select_one("li h2 a")["href"] == "/search?q=bidoni&theme=waste"  # type: ignore[index]
    address = str(kept.select_one("a[href^='/feeds/searches/']")["href"])  # type: ignore[index]
    new = site.add(title="Nuovi bidoni", themes=["waste"])
    answer = site.browser().get(address)
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("private, no-cache", "noindex")
    assert etree.fromstring(answer.data).xpath("a:entry/a:title/text()", namespaces=ATOM) == ["Nuovi bidoni"]
    site.move(new, "withdrawn")
    again = site.browser().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 200
    assert not etree.fromstring(again.data).findall("a:entry", namespaces=ATOM)
    carla.post("/my/searches/1", data={"action": "renew"})
    assert site.browser().get(address).status_code == 404


def test_a_search_is_changed_and_deleted_by_its_owner_only(site: Site) -> None:
    dora, other = site.browser("member", "dora"), site.browser("curator")
    dora.post("/my/searches", data={"search": "theme=waste", "name": "Rifiuti"})
    (kept,) = site.kb.searches.list(_reader(site, "dora"))
    for action in ("save", "delete", "renew"):
        form = {"action": action, "name": "X", "frequency": "daily"}
        assert other.post(f"/my/searches/{kept.search_id}", data=form).status_code == 404
    form = {"action": "save", "name": "Bidoni", "frequency": "weekly"}
    assert dora.post(f"/my/searches/{kept.search_id}", data=form).status_code == 302
    (kept,) = site.kb.searches.list(_reader(site, "dora"))
    assert (kept.name, kept.frequency) == ("Bidoni", "weekly")
    dora.post(f"/my/searches/{kept.search_id}", data={"action": "delete"})
    assert site.kb.searches.list(_reader(site, "dora")) == ()


def _reader(site: Site, name: str) -> Reader:
    return people.add(site.kb, "member", name).reader


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"search": "lang=it"}, 400),
        ({"search": "q=a&page=x"}, 400),
        ({"search": "theme=nonsense"}, 400),
        ({"search": "theme=waste", "name": "x" * 251}, 400),
        ({"search": "theme=waste", "frequency": "hourly"}, 400),
        ({"search": "&".join(f"a{n}=1" for n in range(300))}, 400),
    ],
)
def test_a_search_that_cannot_be_kept_is_refused(site: Site, form: dict[str, str], status: int) -> None:
    assert site.browser("member", "dora").post("/my/searches", data=form).status_code == status
    assert site.browser().post("/my/searches", data=form).status_code == 302
