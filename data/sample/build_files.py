"""Build the sample PDF, DOCX and HTML files from the sources beside this script.

Each file in ``sources/`` is a small Markdown-like text with a header of ``key: value`` lines.
The output is deterministic: the same sources give the same bytes.

Usage: ``python build_files.py`` (needs reportlab and python-docx).
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    ListFlowable,
    ListItem,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
FILES = HERE / "files"
GREEN = colors.HexColor("#1F5C3D")
PDF_ENCODING = "cp1252"
ZIP_DATE = (2024, 1, 1, 0, 0, 0)
HEADING = re.compile(r"(#{1,3}) +(.+)")
BULLET = re.compile(r"- +(.+)")
NUMBER = re.compile(r"\d+\. +(.+)")
SEPARATOR = re.compile(r"\|[-| ]+\|")


@dataclass
class Block:
    """One piece of a text: a heading, a paragraph, a list or a table."""

    kind: str
    text: str = ""
    level: int = 0
    items: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class Source:
    """A parsed source: its header and its blocks."""

    meta: dict[str, str]
    blocks: list[Block]

    @property
    def date(self) -> datetime:
        """Return the date given in the header, at noon."""
        return datetime.fromisoformat(self.meta["date"] + "T12:00:00")


# Reading


def parse_meta(text: str) -> dict[str, str]:
    """Read the ``key: value`` lines of a header."""
    pairs = (line.split(": ", 1) for line in text.strip().splitlines())
    return {key.strip(): value.strip() for key, value in pairs}


def table_rows(lines: list[str]) -> list[list[str]]:
    """Split the lines of a table into cells, leaving out the separator."""
    kept = [line for line in lines if not SEPARATOR.fullmatch(line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


def parse_block(chunk: str) -> Block:
    """Recognise one block of text, blocks being separated by empty lines."""
    lines = chunk.strip().splitlines()
    heading = HEADING.fullmatch(lines[0])
    if heading:
        return Block("heading", text=heading[2], level=len(heading[1]))
    if lines[0].startswith("|"):
        return Block("table", rows=table_rows(lines))
    for kind, pattern in (("bullets", BULLET), ("numbers", NUMBER)):
        found = [pattern.fullmatch(line) for line in lines]
        if all(found):
            return Block(kind, items=[match[1] for match in found if match])
    return Block("paragraph", text=" ".join(lines))


def read_source(path: Path) -> Source:
    """Read a source file."""
    _, header, body = path.read_text(encoding="utf-8").split("---\n", 2)
    chunks = [chunk for chunk in re.split(r"\n{2,}", body) if chunk.strip()]
    return Source(parse_meta(header), [parse_block(chunk) for chunk in chunks])


# PDF


class PdfTemplate(BaseDocTemplate):  # type: ignore[misc, unused-ignore]
    """An A4 document with running header, footer, page numbers and outline."""

    def __init__(self, buffer: io.BytesIO, source: Source) -> None:
        """Prepare the page and the document information."""
        meta = source.meta
        super().__init__(
            buffer,
            pagesize=A4,
            invariant=1,
            lang=meta["lang"],
            title=meta["title"],
            author=meta["author"],
            subject=meta["subject"],
            keywords=meta["keywords"],
            creator="Agorà 21",
        )
        self.meta = meta
        self.outline_count = 0
        frame = Frame(2.5 * cm, 2.5 * cm, A4[0] - 5 * cm, A4[1] - 5.2 * cm, id="body")
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self.decorate))

    def decorate(self, canvas: Any, _document: Any) -> None:
        """Draw the running header and footer."""
        right = A4[0] - 2.5 * cm
        canvas.saveState()
        canvas.setFont("Helvetica", 8.5)
        canvas.setFillColor(colors.HexColor("#555555"))
        canvas.drawString(2.5 * cm, A4[1] - 1.6 * cm, self.meta["header"])
        canvas.drawRightString(right, A4[1] - 1.6 * cm, short_title(self.meta["title"]))
        canvas.drawString(2.5 * cm, 1.4 * cm, self.meta["footer"])
        canvas.drawRightString(right, 1.4 * cm, f"{self.meta['page']} {canvas.getPageNumber()}")
        canvas.setStrokeColor(GREEN)
        canvas.line(2.5 * cm, A4[1] - 1.8 * cm, right, A4[1] - 1.8 * cm)
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        """Add each heading to the outline."""
        level = getattr(flowable, "outline_level", None)
        if level is None:
            return
        self.outline_count += 1
        key = f"h{self.outline_count}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(flowable.getPlainText(), key, level)


def short_title(title: str) -> str:
    """Return the part of a title before its first colon."""
    return re.split(r"\s?[:–]\s", title)[0]


def style(name: str, size: float, **options: Any) -> ParagraphStyle:
    """Make a paragraph style."""
    bold = options.pop("bold", False)
    font = "Helvetica-Bold" if bold else "Helvetica"
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.45, **options)


PDF_STYLES = {
    "title": style("title", 21, bold=True, textColor=GREEN, spaceAfter=8),
    "byline": style("byline", 9.5, textColor=colors.HexColor("#555555"), spaceAfter=14),
    "h1": style("h1", 15.5, bold=True, textColor=GREEN, spaceBefore=12, spaceAfter=5, keepWithNext=1),
    "h2": style("h2", 12.5, bold=True, spaceBefore=8, spaceAfter=4, keepWithNext=1),
    "h3": style("h3", 11, bold=True, spaceBefore=6, spaceAfter=3, keepWithNext=1),
    "body": style("body", 11, spaceAfter=8),
    "cell": style("cell", 9.5),
    "head": style("head", 9.5, bold=True, textColor=colors.white),
}


def pdf_text(text: str, name: str) -> Paragraph:
    """Make a paragraph, refusing letters that the built-in fonts lack."""
    text.encode(PDF_ENCODING)
    return Paragraph(escape(text, quote=False), PDF_STYLES[name])


def pdf_heading(block: Block) -> Paragraph:
    """Make a heading that knows its place in the outline."""
    paragraph = pdf_text(block.text, f"h{block.level}")
    paragraph.outline_level = block.level - 1
    return paragraph


def pdf_list(block: Block) -> ListFlowable:
    """Make a bulleted or numbered list."""
    kind = "bullet" if block.kind == "bullets" else "1"
    items = [ListItem(pdf_text(item, "body"), leftIndent=16) for item in block.items]
    return ListFlowable(items, bulletType=kind, start="•" if kind == "bullet" else 1, leftIndent=16)


def pdf_table(block: Block) -> Table:
    """Make a ruled table whose first row is its header."""
    rows = [[pdf_text(cell, "cell" if number else "head") for cell in row] for number, row in enumerate(block.rows)]
    width = (A4[0] - 5 * cm) / len(rows[0])
    rules = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#999999")),
        ("BACKGROUND", (0, 0), (-1, 0), GREEN),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, colWidths=[width] * len(rows[0]), repeatRows=1, style=TableStyle(rules))


def pdf_flowables(source: Source) -> Iterator[Flowable]:
    """Yield the parts of a PDF in order."""
    yield pdf_text(source.meta["title"], "title")
    yield pdf_text(f"{source.meta['author']} · {source.date:%d.%m.%Y}", "byline")
    for block in source.blocks:
        if block.kind == "heading":
            yield pdf_heading(block)
        elif block.kind == "table":
            yield pdf_table(block)
            yield Spacer(1, 8)
        elif block.items:
            yield pdf_list(block)
        else:
            yield pdf_text(block.text, "body")


def build_pdf(source: Source) -> bytes:
    """Return a source as PDF."""
    buffer = io.BytesIO()
    PdfTemplate(buffer, source).build(list(pdf_flowables(source)))
    return buffer.getvalue()


# DOCX


def set_properties(document: Any, source: Source) -> None:
    """Fill in the core properties."""
    properties = document.core_properties
    for name in ("title", "author", "subject", "keywords"):
        setattr(properties, name, source.meta[name])
    properties.language = source.meta["lang"]
    properties.last_modified_by = source.meta["author"]
    properties.comments = source.meta["footer"]
    properties.created = properties.modified = source.date
    properties.revision = 1


def set_language(document: Any, lang: str) -> None:
    """Set the proofing language of the default style."""
    element = OxmlElement("w:lang")
    element.set(qn("w:val"), lang)
    run_properties = document.styles["Normal"].element.get_or_add_rPr()
    run_properties.append(element)


def add_field(paragraph: Any, instruction: str) -> None:
    """Add a field such as PAGE to a paragraph."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), instruction)
    paragraph._p.append(element)


