"""The pictures of the guides show the pages as they are: each is taken again and compared with the stored one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from tests.browser import guide_scene
from tests.browser.guide_scene import Scene
from tests.browser.guide_shots import SCREEN, SHOTS, Shot, Taken, take
from tests.support.people import PASSWORD
from tests.web.serving import served
from webui import assets
from webui.guide import PICTURES, WRITTEN

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guides")]

FOLDER = assets.FOLDER / PICTURES
WRITTEN_THERE = Path(__file__).parent / "guides.json"
"""What is written in each picture: words must be the same to the letter, the look only about."""

AGAIN = os.environ.get("GUIDES") == "take"
OLD = "run `make guides` to take the pictures again"

TILE, SMALLER = 12, 4
"""Pictures are compared in grey at a quarter of their size, in squares of so many of the smaller pixels."""

NEAR = 14.0
"""How much the grey of a square may differ on average, of 255."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The scene in the first language of the guides."""
    folder = tmp_path_factory.mktemp("guides")
    kb = guide_scene.build(folder)
    people = guide_scene.open_accounts(kb)
    cases = guide_scene.fill(kb, folder, people)
    with served(kb) as (host, port, _):
        yield Scene(kb, f"http://{host}:{port}", "", people, cases, folder)
    kb.close()


@pytest.fixture(scope="module")
def pages(browser: Browser, site: Scene) -> Iterator[dict[str, Page]]:
    """A browser for each person who looks, signed in."""
    known = {}
    for name in {shot.who for shot in SHOTS}:
        options = {
            "viewport": SCREEN,
            "color_scheme": "light",
            "reduced_motion": "reduce",
            "timezone_id": "Europe/Rome",
        }
        page = browser.new_context(locale="it-IT", **options).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(120_000)
        page.goto(f"{site.site}/sign-in")
        page.fill("[name=email]", site.people[name].email)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        known[name] = page
    yield known
    for page in known.values():
        page.context.close()


@pytest.mark.parametrize(
    ("shot", "language"), [pytest.param(*one, id=f"{one[0].name}-{one[1]}") for one in product(SHOTS, WRITTEN)]
)
def test_the_picture_shows_the_page_as_it_is(
    site: Scene, pages: dict[str, Page], output: Path, shot: Shot, language: str
) -> None:
    scene = Scene(site.kb, site.site, language, site.people, site.cases, site.folder)
    taken = take(shot, pages[shot.who], scene)
    path = FOLDER / f"{shot.name}.{language}.webp"
    if AGAIN:
        keep(taken, path)
        return
    taken.image.save(output / f"guide-{path.stem}.png")
    assert path.exists(), OLD
    assert taken.words == json.loads(WRITTEN_THERE.read_text(encoding="utf-8"))[path.stem], OLD
    with Image.open(path) as stored:
        assert difference(taken.image, stored) <= NEAR, OLD


def keep(taken: Taken, path: Path) -> None:
    """Store a picture and what is written in it."""
    path.parent.mkdir(exist_ok=True)
    taken.image.save(path, quality=80, method=6)
    known = json.loads(WRITTEN_THERE.read_text(encoding="utf-8")) if WRITTEN_THERE.exists() else {}
    known[path.stem] = taken.words
    text = json.dumps(dict(sorted(known.items())), ensure_ascii=False, indent=1)
    WRITTEN_THERE.write_text(text + "\n", encoding="utf-8")


def difference(one: Image.Image, other: Image.Image) -> float:
    """The largest mean difference of grey in any square of two pictures; all of it where their sizes differ."""
    if any(abs(a - b) > 4 for a, b in zip(one.size, other.size, strict=True)):
        return 255.0
    size = (other.width // SMALLER, other.height // SMALLER)
    apart = ImageChops.difference(
        *(picture.convert("L").resize(size, Image.Resampling.BOX) for picture in (one, other))
    )
    squares = apart.resize((max(1, size[0] // TILE), max(1, size[1] // TILE)), Image.Resampling.BOX)
    return float(squares.getextrema()[1])
