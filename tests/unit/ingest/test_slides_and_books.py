"""Presentations, Rich Text, books, letters and saved pages keep their order and structure."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.extractors import epub, extract, mail, rtf
from ingest.mediatype import EML, MHTML, RTF
from kb.errors import Encrypted, NoText, Unreadable

BOX = (Inches(1), Inches(1), Inches(4), Inches(2))
Shape = list[tuple[str, int, str]]
WriteBook = Callable[..., Path]


def shape(blocks: Any) -> Shape:
    return [(block.kind, block.level, block.text) for block in blocks]


# --- presentations --------------------------------------------------------------------------------


def _show() -> Any:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Solar schools"
    slide.placeholders[1].text = "First point\nSecond point"
    slide.notes_slide.notes_text_frame.text = "Thank the parents."
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(6), Inches(3), Inches(1)).text_frame.text = "Below the table"
    table = slide.shapes.add_table(2, 2, *BOX).table
    for cell, text in zip(table.iter_cells(), ("City", "kWh", "Graz", "400"), strict=True):
        cell.text = text
    return show


def test_slides_come_in_order_with_notes_tables_and_page_numbers(tmp_path: Path) -> None:
    _show().save(tmp_path / "x.pptx")
    extraction = extract(tmp_path / "x.pptx", "x")
    assert shape(extraction.blocks) == [
        ("heading", 1, "Solar schools"),
        ("list-item", 0, "First point"),
        ("list-item", 0, "Second point"),
        ("paragraph", 0, "Thank the parents."),
        ("heading", 1, "2"),
        ("table-row", 0, "City | kWh"),
        ("table-row", 0, "City: Graz | kWh: 400"),
        ("paragraph", 0, "Below the table"),
    ]
    assert [block.page_from for block in extraction.blocks] == [1, 1, 1, 1, 2, 2, 2, 2]
    assert extraction.page_count == 2


def test_a_chart_is_read_as_the_table_it_draws(tmp_path: Path) -> None:
    show = pptx.Presentation()
    data = CategoryChartData()
    data.categories = ["Graz", "Ulm"]
    data.add_series("Emissions 2020", (120.5, 80))
    show.slides.add_slide(show.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *BOX, data)
    show.save(tmp_path / "x.pptx")
    found = [block.text for block in extract(tmp_path / "x.pptx", "x").blocks if block.kind == "table-row"]
    assert found[1:] == ["Graz | Emissions 2020: 120.5", "Ulm | Emissions 2020: 80"]


def test_a_slide_that_cannot_be_read_costs_that_slide(tmp_path: Path) -> None:
    _show().save(tmp_path / "x.pptx")
    with zipfile.ZipFile(tmp_path / "x.pptx") as old, zipfile.ZipFile(tmp_path / "y.pptx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b'y="5486400"', b'y="somewhere"'))
    extraction = extract(tmp_path / "y.pptx", "y")
    assert "Solar schools" in [block.text for block in extraction.blocks]
    assert [(notice.code, notice.page) for notice in extraction.notices] == [("page-unreadable", 2)]


def test_an_empty_presentation_says_what_to_do(tmp_path: Path) -> None:
    pptx.Presentation().save(tmp_path / "x.pptx")
    with pytest.raises(NoText, match="PDF"):
        extract(tmp_path / "x.pptx", "x")


# --- Rich Text ------------------------------------------------------------------------------------

_RTF = r"""{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset238 Times;}{\f1\fcharset204 Times;}}
{\stylesheet{\s0 Normal;}{\s1\b\fs32 heading 1;}{\s5\outlinelevel1\i My Style;}}
{\info{\title Plan dzia\u322?a\'f1}{\creatim\yr2021\mo5\dy17}}{\header Page head}
\pard\s1\f0 Plan dzia\'b3a\'f1\par
\pard\s5 Woda {\field{\*\fldinst HYPERLINK "http://a.eu"}{\fldrslt tutaj}}\par
\pard\f0 Emissions{\footnote Fonte: Comune.} fell \u8212? by {\f1\'ef\'f0\'e8\'e2\'e5\'f2}.\par
\pard\ls1{\listtext\'b7\tab}planted trees\par
\trowd\trhdr\cellx10\cellx20\pard\intbl City\cell kWh\cell\row
\trowd\cellx10\cellx20\pard\intbl Graz\par Mitte\cell 400\cell\row
\pard The end.\par}"""


def test_rich_text_keeps_headings_lists_tables_and_notes(tmp_path: Path) -> None:
    path = tmp_path / "x.doc"
    path.write_bytes(_RTF.encode("ascii"))
    extraction = extract(path, "x.doc")
    assert extraction.media_type == RTF
    assert shape(extraction.blocks) == [
        ("heading", 1, "Plan działań"),
        ("heading", 2, "Woda tutaj"),
        ("paragraph", 0, "Emissions fell — by привет."),
        ("list-item", 0, "planted trees"),
        ("table-row", 0, "City | kWh"),
        ("table-row", 0, "City: Graz Mitte | kWh: 400"),
        ("paragraph", 0, "The end."),
        ("footnote", 0, "Fonte: Comune."),
    ]
    assert (extraction.proposal.title, extraction.proposal.created) == ("Plan działań", "2021-05-17")


def test_rich_text_without_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.rtf").write_bytes(rb"{\rtf1\ansi{\pict\pngblip 89504e47}}")
    with pytest.raises(NoText):
        rtf.extract(tmp_path / "x.rtf", "x")


# --- books ----------------------------------------------------------------------------------------

_OPF = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>Greener towns</dc:title><dc:creator>Ada Berg</dc:creator><dc:date>2020-02-01</dc:date></metadata><manifest>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="text/b%20two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
<item id="z" href="../../../etc/passwd" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/><itemref idref="z"/></spine></package>"""
_CHAPTERS = {
    "OPS/nav.xhtml": "<html><body><a href='a.xhtml'>Contents</a></body></html>",
    "OPS/text/b two.xhtml": "<html><body><h1>One</h1>"
    "<div>Water&nbsp;is <b>scarce</b><p>inside</p>after</div></body></html>",
    "OPS/a.xhtml": "<html><body><h2>Two</h2><ul><li>trees<ul><li>limes</li></ul></li></ul>"
    "<table><tr><th>City</th><th>kWh</th></tr><tr><td>Graz</td><td>400</td></tr></table></body></html>",
}


@pytest.fixture
def make_epub(tmp_path: Path) -> WriteBook:
    def make(extra: Mapping[str, str] | None = None) -> Path:
        path = tmp_path / "x.epub"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/epub+zip")
            archive.writestr(
                "META-INF/container.xml",
                '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                '<rootfile full-path="OPS/p.opf"/></rootfiles></container>',
            )
            for name, text in {"OPS/p.opf": _OPF, **_CHAPTERS, **(extra or {})}.items():
                archive.writestr(name, text)
        return path

    return make


def test_chapters_come_in_the_order_of_the_spine(make_epub: WriteBook) -> None:
    extraction = extract(make_epub(), "x")
    assert shape(extraction.blocks) == [
        ("heading", 1, "One"),
        ("paragraph", 0, "Water is scarce"),
        ("paragraph", 0, "inside"),
        ("paragraph", 0, "after"),
        ("heading", 2, "Two"),
        ("list-item", 0, "trees"),
        ("list-item", 0, "limes"),
        ("table-row", 0, "City | kWh"),
        ("table-row", 0, "City: Graz | kWh: 400"),
    ]
    assert extraction.proposal.title == "Greener towns"
    assert extraction.proposal.authors == ("Ada Berg",)
    assert [notice.code for notice in extraction.notices] == ["page-unreadable"], "a path out of the book leads nowhere"


@pytest.mark.parametrize(
    ("algorithm", "is_refused"),
    [("http://www.w3.org/2001/04/xmlenc#aes128-cbc", True), ("http://www.idpf.org/2008/embedding", False)],
)
def test_a_book_under_rights_management_is_encrypted(make_epub: WriteBook, algorithm: str, is_refused: bool) -> None:
    path = make_epub(
        {
            "META-INF/encryption.xml": '<e xmlns="http://www.w3.org/2001/04/xmlenc#">'
            f'<EncryptionMethod Algorithm="{algorithm}"/></e>'
        }
    )
    if is_refused:
        with pytest.raises(Encrypted):
            epub.extract(path, "x")
    else:
        assert epub.extract(path, "x").blocks


# --- letters and saved pages ----------------------------------------------------------------------


def _letter() -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = "RE: Piano del clima à Forlì"
    letter["From"], letter["To"] = "Anna Bianchi <anna@example.org>", "rossi@example.org"
    letter["Date"] = "Mon, 17 May 2021 10:00:00 +0200"
    letter.set_content("Il testo semplice.\n")
    letter.add_alternative(
        "<p>Il testo <img src='cid:logo'></p><ul><li>con elenco</li></ul>", subtype="html", charset="iso-8859-1"
    )
    return letter


def test_a_letter_keeps_subject_date_and_body_but_no_names(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(_letter().as_bytes())
    extraction = extract(path, "x")
    assert extraction.media_type == EML
    assert shape(extraction.blocks) == [
        ("heading", 1, "Piano del clima à Forlì"),
        ("paragraph", 0, "Il testo"),
        ("list-item", 0, "con elenco"),
    ]
    assert (extraction.proposal.title, extraction.proposal.created) == ("Piano del clima à Forlì", "2021-05-17")
    assert not any("anna" in repr(part).lower() or "rossi" in repr(part) for part in (extraction,))


def test_attachments_are_documents_and_pictures_of_the_letter_are_not(tmp_path: Path) -> None:
    letter = _letter()
    html_part = next(part for part in letter.walk() if part.get_content_type() == "text/html")
    html_part.add_related(b"\x89PNG", "image", "png", cid="<logo>")
    letter.add_attachment(b"%PDF-1.4 ...", maintype="application", subtype="pdf", filename="../../Piano à.pdf")
    letter.add_attachment("note", filename="note.txt")
    letter.add_attachment(_letter())
    path = tmp_path / "x.eml"
    path.write_bytes(letter.as_bytes())
    assert [one.name for one in extract(path, "x.eml").members] == [
        "Piano à.pdf",
        "note.txt",
        "RE: Piano del clima à Forlì.eml",
    ]
    names_and_bytes = {name: opened().read() for name, opened in mail.contents(path)}
    assert names_and_bytes["Piano à.pdf"] == b"%PDF-1.4 ..."
    assert b"Il testo semplice" in names_and_bytes["RE: Piano del clima à Forlì.eml"]


def test_an_encrypted_letter_is_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(
        b"From: a@b.eu\nSubject: x\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime; "
        b'smime-type=enveloped-data; name="smime.p7m"\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3\n'
    )
    with pytest.raises(Encrypted):
        mail.extract(path, "x")


def test_letters_within_letters_without_end_do_not_crash(tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    path.write_bytes(b"From: a@b.eu\nSubject: x\nMIME-Version: 1.0\n" + nested + b"\ntext\n")
    with pytest.raises((Unreadable, NoText)):
        mail.extract(path, "x")


def test_a_saved_page_is_read_as_the_page_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.mht"
    sentence = "La città raccoglie la pioggia dai tetti delle scuole."
    body = f"<html><body><main><h1>Acqua</h1><p>{sentence}</p></main></body></html>"
    path.write_bytes(
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.eu/x\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n'
        b"Content-Transfer-Encoding: 8bit\r\n\r\n"
        + body.encode()
        + b"\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--"
    )
    extraction = extract(path, "x")
    assert extraction.media_type == MHTML
    assert sentence in [block.text for block in extraction.blocks]
