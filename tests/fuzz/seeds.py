"""A small well-formed file of each media type, for the fuzz targets to damage."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import docx
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

SENTENCE = "La città di Esempio ha piantato quaranta alberi nel 2021. "
TEXT = SENTENCE * 6
ROWS = (("Comune", "Abitanti", "Quota"), ("Capannori", "46000", "82,5 %"), ("Usurbil", "6200", "76 %"))

_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def seeds(media_type: str, shared: Path) -> list[tuple[str, bytes]]:
    """Names and bytes of well-formed files of that type; the shared corpus adds one where a program has to make it."""
    made = [make() for make in MAKERS.get(media_type, ())]
    found = [path for pattern in FOUND.get(media_type, ()) for path in sorted(shared.glob(pattern))[:1]]
    return made + [(path.name, path.read_bytes()) for path in found]


def _pdf() -> tuple[str, bytes]:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    canvas.setTitle("Piano del verde")
    canvas.bookmarkPage("a")
    canvas.addOutlineEntry("Obiettivi", "a", 0)
    for column in (60, 310):
        for line in range(12):
            canvas.drawString(column, 780 - 14 * line, SENTENCE[:44])
    canvas.showPage()
    canvas.drawImage(ImageReader(_image()), 0, 0, 595, 842)
    canvas.showPage()
    canvas.save()
    return "piano.pdf", out.getvalue()


def _image() -> Image.Image:
    image = Image.new("RGB", (320, 80), "white")
    ImageDraw.Draw(image).text((10, 20), "Raccolta differenziata", fill="black")
    return image


def _picture(form: str) -> Callable[[], tuple[str, bytes]]:
    def make() -> tuple[str, bytes]:
        out = io.BytesIO()
        _image().save(out, form)
        return f"scan.{form.lower()}", out.getvalue()

    return make


def _docx() -> tuple[str, bytes]:
    document = docx.Document()
    document.add_heading("Obiettivi", 1)
    document.add_paragraph(TEXT)
    table = document.add_table(3, 3)
    for row, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    out = io.BytesIO()
    document.save(out)
    return "piano.docx", out.getvalue()


def packed(members: dict[str, str | bytes]) -> bytes:
    """A ZIP of these members, the first one stored as it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members.items()):
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED)
    return out.getvalue()


def _open_document(kind: str, body: str, name: str) -> Callable[[], tuple[str, bytes]]:
    spaces = " ".join(
        f'xmlns:{short}="{_OPEN}:{full}:1.0"'
        for short, full in {"office": "office", "text": "text", "table": "table", "draw": "drawing"}.items()
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces} xmlns:presentation="{_OPEN}:presentation:1.0">'
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    kinds = {"text": "text", "spreadsheet": "spreadsheet", "presentation": "presentation"}
    mime = f"application/vnd.oasis.opendocument.{kinds[kind]}"
    return lambda: (name, packed({"mimetype": mime, "content.xml": content}))


def _table(cell: str, row: str, attributes: str = "") -> str:
    return "".join(
        f"<{row}>" + "".join(f"<{cell}{attributes}><text:p>{value}</text:p></{cell}>" for value in values) + f"</{row}>"
        for values in ROWS
    )


_ODT = (
    f'<text:h text:outline-level="1">Obiettivi</text:h><text:p>{TEXT}</text:p><text:list><text:list-item>'
    f"<text:p>{SENTENCE}</text:p></text:list-item></text:list>"
)
_ODS = f'<table:table table:name="Foglio">{_table("table:table-cell", "table:table-row")}</table:table>'
_ODP = (
    '<draw:page draw:name="Prima"><draw:frame presentation:class="title"><draw:text-box><text:p>Obiettivi</text:p>'
    f"</draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>{TEXT}</text:p></draw:text-box></draw:frame>"
    "</draw:page>"
)


