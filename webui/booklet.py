"""A collection as a booklet: a PDF with its cover, its sections, and a link to every record."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer

from kb import citation
from kb.resources import FONTS
from kb.sentences import LANGUAGES
from kb.values import CollectionEntry, CollectionPage
from webui import labels
from webui.texts import text

SERIF, BOLD = "DejaVuSerif", "DejaVuSerif-Bold"
"""Faces that have the letters of every language of the European Union, which the PDF's own have not."""

MARGIN = 22 * mm
GREY = colors.HexColor("#444444")


def booklet(view: CollectionPage, language: str, *, address: Callable[[int], str]) -> bytes:
    """The PDF of a collection; `address` gives the page of a record."""
    _fonts()
    written = io.BytesIO()
    name = view.cover.get(language, {}).get("title") or view.title
    document = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=name,
        author="Agorà 21",
        lang=language,
    )
    footer = _footer(name)
    document.build(list(_story(view, name, language, address)), onFirstPage=footer, onLaterPages=footer)
    return written.getvalue()


def _story(view: CollectionPage, name: str, language: str, address: Callable[[int], str]) -> Iterator[Flowable]:
    yield Paragraph(_shown(name), _style("title", size=22, bold=True, after=10))
    for part in _paragraphs(_words(view.cover, language, "text")):
        yield Paragraph(part, _style("cover", size=11, after=6))
    count = text(f"collections.records.{'one' if len(view.records) == 1 else 'other'}", language, n=len(view.records))
    when = labels.day(view.updated_at, language)
    yield Paragraph(_shown(f"{count} · {text('collections.updated', language, date=when)}"), _quiet())
    yield Spacer(1, 8 * mm)
    for number, section in enumerate(view.sections):
        if titles := section.titles:
            if number:
                yield PageBreak()
            yield Paragraph(_shown(_first(titles, language)), _style("section", size=16, bold=True, after=8))
        for entry in section.entries:
            yield from _entry(entry, language, address(entry.record.record_id))


def _entry(entry: CollectionEntry, language: str, address: str) -> Iterator[Flowable]:
    record = entry.record
    facts = [labels.kind_name(record.kind, language), labels.place_name(record.place, language), str(record.year or "")]
    facts.append(labels.in_language(record.language, language))
    head: list[Flowable] = [
        Paragraph(_link(record.title, address), _style("record", size=12, bold=True, after=2)),
        Paragraph(_shown(" · ".join(fact for fact in facts if fact)), _quiet()),
    ]
    if record.summary:
        head.append(Paragraph(_shown(record.summary), _style("summary", after=4)))
    yield KeepTogether(head)
    for part in _paragraphs(entry.note):
        yield Paragraph(part, _style("note", after=4, indent=6 * mm))
    yield Paragraph(_shown(citation.plain(record, address)), _quiet())
    yield Spacer(1, 5 * mm)


def _footer(name: str) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(SERIF, 8)
        canvas.setFillColor(GREY)
        canvas.drawString(MARGIN, 12 * mm, "".join(_plain(name))[:90])
        canvas.drawRightString(A4[0] - MARGIN, 12 * mm, str(document.page))
        canvas.restoreState()

    return draw


@cache
def _fonts() -> None:
    registerFont(TTFont(SERIF, str(FONTS / "DejaVuSerif.ttf")))
    registerFont(TTFont(BOLD, str(FONTS / "DejaVuSerif-Bold.ttf")))
    registerFontFamily(SERIF, normal=SERIF, bold=BOLD, italic=SERIF, boldItalic=BOLD)


def _style(  # noqa: PLR0913 - the looks of a paragraph, by name
    name: str, *, size: float = 10, bold: bool = False, after: float = 0, indent: float = 0, color: Any = colors.black
) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=BOLD if bold else SERIF,
        fontSize=size,
        leading=size * 1.4,
        spaceAfter=after,
        leftIndent=indent,
        textColor=color,
        splitLongWords=1,
    )


def _quiet() -> ParagraphStyle:
    return _style("quiet", size=8.5, after=4, color=GREY)


def _words(cover: Any, language: str, name: str) -> str:
    return next((said for code in (language, *LANGUAGES) if (said := cover.get(code, {}).get(name))), "")


def _first(titles: Any, language: str) -> str:
    return next((said for code in (language, *LANGUAGES) if (said := titles.get(code))), "")


def _paragraphs(words: str) -> Iterator[str]:
    for part in words.split("\n\n"):
        if part.strip():
            yield _shown(part.strip()).replace("\n", "<br/>")


def _plain(words: str) -> str:
    """Only what can be printed; the breaks of lines stay."""
    return "".join(letter for letter in words if letter.isprintable() or letter == "\n")


def _shown(words: str) -> str:
    """Words as the typesetter takes them: none of them is its markup."""
    return escape(_plain(words))


def _link(words: str, address: str) -> str:
    return f"<a href={quoteattr(address)}>{_shown(words)}</a>"
