"""What every page is asked of in a browser: by axe-core, and by what it fetches."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}

RUN = """async tags => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}});
  const where = one => one.nodes.map(node => node.target.join(' ')).join(' | ');
  return found.violations.map(one => `${one.id}: ${one.help} ${where(one)}`);
}"""


def axe() -> str:
    """The program that judges pages; skips the test where npm has not fetched it."""
    if not AXE.exists():
        pytest.skip("run 'make front' first: axe-core is missing")
    return AXE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, by the rules of WCAG 2.1 AA and good practice."""
    # Evaluated by the debugger, which the page's own policy does not bind.
    page.evaluate(axe())
    return list(page.evaluate(RUN, TAGS))


@dataclass
class Watched:
    """A browser whose page is watched: bytes over the wire, hosts asked, and complaints of the console."""

    context: BrowserContext
    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    received: int = 0

    def visit(self, address: str) -> int:
        """Bytes that came over the wire for one address, with all it loads."""
        self.received = 0
        self.page.goto(address, wait_until="networkidle")
        return self.received


def watched(browser: Browser, **options: Any) -> Watched:
    """A fresh browser of somebody in Italy, watched."""
    context = browser.new_context(locale="it-IT", **options)
    seen = Watched(context, context.new_page())
    network = context.new_cdp_session(seen.page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: _count(seen, event))
    seen.page.on("response", lambda response: _host(seen, response))
    seen.page.on("console", lambda message: seen.complaints.append(message.text))
    return seen


def _count(seen: Watched, event: dict[str, Any]) -> None:
    seen.received += int(event["encodedDataLength"])


def _host(seen: Watched, response: Response) -> None:
    if not response.url.startswith("data:"):
        seen.hosts.add(urlsplit(response.url).netloc)
