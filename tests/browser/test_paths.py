"""Each audience's main path, on a telephone and a desktop, with and without scripts, in Italian and in German."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from kb.bootstrap import Kb
from kb.values import Role
from kb.worker import Worker
from tests.support import people
from tests.web import library
from tests.web.serving import served
from webui.texts import text

pytestmark = pytest.mark.browser

SCREENS = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}
WAYS = [
    ("phone", True, "it"),
    ("phone", False, "de"),
    ("desktop", True, "de"),
    ("desktop", False, "it"),
]
"""Screen, whether scripts run, language: each of either kind meets each of the others."""

TREES = "# Alberi\n\nIl Comune di Lucca pianta alberi nelle piazze. Ogni quartiere sceglie quali, e li annaffia.\n"
LANDMARKS = """() => {
  const page = document.documentElement;
  const cut = [...document.querySelectorAll('header *, main *, footer *')].filter(one =>
    one.checkVisibility({visibilityProperty: true}) && !one.closest('.quiet, .visually-hidden, svg, .leaflet-container')
    && one.getBoundingClientRect().width > 1 && one.getBoundingClientRect().left < -1);
  return [page.lang, document.querySelectorAll('h1').length, page.scrollWidth,
    cut.map(one => one.outerHTML.slice(0, 80))];
}"""
"""Language, headings of the first level, width, and what begins left of the screen, where nobody can scroll."""


@dataclass
class Walk:
    """Somebody's way through the site, watched on every page."""

    page: Page
    site: str
    kb: Kb
    language: str
    scripts: bool
    width: int
    name: str
    output: Path
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    seen: int = 0

    def says(self, key: str, **values: object) -> str:
        """A text of the interface as this reader gets it."""
        return text(key, self.language, **values)

    def press(self, key: str, **values: object) -> None:
        """Press the button of that text in the main part of the page."""
        self.page.locator("main").get_by_role("button", name=self.says(key, **values)).last.click()

    def follow(self, key: str) -> None:
        """Follow the link of that text in the main part of the page."""
        self.page.locator("main").get_by_role("link", name=self.says(key)).first.click()

    def looks(self, what: str) -> None:
        """Judge the page as it stands, and keep a picture of it."""
        self.page.wait_for_load_state()
        self.seen += 1
        # Hiding the caret would leave style attributes behind, which htmx copies and the page's policy refuses.
        path = self.output / f"path-{self.name}-{self.seen}-{what}.png"
        self.page.screenshot(path=path, full_page=True, caret="initial")
        language, headings, width, cut = self.page.evaluate(LANDMARKS)
        assert (language, headings, cut) == (self.language, 1, []), what
        assert width <= self.width, what
        assert self.complaints == [], what
        assert self.hosts <= {urlsplit(self.site).netloc, ""}, what


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    """The library of the web tests, for these tests to change."""
    kb = library.build(tmp_path_factory.mktemp("paths"))
    yield kb
    kb.close()


@pytest.fixture(scope="module")
def address(kb: Kb) -> Iterator[str]:
    with served(kb) as (host, port, _):
        yield f"http://{host}:{port}"


@pytest.fixture(params=WAYS, ids=["-".join((s, "scripts" if j else "plain", c)) for s, j, c in WAYS])
def walk(request: pytest.FixtureRequest, kb: Kb, address: str, browser: Browser, output: Path) -> Iterator[Walk]:
    """Whoever the test is named after, signed in through the form."""
    screen, scripts, language = request.param
    role: Role = request.function.__name__.split("_")[2]
    context = browser.new_context(locale=language, viewport=SCREENS[screen], java_script_enabled=scripts)  # type: ignore[arg-type]
    page = context.new_page()
    name = f"{role}-{request.node.callspec.id}"
    walk = Walk(page, address, kb, language, scripts, SCREENS[screen]["width"], name, output)
    page.on("request", lambda one: walk.hosts.add(urlsplit(one.url).netloc))
    page.on("console", lambda one: walk.complaints.append(one.text))
    page.on("pageerror", lambda one: walk.complaints.append(str(one)))
    _sign_in(walk, people.add(kb, role, name, language).email)
    yield walk
    context.close()


