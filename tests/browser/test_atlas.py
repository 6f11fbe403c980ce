"""The map as people use it: by keyboard, with its list beside it, and without scripts as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from kb.services.fields import parse
from kb.worker import Worker
from tests.browser.test_reading import CONTRASTS, open_page
from tests.support.tiny import tiny_kb
from tests.web.serving import served

pytestmark = pytest.mark.browser

PLACES = {"Lucca": (43.84, 10.5), "Capannori": (43.84, 10.58), "Wien": (48.2, 16.37), "Medellín": (6.24, -75.58)}
ADDRESSES = {
    "map": "/map",
    "map-narrowed": "/map?country=AT",
    "compare": "/compare?record=1&record=3",
    "choose": "/compare",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with two records in Tuscany, one in Vienna, one in Colombia and one nowhere."""
    kb = tiny_kb(tmp_path_factory.mktemp("world"))
    rows: list[dict[str, object]] = [
        {"title": f"Acqua a {name}", "lat": at[0], "lon": at[1]} for name, at in PLACES.items()
    ]
    rows[2]["country"] = "AT"
    rows[0] |= {"cost": "120.000 €", "population": 90_000, "results": "Meno perdite nella rete. " * 30}
    for row in (*rows, {"title": "Acqua senza luogo"}):
        kb.intake.add_record(
            parse({"language": "it", "summary": "Acqua.", **row}, where="test"), source="test", state="published"
        )
    Worker(kb).drain()
    with served(kb) as (host, port, _):
        yield f"http://{host}:{port}"
    kb.close()


def _press_on(page: Page, name: str) -> None:
    """Go to what is called so by the keyboard alone, and press Enter."""
    page.get_by_role("region", name="Mappa delle schede").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if name in (page.evaluate("document.activeElement.textContent") or ""):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_the_keyboard_reaches_points_and_clusters_by_their_names(browser: Browser, world: str) -> None:
    page = open_page(browser, reduced_motion="reduce")
    page.goto(f"{world}/map")
    expect(page.get_by_role("button", name="Acqua a Wien", exact=False)).to_have_count(
        2
    )  # the point, and the list's button
    _press_on(page, "2 schede vicine: ingrandisci")
    page.wait_for_function("document.activeElement.textContent.includes('Acqua a ')")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert page.evaluate("document.activeElement.classList.contains('pin')")
    page.keyboard.press(" ")
    expect(page.locator(".leaflet-popup a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/*")
    page.context.close()


def test_the_list_follows_the_view_and_leads_back_to_the_map(browser: Browser, world: str) -> None:
    page = open_page(browser, reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    page.goto(f"{world}/map")
    told, items = page.locator("#seen-count"), page.locator("#seen-list li")
    expect(told).to_have_text("4 schede in vista.")
    expect(items).to_have_count(4)
    items.filter(has_text="Wien").get_by_role("button").click()
    expect(page.locator(".leaflet-popup")).to_contain_text("Acqua a Wien")
    expect(page.locator(".leaflet-popup a").first).to_be_focused()
    expect(told).to_have_text("1 scheda in vista.")
    expect(items).to_have_count(1)
    for _ in range(6):
        page.get_by_role("button", name="Rimpicciolisci", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="4 schede in vista.")).to_be_visible()
    page.context.close()


def test_without_scripts_the_table_is_the_map(browser: Browser, world: str) -> None:
    page = open_page(browser, java_script_enabled=False)
    page.goto(f"{world}/map")
    expect(page.get_by_role("table").get_by_role("link")).to_have_count(4)
    expect(page.locator("#chart")).to_be_hidden()
    page.goto(f"{world}/compare")
    for name in ("Acqua a Lucca", "Acqua a Wien"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="Confronta le schede scelte").click()
    expect(page.get_by_role("columnheader")).to_have_count(2)
    page.get_by_role("link", name="Togli Acqua a Lucca").click()
    expect(page.get_by_role("columnheader")).to_have_count(1)
    page.context.close()


def test_records_are_collected_from_lists(browser: Browser, world: str) -> None:
    page = open_page(browser)
    page.goto(f"{world}/records")
    for name in ("Acqua a Lucca", "Acqua a Wien"):
        page.get_by_role("button", name=f"Confronta {name}").click()
    page.reload()
    page.get_by_role("link", name="Confronto (2)").click()
    expect(page.get_by_role("columnheader")).to_have_count(2)
    expect(page.get_by_text("1,33\u00a0€ per abitante")).to_be_visible()
    page.context.close()


def test_the_map_asks_nobody_else_and_breaks_no_rule_of_its_page(browser: Browser, world: str) -> None:
    page = open_page(browser)
    hosts: set[str] = set()
    complaints: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for address in (*ADDRESSES.values(), "/records", "/records/1"):
        page.goto(world + address, wait_until="networkidle")
    page.goto(f"{world}/map", wait_until="networkidle")
    expect(page.locator("path.land.italy")).to_have_count(1)
    page.locator(".pin").first.click()
    assert hosts == {urlsplit(world).netloc}
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_can_be_read(browser: Browser, world: str, output: Path, scheme: str) -> None:
    for width in (320, 360, 1280):
        page = open_page(browser, color_scheme=scheme, viewport={"width": width, "height": 800})
        for name, address in ADDRESSES.items():
            page.goto(world + address, wait_until="networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            foot = page.locator("footer").bounding_box()
            assert foot
            assert page.evaluate("document.documentElement.scrollHeight") <= foot["y"] + foot["height"] + 1, address
            assert page.evaluate(CONTRASTS) == [], address
            page.screenshot(path=output / f"{name}-{width}-{scheme}.png", full_page=True)
        page.context.close()
