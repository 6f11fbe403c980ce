"""The document viewer: the pages of a PDF, and the text of every document, opened at the passage that is cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, render_template, request

from kb.services.documents import Opened, Where
from kb.values import DocumentView, Passage, Span
from webui import context, labels
from webui.records import PDF
from webui.texts import text

CELL = " | "
"""What stands between the cells of a table's row in a passage's text."""

SLIDES = ("presentationml", "opendocument.presentation", "powerpoint")
"""Parts of the media types whose pages are slides."""

Cells = tuple[tuple[Span, ...], ...]

blueprint = Blueprint("viewer", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A passage as it is drawn: its lines in cells, of which prose has one; `heading` only where it is a new one."""

    passage_id: int
    passage: Passage
    heading: tuple[str, ...]
    lines: tuple[Cells, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The passages that begin on one page; `confidence` in percent where its text was recognised."""

    name: str
    page: int | None
    confidence: int | None
    passages: tuple[Shown, ...]


@blueprint.get("/documents/<int(max=9223372036854775807):document_id>/read")
def read(document_id: int) -> str:
    """A document at the passage, page or part asked for; what the address cites wrongly is left aside."""
    asked = Where(passage_id=_number("passage"), page=_number("page"), part=_number("part"))
    opened = context.kb().documents.open(document_id, context.reader(), asked)
    return render_template(
        "viewer/read.html",
        opened=opened,
        document=opened.document,
        leaves=leaves(opened, _number("sentence"), context.language()),
        is_pdf=opened.document.media_type == PDF and opened.page is not None,
        as_text=request.args.get("view") == "text" or asked.part is not None,
        is_gone=asked.passage_id is not None and opened.cited is None,
    )


def _number(name: str) -> int | None:
    """A number of the address, None where it is missing or none."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else None


def leaves(opened: Opened, sentence: int | None, language: str) -> list[Leaf]:
    """The part that is open, page by page; `sentence` counts from 0 the one of the cited passage to mark."""
    document = opened.document
    shown = _shown(document, opened.cited, sentence)
    recognised = {page.page: round(100 * page.confidence) for page in document.recognised}
    return [
        Leaf(
            name=_page_name(document, page, language),
            page=page,
            confidence=recognised.get(page or 0),
            passages=tuple(passages),
        )
        for page, passages in groupby(shown, key=lambda one: one.passage.page_from)
    ]


def _shown(document: DocumentView, cited: int | None, sentence: int | None) -> Iterator[Shown]:
    heading: tuple[str, ...] = ()
    for id_, passage in document.passages:
        marked = _span(passage, sentence) if id_ == cited else None
        new = passage.heading if passage.heading != heading else ()
        heading = passage.heading
        yield Shown(passage_id=id_, passage=passage, heading=new, lines=lines(passage.text, marked))


def _page_name(document: DocumentView, page: int | None, language: str) -> str:
    if page and any(part in document.media_type for part in SLIDES):
        return text("viewer.slide", language, number=page)
    return labels.pages(page, None, labels.page_label(document.page_labels, page), language)


def _span(passage: Passage, sentence: int | None) -> tuple[int, int] | None:
    """Where a sentence stands; None for one the passage does not have."""
    if sentence is None or sentence >= len(passage.sentences):
        return None
    start, end = passage.sentences[sentence]
    return start, end


def lines(whole: str, marked: tuple[int, int] | None = None) -> tuple[Cells, ...]:
    """The lines of a text that say something, in cells, with what lies between the offsets `marked`."""
    pieces = _pieces(whole, 0, len(whole), "\n")
    return tuple(_cells(whole, start, end, marked or (0, 0)) for start, end in pieces if whole[start:end].strip())


def _cells(whole: str, start: int, end: int, marked: tuple[int, int]) -> Cells:
    return tuple(tuple(_spans(whole, piece, marked)) for piece in _pieces(whole, start, end, CELL))


def _pieces(whole: str, start: int, end: int, joint: str) -> Iterator[tuple[int, int]]:
    """Where the pieces of a part of a text lie, without the joints between them."""
    while (found := whole.find(joint, start, end)) >= 0:
        yield start, found
        start = found + len(joint)
    yield start, end


def _spans(whole: str, piece: Sequence[int], marked: tuple[int, int]) -> Iterator[Span]:
    """A piece of a text as plain and marked runs."""
    start, end = piece
    first, last = (min(max(offset, start), end) for offset in marked)
    runs = ((start, first, False), (first, last, True), (last, end, False))
    return (Span(text=whole[a:b], marked=is_marked) for a, b, is_marked in runs if a < b)
