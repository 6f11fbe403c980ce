"""Reading a PDF where it is cited, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_reading import CONTRASTS, QUESTION, open_page
from tests.web import library

pytestmark = pytest.mark.browser

MARKS = """([address, pieces, passage, sentence]) => import(address).then(({marks}) =>
  [...marks(pieces, passage, sentence)].flatMap(([piece, runs]) =>
    runs.map(([from, to, level]) => [pieces[piece].slice(from, to), level])))"""


DARK = """() => {
  const canvas = document.querySelector('#sheet canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, index) => index % 4 === 0 && value < 90).length;
}"""
"""How many pixels of the page are dark."""


def cited(page: Page, site: str) -> Page:
    """The viewer at the passage that answers the question."""
    page.goto(f"{site}/search?q={QUESTION}")
    page.get_by_role("link", name="Leggi sulla pagina").first.click()
    return page


def ready(page: Page) -> Page:
    expect(page.locator("#pages[data-ready]")).to_be_visible(timeout=60_000)
    return page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = open_page(browser, viewport={"width": 1280, "height": 800})
    yield page
    page.context.close()


def test_a_pdf_opens_at_its_page_with_the_passage_marked(page: Page, site: str) -> None:
    ready(cited(page, site))
    expect(page.get_by_label("Pagina", exact=True)).to_have_value("2")
    expect(page.locator("#count")).to_contain_text("di 3 (numero stampato 10)")
    expect(page.get_by_role("status").filter(has_text="Pagina 2 di 3")).to_contain_text(
        "Il brano citato è evidenziato."
    )
    marked = " ".join(page.locator("#sheet mark").all_inner_texts())
    assert " ".join(marked.split()) == library.PAGES[1]
    assert "Neun Windräder" in " ".join(page.locator("#sheet mark.answer").all_inner_texts())
    expect(page.locator("#sheet mark").first).to_be_in_viewport()
    expect(page.get_by_role("region", name="Pagina del documento")).to_be_focused()
    assert page.evaluate(DARK) > 500, "the page itself is drawn"


def test_turning_pages_with_keys_buttons_and_numbers(page: Page, site: str) -> None:
    ready(cited(page, site))
    number, told = page.get_by_label("Pagina", exact=True), page.locator("#told-page")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("Pagina 3 di 3")
    expect(page.locator("#sheet")).to_contain_text("Das Holz für die Fernwärme")
    expect(page.locator("#sheet mark")).to_have_count(0)
    expect(page).to_have_url(re.compile("page=3"))
    page.keyboard.press("ArrowRight")
    expect(number).to_have_value("3")
    expect(page.get_by_role("button", name="Pagina successiva")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Torna al brano").click()
    expect(page.locator("#sheet mark").first).to_be_in_viewport()
    page.get_by_role("button", name="Pagina precedente").click()
    expect(told).to_contain_text("Pagina 1 di 3")
    number.fill("11")
    number.press("Enter")
    expect(told).to_contain_text("Pagina 3 di 3. (numero stampato 11)")
    number.fill("99")
    number.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Nessuna pagina con questo numero.")).to_be_visible()
    expect(number).to_have_value("3")


def test_a_page_is_enlarged_with_its_marks(page: Page, site: str) -> None:
    ready(cited(page, site))
    before = page.locator("#sheet").bounding_box()
    page.keyboard.press("+")
    expect(page.locator("#percent")).to_have_text("125 %")
    expect(page.locator("#sheet mark").first).to_be_in_viewport()
    after = page.locator("#sheet").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] == pytest.approx(1.25 * before["width"], abs=2)
    page.keyboard.press("0")
    expect(page.locator("#percent")).to_have_text("100 %")


def test_pages_and_text_change_places_and_the_address_keeps_it(page: Page, site: str) -> None:
    ready(cited(page, site))
    expect(page.locator("#text")).to_be_hidden()
    page.get_by_role("button", name="Testo").click()
    expect(page.locator("#text .is-cited")).to_be_in_viewport()
    expect(page.locator("#pages")).to_be_hidden()
    page.reload()
    expect(page.locator("#text .is-cited mark")).to_be_visible()
    page.get_by_role("button", name="Pagine").click()
    ready(page)
    expect(page.locator("#sheet mark").first).to_be_in_viewport()


def test_without_scripts_the_text_opens_at_the_passage(browser: Browser, site: str) -> None:
    page = cited(open_page(browser, java_script_enabled=False), site)
    expect(page.locator(":target.is-cited")).to_be_in_viewport()
    expect(page.locator(".is-cited mark")).to_contain_text("Neun Windräder")
    expect(page.locator("#pages")).to_be_hidden()
    expect(page.get_by_role("button", name="Testo")).to_be_hidden()
    page.get_by_role("link", name="Brano successivo").click()
    expect(page.locator(":target.is-cited")).to_contain_text("Das Holz für die Fernwärme")
    page.context.close()


def test_the_text_stays_where_pages_cannot_be_drawn(page: Page, site: str) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/pdf.worker.mjs", refuse)
    page.route("**/original", refuse)
    cited(page, site)
    expect(page.get_by_text("Le pagine non si possono mostrare qui.")).to_be_visible()
    expect(page.locator("#text .is-cited")).to_be_in_viewport()
    expect(page.locator("#pages")).to_be_hidden()


def test_it_asks_only_its_own_host_and_breaks_no_rule(page: Page, site: str) -> None:
    hosts: set[str] = set()
    complaints: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    ready(cited(page, site))
    page.get_by_role("button", name="Pagina successiva").click()
    page.wait_for_timeout(300)
    assert hosts == {urlsplit(site).netloc}
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_it_fits_and_can_be_read(browser: Browser, site: str, output: Path, width: int, scheme: str) -> None:
    page = open_page(browser, color_scheme=scheme, viewport={"width": width, "height": 800})
    ready(cited(page, site))
    page.screenshot(path=output / f"viewer-{width}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.getElementById('sheet').remove()")  # its letters are transparent on purpose
    assert page.evaluate(CONTRASTS) == []
    page.get_by_role("button", name="Testo").click()
    page.screenshot(path=output / f"viewer-text-{width}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRASTS) == []
    page.context.close()


@pytest.mark.parametrize(
    ("pieces", "passage", "expected"),
    [
        (["Die Ge-", "meinde plant Rad-", "wege."], "Die Gemeinde plant Radwege.", "Die Ge-|meinde plant Rad-|wege."),
        (["eﬃcient oﬃces of the city"], "efficient offices of the city", "eﬃcient oﬃces of the city"),
        (["perche' la citta` e' viva: PERCHÉ LA CITTÀ È VIVA"], "Perché la città è viva", "perche' la citta` e' viva:"),
        (
            ["Relazione 2021", "Il comune ha speso la metà", "12", "di quanto aveva previsto nel bilancio"],
            "Il comune ha speso la metà di quanto aveva previsto nel bilancio",
            "Il comune ha speso la metà|12|di quanto aveva previsto nel bilancio",
        ),
        (["Nothing of what is sought for stands here at all"], "Der Gemeinderat befragte alle Haushalte", ""),
        (
            ["今年、市は再生可能エネルギーの計画を採択した。"],
            "市は再生可能エネルギーの計画を採択した",
            "市は再生可能エネルギーの計画を採択した。",
        ),
    ],
    ids=["hyphens", "ligatures", "accents", "footnote", "absent", "cjk"],
)
def test_a_passage_is_found_as_the_file_has_it(
    page: Page, site: str, pieces: list[str], passage: str, expected: str
) -> None:
    page.goto(site)
    address = str(page.locator("script[src*='site.js']").get_attribute("src")).replace("site.js", "passage.js")
    found = page.evaluate(MARKS, [address, pieces, passage, ""])
    assert "|".join(text for text, _ in found) == expected