def add_table(document: Any, block: Block) -> None:
    """Add a table whose first row is its header."""
    table = document.add_table(rows=0, cols=len(block.rows[0]))
    table.style = "Table Grid"
    for number, row in enumerate(block.rows):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.paragraphs[0].add_run(text).bold = number == 0
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


def add_block(document: Any, block: Block) -> None:
    """Add one block to a Word document."""
    if block.kind == "heading":
        document.add_heading(block.text, level=block.level)
    elif block.kind == "table":
        add_table(document, block)
    elif block.items:
        name = "List Bullet" if block.kind == "bullets" else "List Number"
        for item in block.items:
            document.add_paragraph(item, style=name)
    else:
        document.add_paragraph(block.text)


def repack(data: bytes) -> bytes:
    """Write a zip file again with fixed dates."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return output.getvalue()


def build_docx(source: Source) -> bytes:
    """Return a source as a Word document."""
    document = docx.Document()
    set_properties(document, source)
    set_language(document, source.meta["lang"])
    section = document.sections[0]
    section.header.paragraphs[0].text = source.meta["header"]
    footer = section.footer.paragraphs[0]
    footer.text = f"{source.meta['footer']} · {source.meta['page']} "
    add_field(footer, "PAGE")
    document.add_heading(source.meta["title"], level=0)
    for block in source.blocks:
        add_block(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return repack(buffer.getvalue())


# HTML

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} | {site}</title>
<meta name="author" content="{author}">
<meta name="description" content="{subject}">
<meta name="keywords" content="{keywords}">
<meta name="date" content="{date}">
</head>
<body>
<a class="skip" href="#main">{skip}</a>
<div class="cookie-notice" role="region" aria-label="Cookies">
<p>{cookie}</p>
{cookie_buttons}
</div>
<header>
<p class="site-name">{site}</p>
<p class="tagline">{tagline}</p>
<nav aria-label="{site}">
<ul>
{nav}
</ul>
</nav>
</header>
<nav class="breadcrumb" aria-label="Breadcrumb">
<ol>
{breadcrumb}
</ol>
</nav>
<main id="main">
<article>
<h1>{title}</h1>
{body}
<p class="updated">{updated}: <time datetime="{date}">{date}</time></p>
</article>
</main>
<footer>
{footer}
</footer>
</body>
</html>
"""


