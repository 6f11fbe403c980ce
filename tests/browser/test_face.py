"""What the pages promise to everybody: accessible, light, of one host, in place where scripts run."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import DESKTOP, PHONE, violations, watched

pytestmark = pytest.mark.browser

QUESTION = "Neun Windräder, Photovoltaik und drei Biogasanlagen"
ADDRESSES = {
    "start": "/",
    "results": f"/search?q={QUESTION}",
    "narrowed": "/search?q=acqua+pozzo&place=Lucca&from=1990&language=it",
    "nothing": "/search?q=zzz&country=XX",
    "list": "/records?place=Castro&kind=study",
    "record": "/records/1",
    "similar": "/similar",
    "alike": "/records/1/similar",
    "sign-in": "/sign-in",
    "error": "/nothing",
    "accessibility": "/accessibility",
    "help": "/help",
    "guide": "/help/curator",
}

FIRST_VIEW, LATER_VIEW = 250_000, 60_000
"""Bytes over the wire, compressed."""


@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_wrong(browser: Browser, site: str, name: str) -> None:
    # Without movement, because a colour that is on its way from light to dark is neither.
    page = browser.new_context(locale="it-IT", reduced_motion="reduce").new_page()
    page.goto(site + ADDRESSES[name])
    wrong = {}
    for screen, scheme in product((PHONE, DESKTOP), ("light", "dark")):
        page.set_viewport_size(screen)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wrong[screen["width"], scheme] = violations(page)
    page.context.close()
    assert {face: found for face, found in wrong.items() if found} == {}


def test_axe_would_find_what_is_wrong(browser: Browser, site: str) -> None:
    page = browser.new_page()
    page.goto(site)
    page.evaluate("document.querySelector('label[for=q]').remove()")
    assert any(one.startswith("label:") for one in violations(page))
    page.close()


@pytest.mark.parametrize("name", ["start", "results", "record"])
def test_pages_are_light_and_come_from_one_host(browser: Browser, site: str, name: str) -> None:
    seen = watched(browser, viewport=DESKTOP)
    first, later = seen.visit(site + ADDRESSES[name]), seen.visit(site + ADDRESSES[name])
    assert 20_000 < first <= FIRST_VIEW
    assert 0 < later <= LATER_VIEW
    assert seen.hosts == {urlsplit(site).netloc}
    seen.context.close()


@pytest.mark.parametrize("language", ["it", "en", "fr", "de", "es"])
def test_no_page_breaks_its_own_policy_or_says_anything_to_the_console(
    browser: Browser, site: str, language: str
) -> None:
    seen = watched(browser)
    for name, address in ADDRESSES.items():
        if name != "error":
            seen.visit(f"{site}{address}{'&' if '?' in address else '?'}lang={language}")
            assert seen.page.locator("html").get_attribute("lang") == language
    assert seen.complaints == []
    seen.context.close()


def test_filters_change_the_list_in_place_and_its_address(browser: Browser, site: str) -> None:
    seen = watched(browser, viewport=DESKTOP)
    page = seen.page
    page.goto(f"{site}/search?q=pozzo+fontana+acquedotto")
    page.evaluate("window.same = true")
    page.locator("#filters summary", has_text="Lingua").click()
    page.get_by_label("tedesco").check()
    expect(page.get_by_role("link", name="Lingua: tedesco")).to_be_visible()
    assert "language=de" in page.url
    assert "place=" not in page.url
    assert page.evaluate("window.same")
    expect(page.locator("#told")).to_contain_text("schede trovate")
    page.get_by_role("link", name="Lingua: tedesco").click()
    expect(page.get_by_role("link", name="Lingua: tedesco")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("link", name="Lingua: tedesco")).to_be_visible()
    expect(page.get_by_role("banner")).to_be_visible()
    page.locator("article h2 a").first.click()
    expect(page.locator("article.record")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("banner")).to_be_visible()
    assert seen.complaints == []
    seen.context.close()


def test_suggestions_are_reached_by_arrows_and_lead_where_they_say(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT").new_page()
    page.goto(site)
    field = page.get_by_role("combobox", name="Che cosa cerchi?")
    field.press_sequentially("wildp")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Wildpoldsried")
    expect(field).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/records/\d+"))
    page.context.close()


def test_escape_closes_suggestions_and_enter_searches_for_what_was_typed(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT").new_page()
    page.goto(site)
    field = page.get_by_role("combobox", name="Che cosa cerchi?")
    field.press_sequentially("pozzo")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=pozzo"))
    page.context.close()


def test_recent_searches_stay_on_this_device_and_can_be_forgotten(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT").new_page()
    page.goto(site)
    page.get_by_role("combobox", name="Che cosa cerchi?").fill("pozzo fontana")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search"))
    page.goto(site)
    page.get_by_role("combobox", name="Che cosa cerchi?").focus()
    expect(page.get_by_role("option").first).to_contain_text("pozzo fontana")
    page.get_by_role("option", name="Dimentica le ricerche recenti").click()
    assert page.evaluate("localStorage.getItem('searches')") is None
    assert page.context.cookies() == []
    page.context.close()


def test_a_municipality_is_picked_from_those_that_begin_like_it(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT", viewport=DESKTOP).new_page()  # type: ignore[arg-type]
    page.goto(f"{site}/search?q=pozzo")
    page.get_by_role("combobox", name="Il tuo Comune").press_sequentially("lucc")
    page.get_by_role("option", name="Lucca (LU)").click()
    expect(page.get_by_role("link", name="Comune di riferimento: Lucca (LU)")).to_be_visible()
    page.context.close()


UNSEEN = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const shown = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  return at === document.body || at === document.documentElement || shown ? null : at.outerHTML;
}"""
"""The element that has the focus, if nothing shows that it has."""


