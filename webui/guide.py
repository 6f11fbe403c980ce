"""The guides: what somebody of each role does here, step by step, with pictures that the tests take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from urllib.parse import urlsplit

from anyascii import anyascii
from flask import Blueprint, current_app, render_template, url_for
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from PIL import Image

from kb import resources
from webui import assets, context

AUDIENCES = ("member", "contributor", "curator", "administrator")
"""Whom there is a guide for; each does what the ones before do, too."""

WRITTEN = ("it", "en")
"""Languages the guides are written in; whoever reads another one gets the last of them."""

PICTURES = "guides"
"""The folder of the pictures among the static files."""

MARKDOWN = MarkdownIt("commonmark", {"html": False})

blueprint = Blueprint("guide", __name__)


@dataclass(frozen=True, slots=True)
class Section:
    """A task of a guide, as the list of contents names it."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as a page shows it."""

    audience: str
    language: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    body: Markup


@blueprint.get("/help")
def overview() -> str:
    """The guides, each with what it is about."""
    return render_template("guide/overview.html", guides=[guide(name, _language()) for name in AUDIENCES])


@blueprint.get(f"/help/<any({','.join(AUDIENCES)}):audience>")
def show(audience: str) -> str:
    """One guide; whoever may not do what it tells of may still read it."""
    return render_template("guide/show.html", guide=guide(audience, _language()), audiences=AUDIENCES)


def guide(audience: str, language: str) -> Guide:
    """The guide of an audience, its links in the language of the request."""
    tokens = MARKDOWN.parse(source(audience, language))
    title, lead, rest = tokens[1], tokens[4], tokens[6:]
    sections = tuple(_anchored(rest))
    _place_pictures(rest, language)
    for token in _inner(rest, "link_open"):
        token.attrSet("href", _address(str(token.attrGet("href"))))
    body = Markup(MARKDOWN.renderer.render(rest, MARKDOWN.options, {}))  # noqa: S704 - our own text
    return Guide(audience, language, title.content, lead.content, sections, body)


@cache
def source(audience: str, language: str) -> str:
    """The text of a guide: a title, a paragraph that says what it is about, a section for each task."""
    return (resources.GUIDES / f"{audience}.{language}.md").read_text(encoding="utf-8")


def _language() -> str:
    asked = context.language()
    return asked if asked in WRITTEN else WRITTEN[-1]


def _anchored(tokens: Sequence[Token]) -> list[Section]:
    """Give every task the anchor that the list of contents leads to."""
    found = []
    for opening, words in pairwise(tokens):
        if opening.type == "heading_open":
            anchor = re.sub(r"[^a-z0-9]+", "-", anyascii(words.content).lower()).strip("-")
            opening.attrSet("id", anchor)
            if opening.tag == "h2":
                found.append(Section(anchor, words.content))
    return found


def _place_pictures(tokens: Sequence[Token], language: str) -> None:
    """Turn the name of each picture into where it lies, with its size, so that the page does not jump."""
    for token in _inner(tokens, "image"):
        name = f"{PICTURES}/{token.attrGet('src')}.{language}.webp"
        width, height = _size(name)
        token.attrs.update(src=assets.address(name), width=width, height=height, loading="lazy", decoding="async")


@cache
def _size(name: str) -> tuple[int, int]:
    with Image.open(assets.FOLDER / name) as picture:
        return picture.size


def _address(path: str) -> str:
    """The address of a page of this site, in the language somebody chose."""
    parts = urlsplit(path)
    endpoint, values = current_app.url_map.bind("").match(parts.path or "/help")
    return url_for(endpoint, **values, _anchor=parts.fragment or None)


def _inner(tokens: Sequence[Token], kind: str) -> list[Token]:
    return [inner for token in tokens for inner in token.children or () if inner.type == kind]