def split_bar(text: str) -> list[str]:
    """Split a value at its vertical bars."""
    return [escape(part.strip()) for part in text.split("|")]


def tagged(parts: list[str], template: str) -> str:
    """Put each part into a template and join the lines."""
    return "\n".join(template.format(part) for part in parts)


def html_table(rows: list[list[str]]) -> str:
    """Return a table whose first row is its header."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows[1:]]
    lines = "\n".join(f"<tr>{row}</tr>" for row in body)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def html_block(block: Block) -> str:
    """Return one block as HTML."""
    if block.kind == "heading":
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if block.kind == "table":
        return html_table(block.rows)
    if block.items:
        tag = "ul" if block.kind == "bullets" else "ol"
        items = tagged([escape(item) for item in block.items], "<li>{}</li>")
        return f"<{tag}>\n{items}\n</{tag}>"
    return f"<p>{escape(block.text)}</p>"


def build_html(source: Source) -> bytes:
    """Return a source as a web page with menu, cookie notice and footer."""
    values = {key: escape(value) for key, value in source.meta.items()}
    link = '<li><a href="#">{}</a></li>'
    values |= {
        "cookie_buttons": tagged(split_bar(source.meta["cookie_buttons"]), '<button type="button">{}</button>'),
        "nav": tagged(split_bar(source.meta["nav"]), link),
        "breadcrumb": tagged(split_bar(source.meta["breadcrumb"]), link),
        "footer": tagged(split_bar(source.meta["footer"]), "<p>{}</p>"),
        "body": "\n".join(html_block(block) for block in source.blocks),
    }
    return PAGE.format_map(values).encode("utf-8")


BUILDERS = {".pdf": build_pdf, ".docx": build_docx, ".html": build_html}


def main() -> None:
    """Build every file."""
    FILES.mkdir(exist_ok=True)
    for path in sorted(SOURCES.glob("*.md")):
        source = read_source(path)
        target = FILES / source.meta["output"]
        target.write_bytes(BUILDERS[target.suffix](source))
        print(target.relative_to(HERE))


if __name__ == "__main__":
    main()
