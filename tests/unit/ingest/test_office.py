"""DOCX and ODT keep headings, lists and tables in document order, and nothing hidden."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest import container
from ingest.extractors import docx, odt
from kb.errors import Encrypted, NoText, TooLarge, Unreadable

MakeDocx = Callable[[Callable[[Any], None]], Path]
MakeOdt = Callable[..., Path]
Shape = list[tuple[str, int, str]]


def shape(blocks: Any) -> Shape:
    return [(block.kind, block.level, block.text) for block in blocks]


def _table(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(len(rows), len(rows[0]))
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text


def test_docx_blocks_come_in_document_order(make_docx: MakeDocx) -> None:
    def fill(document: Any) -> None:
        document.add_heading("Piano", 0)
        document.add_heading("Acqua", 1)
        document.add_paragraph("Prima della tabella.")
        _table(document, [["Azione", "Anno"], ["Alberi", "2021"], ["Cortili", "2022"]])
        document.add_paragraph("Un punto", style="List Bullet")
        document.core_properties.title = "Piano del clima"
        document.core_properties.author = "Ufficio Ambiente; Anna Bianchi"

    extraction = docx.extract(make_docx(fill), "x")
    assert shape(extraction.blocks) == [
        ("heading", 1, "Piano"),
        ("heading", 1, "Acqua"),
        ("paragraph", 0, "Prima della tabella."),
        ("table-row", 0, "Azione | Anno"),
        ("table-row", 0, "Azione: Alberi | Anno: 2021"),
        ("table-row", 0, "Azione: Cortili | Anno: 2022"),
        ("list-item", 0, "Un punto"),
    ]
    assert extraction.proposal.title == "Piano del clima"
    assert extraction.proposal.authors == ("Ufficio Ambiente", "Anna Bianchi")


def test_docx_content_controls_revisions_and_text_boxes_are_read(make_docx: MakeDocx) -> None:
    markup = (
        "<w:sdt {ns}><w:sdtContent><w:p><w:r><w:t>in un controllo</w:t></w:r>"
        "<w:ins><w:r><w:t xml:space='preserve'> aggiunto</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>tolto</w:delText></w:r></w:del>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>nel riquadro</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
        "</w:p></w:sdtContent></w:sdt>"
    ).format(ns=nsdecls("w"))

    def fill(document: Any) -> None:
        document.element.body.insert(0, parse_xml(markup))

    assert [block.text for block in docx.extract(make_docx(fill), "x").blocks] == [
        "in un controllo aggiunto",
        "nel riquadro",
    ]


def test_docx_merged_cells_are_read_once(make_docx: MakeDocx) -> None:
    def fill(document: Any) -> None:
        table = document.add_table(2, 3)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "unita"
        table.cell(0, 2).text = "sola"
        table.cell(1, 0).text = "sotto"

    assert [block.text for block in docx.extract(make_docx(fill), "x").blocks] == ["unita | sola", "sotto"]


def test_docx_table_of_contents_is_left_out(make_docx: MakeDocx) -> None:
    def fill(document: Any) -> None:
        document.styles.add_style("toc 1", 1)
        document.add_paragraph("Acqua 12", style="toc 1")
        document.add_paragraph("Testo.")

    assert [block.text for block in docx.extract(make_docx(fill), "x").blocks] == ["Testo."]


def test_docx_without_text_says_so(make_docx: MakeDocx) -> None:
    with pytest.raises(NoText):
        docx.extract(make_docx(lambda _: None), "x")


def test_docx_with_damaged_markup_is_unreadable(make_docx: MakeDocx, tmp_path: Path) -> None:
    source, broken = make_docx(lambda d: d.add_paragraph("x")), tmp_path / "broken.docx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[: 200 if name == "word/document.xml" else None])
    with pytest.raises(Unreadable, match="damaged"):
        docx.extract(broken, "x")


def test_a_container_that_unpacks_to_gigabytes_is_refused_before_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "XML_LIMIT", 1_000_000)
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", b"<w>" + b" " * 5_000_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(TooLarge, match="MB"):
        docx.extract(path, "x")


def test_odt_blocks_come_in_document_order(make_odt: MakeOdt) -> None:
    path = make_odt(
        '<text:h text:outline-level="2">Acqua<text:s/>piovana</text:h>'
        "<text:p>Un <text:span>parco</text:span><text:tab/>nuovo"
        "<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>Fonte: Comune.</text:p></text:note-body></text:note>.</text:p>"
        "<text:list><text:list-item><text:p>primo</text:p></text:list-item></text:list>"
        "<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Azione</text:p>"
        "</table:table-cell><table:table-cell><text:p>Anno</text:p></table:table-cell></table:table-row>"
        "</table:table-header-rows><table:table-row><table:table-cell><text:p>Alberi</text:p></table:table-cell>"
        "<table:table-cell><text:p>2021</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert shape(odt.extract(path, "x").blocks) == [
        ("heading", 2, "Acqua piovana"),
        ("paragraph", 0, "Un parco nuovo."),
        ("list-item", 0, "primo"),
        ("table-row", 0, "Azione | Anno"),
        ("table-row", 0, "Azione: Alberi | Anno: 2021"),
        ("footnote", 0, "Fonte: Comune."),
    ]


def test_odt_entities_are_refused_not_expanded(make_odt: MakeOdt) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    path = make_odt("<text:p>&l8;</text:p>", dtd=f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]>')
    with pytest.raises(Unreadable, match=r"entities|damaged"):
        odt.extract(path, "x")


def test_odt_external_entities_are_not_followed(make_odt: MakeOdt, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    path = make_odt("<text:p>a&x;b</text:p>", dtd=f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>')
    with pytest.raises(Unreadable, match="entities"):
        odt.extract(path, "x")


def test_odt_with_a_password_is_told(make_odt: MakeOdt) -> None:
    manifest = '<m:manifest xmlns:m="x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(Encrypted, match="password"):
        odt.extract(make_odt("<text:p>x</text:p>", extra={"META-INF/manifest.xml": manifest}), "x")


def test_odt_padding_cells_do_not_explode(make_odt: MakeOdt) -> None:
    cell = '<table:table-cell table:number-columns-repeated="999999999"/>'
    row = f"<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>{cell}</table:table-row>"
    assert [b.text for b in odt.extract(make_odt(f"<table:table>{row * 2}</table:table>"), "x").blocks] == ["a", "a"]
