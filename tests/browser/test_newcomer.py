"""Somebody who has never been here finds what she needs, in another language than hers, in three steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kb.bootstrap import Kb
from tests.browser.pages import PHONE
from tests.web.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.encoder]

QUESTION = "come far pagare i rifiuti in base al peso in un piccolo paese di montagna"
VILLAGES = ("Pfarrwerfen", "Steinach am Brenner", "Brenner/Gossensaß")
"""What the sample has of waste in German from mountain villages of about 3,000 inhabitants."""


@pytest.fixture(scope="module")
def sample_site(sample: Kb) -> Iterator[str]:
    """A server with the whole sample collection and the real encoder."""
    with served(sample) as (host, port, _):
        yield f"http://{host}:{port}"


def test_a_german_practice_for_a_mountain_village_is_found_in_three_steps(
    browser: Browser, sample_site: str, output: Path
) -> None:
    page = browser.new_context(locale="it-IT", viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(120_000)  # The first question waits until the encoder is loaded.
    page.goto(sample_site)
    page.get_by_role("combobox", name="Che cosa cerchi?").fill(QUESTION)
    page.get_by_role("button", name="Cerca").click()  # the first step
    languages = page.locator("#narrow details.field", has=page.locator("#language-de"))
    if languages.get_attribute("open") is None:
        languages.locator("summary").first.click()
    page.get_by_label("tedesco").check()  # the second
    expect(page.get_by_role("link", name="Lingua: tedesco")).to_be_visible()
    page.screenshot(path=output / "newcomer-2-narrowed.png", full_page=True)
    hit = page.locator(".hits article").first
    page.get_by_role("link", name=str(hit.locator("h2 a").inner_text())).first.click()  # the third
    expect(page.locator("h1")).to_have_attribute("lang", "de")
    title = page.locator("h1").inner_text()
    assert any(village in title for village in VILLAGES), title
    told = page.request.get(f"{page.url.partition('?')[0].partition('#')[0]}.json").json()["records"][0]
    assert 2_000 <= told["population"] <= 4_000
    assert "mountain" in told["territory"]
    expect(page.locator(".facts").first).to_contain_text("Rifiuti")
    page.screenshot(path=output / "newcomer-3-record.png", full_page=True)
    page.context.close()
