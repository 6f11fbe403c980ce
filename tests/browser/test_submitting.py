"""Handing files in with a browser: sent by the script, watched until they are read, then described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kb.bootstrap import Kb
from kb.worker import Worker
from tests.support import people
from tests.support.tiny import tiny_kb
from tests.web.serving import served

pytestmark = pytest.mark.browser

WORDS = (
    "# Rifiuti\n\nIl Comune di Capannori raccoglie i rifiuti porta a porta. Oggi il Comune di Capannori ricicla tutto."
)


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    built = tiny_kb(tmp_path)
    yield built
    built.close()


@pytest.fixture
def page(kb: Kb, browser: Browser) -> Iterator[Page]:
    """A browser on the form for files, signed in as a contributor."""
    anna = people.add(kb, "contributor", "anna")
    with served(kb) as (host, port, _):
        context = browser.new_context(locale="en-GB", viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.goto(f"http://{host}:{port}/sign-in?next=/submit/files%3Flang%3Den")
        page.fill("[name=email]", anna.email)
        page.fill("[name=password]", people.PASSWORD)
        page.click("main button[type=submit]")
        yield page
        context.close()


def test_files_are_sent_watched_and_described(kb: Kb, page: Page, output: Path, tmp_path: Path) -> None:
    (tmp_path / "rifiuti.md").write_text(WORDS)
    (tmp_path / "tool.exe").write_bytes(b"MZ\x90\0")
    page.set_input_files("#files", [tmp_path / "rifiuti.md", tmp_path / "tool.exe"])
    page.click("form.drop button[type=submit]")
    expect(page.locator("ul.files li", has_text="tool.exe")).to_contain_text("cannot be read")
    expect(page.locator("ul.files li", has_text="rifiuti.md")).to_contain_text("about to be read")
    Worker(kb).drain()
    expect(page.locator("ul.files li", has_text="rifiuti.md")).to_contain_text("can be searched", timeout=10_000)
    page.screenshot(path=output / "submit-files.png", full_page=True)
    page.click("section.sent a")
    page.click("text=Edit >> nth=0")
    expect(page.locator("#field-title .counter")).to_contain_text("characters left")
    page.fill("#title", "x" * 251)
    expect(page.locator("#field-title .counter")).to_have_text("-1 characters left")
    page.fill("#title", "Rifiuti a Capannori")
    page.screenshot(path=output / "submit-form.png", full_page=True)
    page.click(".buttons >> text=Save and continue")
    page.click("text=Where >> nth=0")
    page.fill("#municipality", "")
    page.locator("#municipality").press_sequentially("Capan")
    expect(page.locator("#municipality-list option").first).to_have_attribute("value", "Capannori (LU)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=output / "submit-place.png", full_page=True)


def test_too_many_files_are_refused_beside_the_form(page: Page, tmp_path: Path) -> None:
    many = [tmp_path / f"{number}.txt" for number in range(51)]
    for path in many:
        path.write_text(WORDS)
    page.set_input_files("#files", many)
    page.click("form.drop button[type=submit]")
    expect(page.get_by_role("alert").filter(has_text="Too many files at once: at most 50.")).to_be_visible()
    expect(page.locator("#files")).to_have_attribute("aria-invalid", "true")
    page.set_input_files("#files", many[:1])
    page.click("form.drop button[type=submit]")
    expect(page.get_by_text("Too many files")).to_have_count(0)
    expect(page.locator("ul.files li")).to_have_count(1)