def tab_to(page: Page, target: str, key: str = "Tab") -> None:
    """Go by the tabulator to what the selector names, seeing at each step where that is; fails if it is not reached."""
    for _ in range(80):
        page.keyboard.press(key)
        assert page.evaluate(UNSEEN) is None
        if page.evaluate("target => document.activeElement.matches(target)", target):
            return
    pytest.fail(f"the keyboard never reaches {target}")


def test_the_keyboard_goes_from_question_to_document_and_back(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT", viewport=DESKTOP).new_page()  # type: ignore[arg-type]
    page.goto(site)
    tab_to(page, "main #q")
    page.keyboard.type("orti sociali affidati ai pensionati")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search"))
    tab_to(page, ".hits h2 a")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/records/\d+"))
    original = page.locator("section.document", has_text="nota.txt").get_by_role("link").first.get_attribute("href")
    tab_to(page, f"a[href='{original}']")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/original$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/records/\d+"))
    page.context.close()


def test_the_keyboard_alone_reads_the_cited_page_and_comes_back(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT", viewport=DESKTOP).new_page()  # type: ignore[arg-type]
    page.goto(site)
    tab_to(page, "main #q")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search"))
    tab_to(page, ".hits a[href^='/records/']")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/records/\d+"))
    tab_to(page, "section.document a[href*='/read']")
    page.keyboard.press("Enter")
    expect(page.locator("#pages[data-ready]")).to_be_visible()
    before = page.get_by_label("Pagina", exact=True).input_value()
    tab_to(page, "#sheet-box")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Pagina", exact=True)).to_have_value(str(int(before) + 1))
    tab_to(page, ".breadcrumb a[href^='/records/']", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/records/\d+"))
    page.context.close()


def test_menus_open_and_close_by_the_keyboard(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT", viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto(site)
    areas = page.get_by_role("navigation", name="Aree del sito")
    expect(areas.get_by_role("link", name="Schede")).to_be_hidden()
    tab_to(page, ".areas .opener")
    page.keyboard.press("Enter")
    expect(areas.get_by_role("link", name="Schede")).to_be_visible()
    page.locator(".slim summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Deutsch")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Deutsch")).to_be_hidden()
    page.context.close()


def test_the_theme_is_chosen_by_hand_and_remembered(browser: Browser, site: str) -> None:
    page = browser.new_context(locale="it-IT", color_scheme="light").new_page()
    page.goto(site)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.get_by_role("button", name="Tema scuro").click()
    page.goto(f"{site}/records")
    assert page.evaluate(ground) != "rgb(255, 255, 255)"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.context.close()


def test_without_scripts_every_menu_and_filter_is_there(browser: Browser, site: str, output: Path) -> None:
    page = browser.new_context(locale="it-IT", java_script_enabled=False, viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto(f"{site}/search?q=pozzo")
    expect(page.get_by_role("navigation", name="Aree del sito").get_by_role("link", name="Schede")).to_be_visible()
    page.locator(".slim summary").first.click()
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_label("¿Qué busca?").first).to_be_visible()
    page.screenshot(path=output / "no-scripts.png", full_page=True)
    page.context.close()
