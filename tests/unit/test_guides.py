"""The guides say what is there: pages, labels and pictures, the same in every language they are written in."""

from __future__ import annotations

import re
from itertools import product

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from PIL import Image

from kb.bootstrap import Kb
from webui import assets
from webui.app import create_app
from webui.guide import AUDIENCES, PICTURES, WRITTEN, source
from webui.texts import LANGUAGES, TEXTS

FOLDER = assets.FOLDER / PICTURES
GUIDES = list(product(AUDIENCES, WRITTEN))
PICTURE = re.compile(r"!\[([^\]]*)\]\(([\w-]+)\)")
MOST_BYTES = 1_500_000


@pytest.fixture
def app(kb: Kb) -> Flask:
    app = create_app(kb)
    app.testing = True
    return app


def named() -> set[str]:
    """The files of the pictures that the guides show."""
    return {
        f"{name}.{language}.webp"
        for audience, language in GUIDES
        for _, name in PICTURE.findall(source(audience, language))
    }


def outline(audience: str, language: str) -> list[str]:
    """What a guide consists of, without its words: levels of headings, numbers of steps, names of pictures."""
    found = []
    for line in source(audience, language).splitlines():
        if sign := re.match(r"#+ |\d+\. ", line):
            found.append(sign[0])
        found += [name for _, name in PICTURE.findall(line)]
    return found


def test_every_picture_named_is_stored_and_every_one_stored_is_shown() -> None:
    assert named() == {path.name for path in FOLDER.iterdir()}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
    for name in named():
        with Image.open(FOLDER / name) as picture:
            assert picture.width <= 1000, name


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_guide_has_the_same_tasks_steps_and_pictures_in_each_language(audience: str) -> None:
    first, *others = (outline(audience, language) for language in WRITTEN)
    assert len(first) > 12
    assert [other for other in others if other != first] == []


@pytest.mark.parametrize(("audience", "language"), GUIDES)
def test_every_picture_says_what_it_shows(audience: str, language: str) -> None:
    told = [alt for alt, _ in PICTURE.findall(source(audience, language))]
    assert [alt for alt in told if not 20 < len(alt) < 150] == []
    assert len(set(told)) == len(told) > 3


@pytest.mark.parametrize(("audience", "language"), GUIDES)
def test_what_a_guide_tells_to_press_is_called_so(audience: str, language: str) -> None:
    """Bold words are those of the interface, whole, up to a blank, or with it filled in."""
    starts = (sentences[language].partition("{") for sentences in TEXTS.values())
    known = {start.rstrip(" «“") for start, _, _ in starts}
    pressed = re.findall(r"\*\*(.+?)\*\*", source(audience, language))
    assert [label for label in pressed if label not in known and not _filled(label, language)] == []


def _filled(label: str, language: str) -> bool:
    """Whether a label is a sentence with its blanks filled in."""
    sentences = (one[language] for one in TEXTS.values() if one[language].find("{") > 3)
    return any(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(one)), label) for one in sentences)


@pytest.mark.parametrize(("audience", "language"), list(product(AUDIENCES, LANGUAGES)))
def test_every_guide_is_a_page_whose_links_lead_somewhere(app: Flask, audience: str, language: str) -> None:
    page = BeautifulSoup(app.test_client().get(f"/help/{audience}?lang={language}").text, "html.parser")
    article = page.select_one("article.guide")
    assert article is not None
    written = language if language in WRITTEN else "en"
    assert (article.get("lang") or language) == written
    assert (page.select_one(".alert-info") is not None) == (language != written)
    anchors = {one["id"] for one in article.select("[id]")}
    targets = [str(one["href"]) for one in article.select("nav.contents a")]
    assert {target.removeprefix("#") for target in targets} <= anchors
    assert len(targets) == len(article.select("h2")) - 1
    visitor = app.test_client()
    for link in article.select("a[href^='/']"):
        assert f"lang={language}" in str(link["href"])
        assert visitor.get(str(link["href"])).status_code in (200, 302), link
    for picture in article.select("img"):
        assert visitor.get(str(picture["src"]), buffered=True).mimetype == "image/webp"


def test_the_overview_leads_to_every_guide_and_every_page_to_the_overview(app: Flask) -> None:
    visitor = app.test_client()
    page = visitor.get("/help?lang=it").text
    assert all(f"/help/{audience}?lang=it" in page for audience in AUDIENCES)
    assert 'href="/help"' in visitor.get("/accessibility").text
    assert visitor.get("/help/nobody").status_code == 404
