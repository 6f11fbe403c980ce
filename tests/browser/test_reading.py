"""From a question to the page that answers it, as people do it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

QUESTION = "Neun Windräder, Photovoltaik und drei Biogasanlagen"
ADDRESSES = {
    "start": "/",
    "hint": "/search?q=",
    "results": "/search?q=acqua+pozzo",
    "passage": f"/search?q={QUESTION}",
    "nothing-found": "/search?q=zzz&country=XX",
    "list": "/records?place=Castro&kind=study",
    "like-places": "/search?q=acqua+pozzo&place=Lucca&from=1990",
    "record": "/records/1",
    "not-there": "/nothing",
}

CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((v, i) => i < 3 ? v : v / 255);
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const light = colour => colour.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest('.skip, .quiet')) continue;
    const style = getComputedStyle(element), under = behind(element);
    const [a, b] = [light(over(rgba(style.color), under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (a + .05) / (b + .05);
    if (contrast < (large ? 3 : 4.5)) poor.push(`${element.textContent.trim().slice(0, 40)}: ${contrast}`);
  }
  return poor;
}"""
"""Texts whose contrast with what lies behind them is below WCAG 2.1 AA."""


def open_page(browser: Browser, **options: object) -> Page:
    """A fresh page of somebody in Italy."""
    return browser.new_context(locale="it-IT", **options).new_page()  # type: ignore[arg-type]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_the_start_page_to_the_page_of_the_original(browser: Browser, site: str, scripts: bool) -> None:
    page = open_page(browser, java_script_enabled=scripts)
    page.goto(site)
    page.locator("main #q").fill(QUESTION)
    page.get_by_role("button", name="Cerca").click()
    hit = page.get_by_role("article").filter(has_text="Wildpoldsried").first
    expect(hit.get_by_text("in tedesco")).to_be_visible()
    hit.get_by_role("link", name="Leggi il brano nella scheda").first.click()
    assert urlsplit(page.url).fragment.startswith("passage-")
    target = page.locator(":target")
    expect(target).to_be_in_viewport()
    link = target.get_by_role("link", name="Apri l’originale a p. 2")
    with page.expect_response(lambda response: "/original" in response.url) as answer:
        link.click(no_wait_after=True)
    assert answer.value.headers["content-type"] == "application/pdf"
    page.wait_for_url("**/original#page=2")
    page.context.close()


def test_the_viewer_opens_the_original_at_its_page(browser: Browser, site: str, output: Path) -> None:
    page = open_page(browser, viewport={"width": 1280, "height": 800})
    page.goto(f"{site}/search?q={QUESTION}")
    page.get_by_role("link", name="Apri l’originale a p. 2").first.click(no_wait_after=True)
    page.wait_for_url("**/original#page=2")
    page.wait_for_timeout(2000)  # the viewer tells nobody when it has drawn
    assert any(frame.url.startswith("chrome-extension://") for frame in page.frames)
    page.screenshot(path=output / "original-at-page.png")
    page.context.close()


def test_narrowing_and_turning_pages(browser: Browser, site: str) -> None:
    page = open_page(browser, java_script_enabled=False)
    page.goto(f"{site}/search?q=pozzo+fontana+acquedotto")
    page.get_by_role("link", name="Successiva").click()
    expect(page.get_by_role("navigation", name="Pagine dei risultati").locator("[aria-current]")).to_have_text("2")
    page.locator("#filters summary", has_text="Lingua").click()
    page.get_by_label("tedesco").check()
    page.get_by_role("button", name="Applica i filtri").click()
    expect(page.get_by_role("link", name="Lingua: tedesco")).to_be_visible()
    assert page.locator(".hits h2").evaluate_all("found => [...new Set(found.map(one => one.lang))]") == ["de"]
    page.get_by_role("link", name="Lingua: tedesco").click()
    assert "language=" not in page.url
    page.context.close()


@pytest.mark.parametrize("width", [320, 360, 640, 1280], ids=["400%", "360px", "200%", "1280px"])
def test_nothing_has_to_be_scrolled_sideways(browser: Browser, site: str, output: Path, width: int) -> None:
    page = open_page(browser, viewport={"width": width, "height": 800})
    for name, address in ADDRESSES.items():
        page.goto(site + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        page.screenshot(path=output / f"{name}-{width}.png", full_page=True)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_what_lies_behind(browser: Browser, site: str, output: Path, scheme: str) -> None:
    page = open_page(browser, color_scheme=scheme, viewport={"width": 1280, "height": 800})
    for name, address in ADDRESSES.items():
        page.goto(site + address)
        assert page.evaluate(CONTRASTS) == [], address
        page.screenshot(path=output / f"{name}-{scheme}.png", full_page=True)
    page.context.close()


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(browser: Browser, site: str) -> None:
    page = open_page(browser)
    page.goto(f"{site}/search?q=pozzo")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Vai al contenuto")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main #q")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.context.close()


def test_pages_ask_only_their_own_host_and_break_no_rule_of_theirs(browser: Browser, site: str) -> None:
    page = open_page(browser)
    hosts: set[str] = set()
    complaints: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: complaints.append(message.text))
    for address in ("/", "/search?q=pozzo", f"/search?q={QUESTION}", "/records?place=Lucca", "/records/1"):
        page.goto(site + address)
    assert hosts == {urlsplit(site).netloc}
    assert complaints == []
    page.context.close()