def test_the_member_goes_from_a_question_to_the_page_that_answers_and_keeps_it(walk: Walk) -> None:
    page = walk.page
    page.goto(walk.site)
    walk.looks("start")
    page.locator("main #q").fill("Neun Windräder, Photovoltaik und drei Biogasanlagen")
    walk.press("search.button")
    walk.looks("results")
    page.locator("#narrow summary", has_text=walk.says("field.language")).click()
    page.locator("#language-de").check()
    if not walk.scripts:
        walk.press("filters.apply")
    expect(page.locator(".chips a")).to_have_count(1)
    walk.looks("narrowed")
    page.get_by_role("link", name="Wildpoldsried: das Energiedorf im Allgäu").first.click()
    walk.looks("record")
    page.go_back()
    walk.follow("viewer.read")
    expect(page.locator(".is-cited").first).to_be_attached()
    walk.looks("document")
    page.go_back()
    page.locator("summary", has_text=walk.says("searches.keep")).click()
    walk.press("searches.keep.button")
    expect(page.get_by_role("status").filter(has_text=walk.says("searches.kept"))).to_be_visible()
    walk.looks("saved")


def test_the_contributor_hands_in_a_file_describes_it_and_sends_it(walk: Walk, tmp_path: Path) -> None:
    page, title = walk.page, f"Alberi nelle piazze di Lucca, {walk.name}"
    page.goto(f"{walk.site}/submit")
    walk.looks("ways")
    walk.follow("submission.way.files")
    (tmp_path / "alberi.md").write_text(TREES + walk.name)
    page.locator("#files").set_input_files(tmp_path / "alberi.md")
    walk.press("submission.files.send")
    expect(page.locator("ul.files li")).to_contain_text("alberi.md")
    walk.looks("sent")
    Worker(walk.kb).drain()
    page.goto(f"{walk.site}/my")
    walk.follow("submission.edit")
    page.locator("#title").fill(title)
    walk.looks("form")
    walk.press("submission.save-and-check")
    walk.looks("check")
    walk.press("submission.send")
    expect(page.get_by_role("status").filter(has_text=walk.says("submission.sent"))).to_be_visible()
    walk.looks("my")


def test_the_curator_sends_back_publishes_and_collects(walk: Walk) -> None:
    page, record = walk.page, _submitted(walk)
    page.goto(f"{walk.site}/review")
    walk.looks("queue")
    page.locator(f"main table a[href*='/review/{record}']").click()
    walk.looks("case")
    page.locator("#reason").fill("Mancano i costi.")
    walk.press("review.decision.return")
    walk.looks("returned")
    _sends_again(walk, record)
    page.goto(f"{walk.site}/review/{record}")
    page.locator("#reason").fill("I costi non si possono più sapere.")
    walk.press("review.decision.accept")
    walk.looks("accepted")
    page.goto(f"{walk.site}/records/{record}")
    walk.looks("record")
    page.locator("summary", has_text=walk.says("collections.add")).click()
    page.locator("#collection-title").fill(f"Piazze {walk.name}")
    page.locator("#collection").select_option("")
    walk.press("collections.add.button")
    walk.looks("collection")
    walk.follow("collections.edit")
    walk.looks("collection-form")


def test_the_administrator_gives_a_role_and_looks_at_figures_and_log(walk: Walk) -> None:
    page = walk.page
    someone = people.add(walk.kb, "member", f"someone-{walk.name}")
    page.goto(f"{walk.site}/admin/accounts")
    walk.looks("accounts")
    page.get_by_role("link", name=someone.email).click()
    walk.looks("account")
    page.locator("#role").select_option("curator")
    walk.press("people.role.button")
    walk.looks("role-given")
    assert {one.email: one.role for one in walk.kb.accounts.list()}[someone.email] == "curator"
    page.goto(f"{walk.site}/dashboard")
    walk.looks("dashboard")
    page.goto(f"{walk.site}/review/log")
    walk.looks("log")


def _sign_in(walk: Walk, email: str) -> None:
    walk.page.goto(f"{walk.site}/sign-in")
    walk.looks("sign-in")
    walk.page.locator("#email").fill(email)
    walk.page.locator("#password").fill(people.PASSWORD)
    walk.press("account.sign-in")
    expect(walk.page.locator(".person")).to_be_attached()


def _submitted(walk: Walk) -> int:
    """A record that somebody has sent."""
    author = people.add(walk.kb, "contributor", "author").reader
    folder = walk.kb.config.data
    path = folder / f"{walk.name}.md"
    path.write_text(TREES + walk.name)
    record = walk.kb.editing.hand_in(path, path.name, author).record_id or 0
    Worker(walk.kb).drain()
    version = walk.kb.editing.view(record, author).version
    walk.kb.editing.save(record, version, {"title": f"Alberi nelle piazze di Lucca ({walk.name})"}, author, "")
    _sends_again(walk, record)
    return record


def _sends_again(walk: Walk, record: int) -> None:
    author = people.add(walk.kb, "contributor", "author").reader
    walk.kb.editing.submit(record, walk.kb.editing.view(record, author).version, author, "")
