"""What readers report, and the dashboard: for curators, without who asked or read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from kb.db.editorial import Asked, Feedback, Visits
from kb.db.entities import Document
from kb.values import Finding
from tests.web import keeping
from tests.web.keeping import Site, soup
from webui.dashboard import said

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with keeping.site(tmp_path_factory.mktemp("dashboard")) as site:
        site.add(key="bins", title="Bidoni marroni", themes=["waste"], country="IT", region="Toscana", start=2015)
        site.add(key="tram", title="Tram & bus", kind="study", authors=["Rossi, Anna"], themes=["mobility"], year=2020)
        site.add(key="draft", title="Bozza segreta", state="draft")
        yield site


def test_a_report_reaches_the_curators_and_loses_its_address_when_closed(site: Site) -> None:
    visitor, curator = site.browser(), site.browser("curator")
    assert soup(visitor, "/records/1").select("a[href='/feedback?record=1']")
    form = {"record": "1", "text": "Il <b>link</b> della fonte non va.", "contact": "eva@comune.example"}
    assert visitor.post("/feedback", data=form).location == "/records/1"
    page = soup(curator, "/dashboard/feedback")
    assert "Il <b>link</b> della fonte non va." in page.text
    assert page.select("a[href='mailto:eva@comune.example']")
    assert curator.post("/dashboard/feedback/1", data={"action": "close"}).status_code == 302
    assert "non va" not in curator.get("/dashboard/feedback").text
    assert "non va" in curator.get("/dashboard/feedback?state=closed").text
    with site.kb.database.read() as session:
        assert session.execute(select(Feedback.contact, Feedback.state)).one() == (None, "closed")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"topic": "site", "text": "corto"}, 400),
        ({"topic": "nothing", "text": "Abbastanza lungo."}, 400),
        ({"topic": "site", "text": "x" * 5_001}, 400),
        ({"topic": "site", "text": "Abbastanza lungo.", "contact": "no address"}, 400),
        ({"record": "3", "text": "Abbastanza lungo."}, 404),
        ({"record": "²", "text": "Abbastanza lungo."}, 404),
        ({"record": "9" * 40, "text": "Abbastanza lungo."}, 404),
    ],
)
def test_a_report_that_says_nothing_is_refused_and_kept_in_the_form(
    site: Site, form: dict[str, str], status: int
) -> None:
    answer = site.browser().post("/feedback", data=form)
    assert answer.status_code == status
    assert status == 404 or form.get("text", "") in answer.text


@pytest.mark.parametrize("address", ["/dashboard", "/dashboard/feedback"])
def test_the_dashboard_is_for_curators(site: Site, address: str) -> None:
    assert site.browser().get(address).status_code == 302
    assert site.browser("member", "dora").get(address).status_code == 403
    assert site.browser("member", "dora").post("/dashboard/feedback/1").status_code == 403
    assert site.browser("curator").get(address).status_code == 200


def test_the_dashboard_shows_what_was_asked_read_and_failed(site: Site) -> None:
    visitor = site.browser()
    for page in (1, 2):
        visitor.get(f"/search?q=bidoni+scrivi+a+me@comune.example+055+1234567890&page={page}", headers=FIREFOX)
    for agent in (FIREFOX, FIREFOX, {"User-Agent": "Googlebot/2.1"}, {"User-Agent": ""}):
        visitor.get("/records/1", headers=agent)
    site.browser("curator").get("/records/1", headers=FIREFOX)
    site.browser("curator").get("/search?q=prova", headers=FIREFOX)
    site.kb.notebook.flush()
    with site.kb.database.write() as session:
        asked = session.execute(select(Asked)).scalars().all()
        assert [one.text for one in asked] == ["bidoni scrivi a … …"]
        assert session.execute(select(Visits.record_id, Visits.count)).all() == [(1, 2)]
        session.execute(update(Asked).values(answered=False))
        failed = {"status": "failed", "failure_code": "encrypted", "failure_message": "Locked."}
        session.execute(update(Document).where(Document.record_id == 2).values(**failed))
    page = soup(site.browser("curator"), "/dashboard")
    assert "bidoni scrivi a … …" in page.select_one("[aria-labelledby=in-vain]").text  # type: ignore[union-attr]
    assert page.select_one("[aria-labelledby=read] tbody td").text == "2"  # type: ignore[union-attr]
    assert "encrypted" in page.select_one("[aria-labelledby=failures]").text  # type: ignore[union-attr]
    for drawing in page.select("svg.chart"):
        section = drawing.find_parent("section")
        assert section is not None
        assert drawing.select_one("title").text  # type: ignore[union-attr]
        bars, rows = drawing.select("rect"), section.select("tbody tr")
        assert len(bars) == min(len(rows), 15) > 0
        for element in (drawing, *drawing.select("*")):
            assert "style" not in element.attrs
    states = {row.th.text: row.td.text for row in page.select("[aria-labelledby=states] tbody tr")}  # type: ignore[union-attr]
    assert states["Bozza" if "Bozza" in states else "bozza"] == "1"


@pytest.mark.parametrize(
    ("language", "words"),
    [("it", ("Schede", "in tutto: 3", "non letti: ")), ("de", ("Einträge", "insgesamt: 3", "nicht lesbar: "))],
)
def test_the_state_of_the_service_is_told_in_the_readers_language(
    site: Site, language: str, words: tuple[str, ...]
) -> None:
    health = soup(site.browser("curator"), f"/dashboard?lang={language}").select_one("section:has(> #health) table")
    assert health is not None
    assert health.select("[lang]") == []
    assert all(one in health.text for one in words), health.text


def test_what_stopped_a_check_is_told_as_it_was_written() -> None:
    broken = Finding(level="error", subject="encoder", message="No encoder is in use.")
    assert said(broken, "it") == ("Encoder", "No encoder is in use.", False)
