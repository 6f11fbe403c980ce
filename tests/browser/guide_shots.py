"""What each picture of the guides shows: who looks at which page, what she does there, and the part that is cut out."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from kb.worker import Worker
from tests.browser.guide_scene import Scene
from webui.texts import TEXTS

SCREEN = {"width": 1000, "height": 900}
MARGIN = 16
TALLEST = 620
"""Pixels; a picture is no taller than about a screen."""

QUESTION = {"it": "raccolta porta a porta nelle frazioni", "en": "island community owns its electricity grid"}
CITED = {"it": "quota variabile legata ai ritiri del residuo", "en": "shares in wind turbines owned by the islanders"}
UPLOADED = {"it": ("relazione-orti.md", "programma.exe"), "en": ("report-gardens.md", "program.exe")}
PAGES_OF_TEXT = {
    "it": "# Orti di quartiere\n\nIl Comune di Pesaro affida quaranta orti ai pensionati del quartiere.",
    "en": "# Neighbourhood gardens\n\nThe city of Bristol lends forty gardens to the pensioners of the neighbourhood.",
}

DAY = {
    "it": {"long": "15 gennaio 2026", "short": "15/01/26, 10:30"},
    "en": {"long": "January 15, 2026", "short": "1/15/26, 10:30 AM"},
}
"""The day of all pictures, as the pages write it, so that none is old tomorrow."""

SET_DAY = r"""([long, short]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const told = node.data
      .replace(/\d{4}-\d\d-\d\d/g, '2026-01-15')
      .replace(/\d{1,2}\/\d{1,2}\/\d\d,\s\d{1,2}:\d\d(\s[AP]M)?/g, short)
      .replace(/\d{1,2} [a-z]{4,} \d{4}|[A-Z][a-z]{2,} \d{1,2}, \d{4}/g, long);
    if (told !== node.data) node.data = told;
  }
}"""

WORDS = """([left, top, right, bottom]) => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const inside = box => box.width > 1 && box.left + scrollX >= left && box.right + scrollX <= right
    && box.top + scrollY >= top - 5 && box.bottom + scrollY <= bottom + 5;
  for (let node; (node = walker.nextNode());) {
    if (!node.data.trim() || !node.parentElement.checkVisibility({visibilityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    if (inside(range.getBoundingClientRect())) found.push(node.data.trim().replace(/\\s+/g, ' '));
  }
  const said = field => field.value && !['hidden', 'checkbox', 'radio'].includes(field.type);
  for (const field of document.querySelectorAll('input, textarea'))
    if (said(field) && inside(field.getBoundingClientRect())) found.push(field.value);
  return found;
}"""
"""The words inside a part; the box of a letter is a little taller than a tight line, and may stand out of the part."""


BOX = """one => {
  const box = one.getBoundingClientRect();
  return [box.left, box.top + scrollY, box.width, box.height, one.matches('main, main > *, .row, .sent') ? 0 : 5];
}"""
"""Where a part lies, and how much around it belongs to no other; the head stands right above `main`."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to take: its name, who looks, and the part of the page, once it is as it should be."""

    name: str
    who: str
    part: Callable[[Page, Scene], Locator]


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture, and what is written in it."""

    image: Image.Image
    words: list[str]


def take(shot: Shot, page: Page, scene: Scene) -> Taken:
    """Take a picture of the page as it is now."""
    part = shot.part(page, scene)
    expect(part).to_be_visible()
    page.evaluate(SET_DAY, [DAY[scene.language]["long"], DAY[scene.language]["short"]])
    page.evaluate("document.fonts.ready.then(() => document.activeElement.blur())")
    x, y, wide, high, above = page.evaluate(BOX, part.element_handle())
    left, top = max(0, x - MARGIN), y - above
    width, height = min(SCREEN["width"] - left, wide + 2 * MARGIN), min(TALLEST, high + 2 * above)
    clip = {"x": left, "y": top, "width": width, "height": height}
    picture = page.screenshot(clip=clip, full_page=True, animations="disabled", caret="hide")  # type: ignore[arg-type]
    words = page.evaluate(WORDS, [left, top, left + width, top + height])
    return Taken(Image.open(io.BytesIO(picture)).convert("RGB"), words)


# --- for those who search ----------------------------------------------------------------------------


def _search(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/search?q={QUESTION[scene.language]}")
    return page.locator("main")


def _narrow(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/search?q={QUESTION[scene.language]}&place=Lucca")
    return page.locator("#results")


def _read(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/search?q={CITED[scene.language]}")
    page.get_by_role("link", name=TEXTS["viewer.read"][scene.language]).first.click()
    expect(page.locator("#pages[data-ready]")).to_be_visible(timeout=60_000)
    expect(page.locator("#sheet mark").first).to_be_visible()
    return page.locator("#pages")


def _compare(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/compare?record=1&record=3")
    return page.locator("table.side-by-side")


def _keep(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/search?q={QUESTION[scene.language]}")
    page.locator("section.offer summary").click()
    return page.locator("section.offer details")


# --- for contributors --------------------------------------------------------------------------------


def _wish(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/account")
    return page.locator("section[aria-labelledby=wish]")


def _submit(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/submit")
    return page.locator("ul.cards")


def _files(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/submit/files")
    text, program = (scene.folder / name for name in UPLOADED[scene.language])
    text.write_text(PAGES_OF_TEXT[scene.language], encoding="utf-8")
    program.write_bytes(b"MZ\x90\0")
    page.set_input_files("#files", [text, program])
    page.click("form.drop button[type=submit]")
    shown = page.locator("ul.files li", has_text=text.name)
    expect(shown).to_contain_text(TEXTS["submission.file.waiting"][scene.language], timeout=30_000)
    Worker(scene.kb).drain()
    expect(shown).to_contain_text(TEXTS["document.searchable"][scene.language], timeout=30_000)
    return page.locator("section.sent")


def _describe(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/submit/record/{scene.case('upload')}")
    return page.locator("div.submission")


def _check(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/submit/record/{scene.case('upload')}/check")
    return page.locator("div.submission")


def _answer(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/my")
    return (
        page.locator("#state-returned ~ ul > li")
        .filter(has=page.locator(f"a[href*='/records/{scene.case('garden')}?']"))
        .first
    )


# --- for curators ------------------------------------------------------------------------------------


def _queue(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/review")
    return page.locator("div.review")


def _case(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/review/{scene.case('double')}")
    return page.locator("div.row").filter(has=page.locator("#documents"))


def _criteria(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/review/{scene.case('double')}")
    return page.locator("#criteria")


def _decision(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/review/{scene.case('double')}")
    return page.locator("#decision form")


def _duplicates(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/review/{scene.case('double')}")
    return page.locator("#duplicates")


def _collection(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/collections/guide-{scene.language}/edit")
    return page.locator("#about")


def _in_vain(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/dashboard")
    return page.locator("section:has(> #in-vain)")


# --- for administrators ------------------------------------------------------------------------------


def _open_account(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/admin/accounts")
    return page.locator("section[aria-labelledby=add]")


def _accounts(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/admin/accounts")
    return page.locator("main table")


def _person(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/admin/accounts/{scene.people['luca'].account_id}")
    return page.locator("main > div.wide")


def _unread(page: Page, scene: Scene) -> Locator:
    scene.open(page, "/dashboard")
    return page.locator("section:has(> #failures)")


def _log(page: Page, scene: Scene) -> Locator:
    scene.open(page, f"/review/log?record={scene.case('garden')}")
    return page.locator("main table")


SHOTS = (
    Shot("search", "marta", _search),
    Shot("narrow", "marta", _narrow),
    Shot("read", "marta", _read),
    Shot("compare", "marta", _compare),
    Shot("keep", "marta", _keep),
    Shot("wish", "marta", _wish),
    Shot("submit", "anna", _submit),
    Shot("describe", "anna", _describe),
    Shot("check", "anna", _check),
    Shot("answer", "anna", _answer),
    Shot("queue", "carla", _queue),
    Shot("case", "carla", _case),
    Shot("criteria", "carla", _criteria),
    Shot("decision", "carla", _decision),
    Shot("duplicates", "carla", _duplicates),
    Shot("collection", "carla", _collection),
    Shot("in-vain", "carla", _in_vain),
    Shot("open-account", "ada", _open_account),
    Shot("accounts", "ada", _accounts),
    Shot("person", "ada", _person),
    Shot("unread", "ada", _unread),
    Shot("log", "ada", _log),
    # The last one, because it hands something in.
    Shot("files", "anna", _files),
)