def _package(main: str, kind: str, content: str, more: dict[str, str] | None = None) -> bytes:
    """An Office Open XML package with one main part and what relates to it."""
    folder, _, last = main.rpartition("/")
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}"/>'
            + "".join(
                f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.{sort}"/>'
                for name, sort in _PARTS.items()
                if more and name in more
            )
            + "</Types>",
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Target="{main}" '
            f'Type="{_OFFICE}/relationships/officeDocument"/></Relationships>',
            main: content,
            f"{folder}/_rels/{last}.rels": f'<Relationships xmlns="{_RELATIONS}">'
            + "".join(
                f'<Relationship Id="rId{number}" Type="{_OFFICE}/relationships/{_RELATED[name]}" '
                f'Target="{name.removeprefix(folder + "/")}"/>'
                for number, name in enumerate(more or {}, start=1)
            )
            + "</Relationships>",
            **(more or {}),
        }
    )


_PARTS = {
    "ppt/slides/slide1.xml": "presentationml.slide+xml",
    "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet+xml",
    "xl/sharedStrings.xml": "spreadsheetml.sharedStrings+xml",
}
_RELATED = {
    "ppt/slides/slide1.xml": "slide",
    "xl/worksheets/sheet1.xml": "worksheet",
    "xl/sharedStrings.xml": "sharedStrings",
}


def _pptx() -> tuple[str, bytes]:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    spaces = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        f'xmlns:a="{drawing}" xmlns:r="{_OFFICE}/relationships"'
    )
    main = f'<p:presentation {spaces}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>'
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="{0}" name="{0}"/><p:cNvSpPr/><p:nvPr>{1}</p:nvPr></p:nvSpPr><p:spPr/>'
        "<p:txBody><a:bodyPr/><a:p><a:r><a:t>{2}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    shapes = shape.format(2, '<p:ph type="title"/>', "Obiettivi") + shape.format(3, "", TEXT)
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    slide = f"<p:sld {spaces}><p:cSld><p:spTree>{group}{shapes}</p:spTree></p:cSld></p:sld>"
    kind = "presentationml.presentation.main+xml"
    return "piano.pptx", _package("ppt/presentation.xml", kind, main, {"ppt/slides/slide1.xml": slide})


def _xlsx() -> tuple[str, bytes]:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    main = (
        f'<workbook xmlns="{space}" xmlns:r="{_OFFICE}/relationships"><sheets>'
        '<sheet name="Foglio" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    values = [value for row in ROWS for value in row]
    cells = "".join(
        f'<row r="{r}">'
        + "".join(f'<c r="{"ABC"[c]}{r}" t="s"><v>{3 * (r - 1) + c}</v></c>' for c in range(3))
        + "</row>"
        for r in (1, 2, 3)
    )
    shared = f'<sst xmlns="{space}">' + "".join(f"<si><t>{value}</t></si>" for value in values) + "</sst>"
    more = {
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": shared,
    }
    return "dati.xlsx", _package("xl/workbook.xml", "spreadsheetml.sheet.main+xml", main, more)


def _epub() -> tuple[str, bytes]:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Piano</dc:title><dc:language>it</dc:language></metadata>'
        '<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Obiettivi</h1><p>{TEXT}</p></body></html>'
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "book.opf": package,
        "a.xhtml": page,
    }
    return "libro.epub", packed(members)


def _html() -> tuple[str, bytes]:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
    page = (
        '<!doctype html><html lang="it"><head><meta charset="utf-8"><title>Piano</title></head><body><nav><a href="/">'
        f"Home</a></nav><main><h1>Obiettivi</h1><p>{TEXT}</p><ul><li>{SENTENCE}</li></ul><table>{rows}</table></main>"
        '<img src="http://localhost/x.png"></body></html>'
    )
    return "pagina.html", page.encode()


def _mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Piano del verde è pronto"
    message["Date"] = "Tue, 02 Mar 2021 10:00:00 +0100"
    message.set_content(TEXT)
    message.add_alternative(_html()[1].decode(), subtype="html")
    return message


def _eml() -> tuple[str, bytes]:
    message = _mail()
    message.add_attachment(TEXT.encode(), maintype="text", subtype="plain", filename="nota.txt")
    message.add_attachment(_pdf()[1], maintype="application", subtype="pdf", filename="piano.pdf")
    return "posta.eml", bytes(message)


def _mhtml() -> tuple[str, bytes]:
    text = _html()[1].decode()
    head = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/\r\nSubject: Piano\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="----b"\r\n\r\n'
    )
    part = "------b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: 8bit\r\n"
    body = f"{head}{part}Content-Location: https://example.org/\r\n\r\n{text}\r\n------b--\r\n"
    return "pagina.mhtml", body.encode()


def _zip() -> tuple[str, bytes]:
    members: dict[str, str | bytes] = {"nota.txt": TEXT, "cartella/pagina.html": _html()[1], "piano.pdf": _pdf()[1]}
    return "tutto.zip", packed(members)


def _rtf() -> tuple[str, bytes]:
    text = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\info{\title Piano}}\pard\s1\b Obiettivi\b0\par "
    return "piano.rtf", (text + TEXT.replace("à", r"\'e0") + r"\par \u8364? \trowd\cell\row}").encode()


def _markdown() -> tuple[str, bytes]:
    table = "\n".join("| " + " | ".join(row) + " |" for row in (ROWS[0], ("---",) * 3, *ROWS[1:]))
    return "piano.md", f"---\ntitle: Piano\n---\n# Obiettivi\n\n{TEXT}\n\n- {SENTENCE}\n\n{table}\n".encode()


def _csv() -> tuple[str, bytes]:
    return "dati.csv", "\n".join(";".join(row) for row in (*ROWS, *ROWS[1:])).encode()


def _text() -> tuple[str, bytes]:
    return "nota.txt", f"{TEXT}\n\n{SENTENCE}".encode("cp1252")


_WORD = "application/vnd.openxmlformats-officedocument"
MAKERS: dict[str, tuple[Callable[[], tuple[str, bytes]], ...]] = {
    "application/pdf": (_pdf,),
    f"{_WORD}.wordprocessingml.document": (_docx,),
    f"{_WORD}.presentationml.presentation": (_pptx,),
    f"{_WORD}.spreadsheetml.sheet": (_xlsx,),
    "application/vnd.oasis.opendocument.text": (_open_document("text", _ODT, "piano.odt"),),
    "application/vnd.oasis.opendocument.spreadsheet": (_open_document("spreadsheet", _ODS, "dati.ods"),),
    "application/vnd.oasis.opendocument.presentation": (_open_document("presentation", _ODP, "piano.odp"),),
    "application/rtf": (_rtf,),
    "application/epub+zip": (_epub,),
    "text/html": (_html,),
    "multipart/related": (_mhtml,),
    "message/rfc822": (_eml,),
    "text/markdown": (_markdown,),
    "text/csv": (_csv,),
    "text/plain": (_text,),
    "application/zip": (_zip,),
    "image/png": (_picture("PNG"),),
    "image/jpeg": (_picture("JPEG"),),
    "image/tiff": (_picture("TIFF"),),
    "image/gif": (_picture("GIF"),),
    "image/bmp": (_picture("BMP"),),
    "image/webp": (_picture("WEBP"),),
}
"""Media type → what makes a file of it."""

FOUND: dict[str, tuple[str, ...]] = {
    "application/msword": ("docs/difficult/office/*.doc",),
    "application/vnd.ms-powerpoint": ("docs/difficult/office/*.ppt",),
    "application/vnd.ms-excel": ("docs/difficult/office/*.xls",),
    "application/rtf": ("docs/difficult/office/*.rtf",),
    "application/epub+zip": ("docs/difficult/office/*.epub",),
    "application/pdf": ("docs/domain/fr/docurba_BE_pasapas.pdf",),
}
"""Media type → files of the shared corpus, for what only a program can make."""
