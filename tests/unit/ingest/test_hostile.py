"""Files that climb out, reach out or blow up end in a sentence, and nothing outside them is opened."""

from __future__ import annotations

import shutil
import socket
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest import container, mediatype, members
from ingest.extractors import archive, extract, oldoffice
from ingest.sandbox import Limits, read
from kb.errors import Empty, Encrypted, IngestError, NeedsOffice, TooLarge, Unreadable
from kb.values import Member

SONG = "the canary sings at midnight"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
    "quadratic": f'<!DOCTYPE x [<!ENTITY l9 "{"a" * 100_000}">]>',
    "local file": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file://{canary}">]>',
    "network": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "http://127.0.0.1:{port}/x.dtd">]>',
}
OFFICE = [("a.docx", "word/document.xml"), ("a.xlsx", "xl/worksheets/sheet1.xml"), ("a.pptx", "ppt/slides/slide1.xml")]


class Listener:
    """A server on this machine that must never be called."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def was_called(self) -> bool:
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    assert not one.was_called(), "something was fetched from the network"
    one.close()


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "canary.txt"
    path.write_text(SONG)
    return path


def text_of(path: Path, name: str) -> str:
    """What is read of a file in the sandbox, which must not hold the canary's song; its error otherwise."""
    try:
        text = " ".join(block.text for block in read(path, name, Limits(seconds=60)).blocks)
    except IngestError as error:
        return error.code
    assert SONG not in text
    return text


def test_the_listener_would_notice(listener: Listener) -> None:
    socket.create_connection(("127.0.0.1", listener.port)).close()
    assert listener.was_called()


# --- markup ---------------------------------------------------------------------------------------


def _office(tmp_path: Path) -> dict[str, Path]:
    import docx
    import openpyxl

    document, book, show = docx.Document(), openpyxl.Workbook(), pptx.Presentation()
    document.add_paragraph("words")
    book.active.append(["words", "more"])
    show.slides.add_slide(show.slide_layouts[5]).shapes.title.text = "words"
    document.save(str(tmp_path / "a.docx"))
    book.save(tmp_path / "a.xlsx")
    show.save(str(tmp_path / "a.pptx"))
    return {name: tmp_path / name for name, _ in OFFICE}


def _with_doctype(path: Path, member: str, doctype: str) -> None:
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    head, _, body = parts[member].partition(b"?>")
    if not body:
        head, body = b"<?xml version='1.0'", head
    parts[member] = head + b"?>" + doctype.encode() + body.replace(b"words", b"&l9;")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)


@pytest.mark.parametrize("kind", list(BOMBS))
@pytest.mark.parametrize("part", OFFICE)
def test_entities_in_office_files_are_refused(
    tmp_path: Path, canary: Path, listener: Listener, kind: str, part: tuple[str, str]
) -> None:
    name, member = part
    path = _office(tmp_path)[name]
    doctype = BOMBS[kind].replace("{canary}", str(canary)).replace("{port}", str(listener.port))
    _with_doctype(path, member, doctype)
    with pytest.raises(Unreadable, match="entities"):
        extract(path, name)


@pytest.mark.parametrize("kind", list(BOMBS))
def test_entities_in_opendocument_are_refused(
    make_odt: Callable[..., Path], canary: Path, listener: Listener, kind: str
) -> None:
    doctype = BOMBS[kind].replace("{canary}", str(canary)).replace("{port}", str(listener.port))
    with pytest.raises(Unreadable, match="entities"):
        extract(make_odt("<text:p>&l9;</text:p>", dtd=doctype), "x")


@pytest.mark.parametrize("kind", list(BOMBS))
def test_entities_in_pages_are_only_words(tmp_path: Path, canary: Path, listener: Listener, kind: str) -> None:
    doctype = BOMBS[kind].replace("{canary}", str(canary)).replace("{port}", str(listener.port))
    path = tmp_path / "x.html"
    path.write_text(
        f"{doctype.replace('DOCTYPE x', 'DOCTYPE html')}<html><body><p>A sentence &l9; here.</p></body></html>"
    )
    assert len(text_of(path, "x.html")) < 300_000


def test_a_drawing_is_not_opened(tmp_path: Path, canary: Path, listener: Listener) -> None:
    path = tmp_path / "x.svg"
    path.write_text(
        f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{listener.port}/"/>'
        f'<image href="file://{canary}"/></svg>'
    )
    assert text_of(path, "x.svg") == "unsupported"


def test_links_in_pages_and_letters_are_not_followed(tmp_path: Path, canary: Path, listener: Listener) -> None:
    address = f"http://127.0.0.1:{listener.port}/x"
    page = (
        f'<html><head><base href="{address}"><link rel="stylesheet" href="{address}.css"><script src="{address}.js">'
        f'</script><meta http-equiv="refresh" content="0;url={address}"></head><body>'
        "<p>Water is collected from roofs.</p>"
        f'<img src="{address}.png"><img src="file://{canary}"><iframe src="file://{canary}"></iframe>'
        f'<object data="file://{canary}"></object><embed src="{address}"></body></html>'
    )
    (tmp_path / "x.html").write_text(page)
    head = "From: a@b.eu\nTo: c@d.eu\nSubject: Roofs\nMIME-Version: 1.0\n"
    (tmp_path / "x.eml").write_text(
        f'{head}Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/html\n\n{page}\n--b\n'
        f'Content-Type: message/external-body; access-type=local-file; name="{canary}"\n\n'
        "Content-Type: text/plain\n\n--b--\n"
    )
    assert "Water is collected" in text_of(tmp_path / "x.html", "x.html")
    assert "Water is collected" in text_of(tmp_path / "x.eml", "x.eml")


def test_links_in_office_files_are_not_followed(
    make_docx: Callable[[Callable[[Any], None]], Path], canary: Path, listener: Listener
) -> None:
    address = f"http://127.0.0.1:{listener.port}/x"
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

    def fill(document: Any) -> None:
        document.add_paragraph("Roofs collect water.")
        for kind, target in (("image", address), ("attachedTemplate", address), ("oleObject", f"file://{canary}")):
            document.part.relate_to(target, base + kind, is_external=True)
        link = document.part.relate_to(f"file://{canary}", base + "image", is_external=True)
        document.element.body.insert(
            0,
            parse_xml(
                f'<w:p {nsdecls("w", "a", "r")}><w:r><w:instrText> INCLUDETEXT "{canary}" </w:instrText><w:drawing>'
                f'<a:blip r:link="{link}"/></w:drawing></w:r></w:p>'
            ),
        )

    assert "Roofs collect water." in text_of(make_docx(fill), "x.docx")


@pytest.mark.skipif(oldoffice.program() is None, reason="needs LibreOffice")
def test_libreoffice_follows_nothing_and_writes_only_where_it_may(
    tmp_path: Path, canary: Path, listener: Listener
) -> None:
    source = tmp_path / "x.rtf"
    source.write_text(
        r"{\rtf1\ansi Roofs collect water.\par{\field{\*\fldinst INCLUDEPICTURE "
        rf'"http://127.0.0.1:{listener.port}/x.png" \\d}}{{\fldrslt }}}}'
        rf'{{\field{{\*\fldinst INCLUDETEXT "{canary}"}}{{\fldrslt }}}}\par}}'
    )
    folder = tmp_path / "work"
    folder.mkdir()
    before = set(tmp_path.iterdir())
    converted = oldoffice.convert(source, folder, "odt")
    text = " ".join(block.text for block in extract(converted, "x").blocks)
    assert "Roofs collect water." in text
    assert SONG not in text
    assert set(tmp_path.iterdir()) == before


@pytest.mark.skipif(oldoffice.program() is None, reason="needs LibreOffice")
def test_libreoffice_fetches_nothing_even_where_the_network_cannot_be_taken_from_it(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the settings left out it fetches this picture."""
    monkeypatch.setattr(oldoffice, "_shield", lambda: ())
    (tmp_path / "x.html").write_text(
        f'<html><body><p>Roofs</p><img src="http://127.0.0.1:{listener.port}/x.png"></body></html>'
    )
    (tmp_path / "work").mkdir()
    assert oldoffice.convert(tmp_path / "x.html", tmp_path / "work", "odt").exists()


@pytest.mark.skipif(oldoffice.program() is None, reason="needs LibreOffice")
@pytest.mark.parametrize(("name", "suffix"), [("a.docx", "doc"), ("a.xlsx", "xls"), ("a.pptx", "ppt")])
def test_old_office_files_are_read_in_the_sandbox(tmp_path: Path, name: str, suffix: str) -> None:
    source = _office(tmp_path)[name]
    (tmp_path / "work").mkdir()
    old = oldoffice.convert(source, tmp_path / "work", suffix)
    extraction = read(old, f"x.{suffix}", Limits())
    assert extraction.media_type in mediatype.OLD_OFFICE
    assert "words" in " ".join(block.text for block in extraction.blocks)


def test_without_libreoffice_an_old_file_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NeedsOffice, match="LibreOffice"):
        oldoffice.convert(tmp_path / "x.doc", tmp_path, "odt")


# --- archives -------------------------------------------------------------------------------------


def packed(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, str | bytes]) -> Path:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\a\\plan.pdf", "Users/a/plan.pdf"),
        ("c:plan.pdf", "plan.pdf"),
        ("\\\\server\\share\\plan.pdf", "server/share/plan.pdf"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("plan.pdf\0.exe", "plan.pdf"),
        ("a\nb\x1b[31m.txt", "ab[31m.txt"),
        ("..", ""),
    ],
)
def test_names_become_labels_that_lead_nowhere(name: str, expected: str) -> None:
    assert members.cleaned(name) == expected


def test_links_system_files_and_empty_members_are_left_out_and_said(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    path = packed(
        tmp_path,
        ("plan.txt", "words"),
        (link, "/etc/passwd"),
        ("__MACOSX/._plan.txt", "x"),
        (".DS_Store", "x"),
        ("a/Thumbs.db", "x"),
        ("~$plan.docx", "x"),
        ("nothing.txt", ""),
    )
    told = {one.name: one.code for one in archive.extract(path, "x").members}
    assert told == {"plan.txt": None, "nothing.txt": "empty"} | dict.fromkeys(
        ("link.txt", "__MACOSX/._plan.txt", ".DS_Store", "a/Thumbs.db", "~$plan.docx"), "no-document"
    )
    assert [name for name, _ in archive.contents(path)] == ["plan.txt"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_the_same_name_are_both_read(tmp_path: Path) -> None:
    path = packed(tmp_path, ("plan.txt", "one"), ("plan.txt", "two"), ("./plan.txt", "three"))
    found = {name: opened().read() for name, opened in archive.contents(path)}
    assert found == {"plan.txt": b"one", "plan (2).txt": b"two", "plan (3).txt": b"three"}


def _encrypted(path: Path) -> Path:
    """The archive with its first member marked as encrypted, in both places."""
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    return path


def test_encrypted_members_are_told_and_an_encrypted_archive_is_encrypted(tmp_path: Path) -> None:
    some = archive.extract(_encrypted(packed(tmp_path, ("a.txt", "words"), ("b.txt", "words"))), "x").members
    assert [one.code for one in some] == ["encrypted", None]
    with pytest.raises(Encrypted):
        archive.extract(_encrypted(packed(tmp_path, ("a.txt", "words"))), "x")


def test_an_archive_without_documents_is_empty(tmp_path: Path) -> None:
    with pytest.raises(Empty):
        archive.extract(packed(tmp_path, (".DS_Store", "x")), "x")


def test_a_member_that_unpacks_to_far_more_is_refused_unopened(tmp_path: Path) -> None:
    path = packed(tmp_path, ("bomb.txt", bytes(40 << 20)))
    assert path.stat().st_size < 100_000
    with pytest.raises(TooLarge, match="own size"):
        archive.extract(path, "x")


@pytest.mark.parametrize(("limit", "value"), [("MOST_MEMBERS", 2), ("MOST_BYTES", 10)])
def test_too_many_or_too_large_members_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(members, limit, value)
    with pytest.raises(TooLarge, match="Divide"):
        archive.extract(packed(tmp_path, *((f"{n}.txt", "words") for n in range(3))), "x")


def test_a_size_that_lies_yields_no_more_than_it_says(tmp_path: Path) -> None:
    path = packed(tmp_path, ("a.txt", "x" * 10_000), ("b.txt", "words"))
    data = path.read_bytes()
    path.write_bytes(data.replace((10_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    kept: list[bytes] = []

    def keep(source: Any) -> tuple[str, int]:
        whole = b""
        while part := source.read(1 << 20):
            whole += part
        kept.append(whole)
        return "0" * 64, len(whole)

    found = read(path, "x.zip", Limits(), keep=keep).members
    assert [(one.name, one.code) for one in found] == [("a.txt", "unreadable"), ("b.txt", None)]
    assert kept == [b"words"]


def test_without_somebody_to_keep_them_members_are_only_listed(tmp_path: Path) -> None:
    found = read(packed(tmp_path, ("a.txt", "words")), "x.zip", Limits()).members
    assert found == (Member(name="a.txt", size=5),)


def test_an_office_file_of_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _office(tmp_path)["a.docx"]
    monkeypatch.setattr(container, "WHOLE_LIMIT", 1000)
    with pytest.raises(TooLarge):
        extract(path, "x")


@pytest.mark.parametrize("cut", [10, 30, 60])
def test_half_an_archive_is_damaged(tmp_path: Path, cut: int) -> None:
    path = packed(tmp_path, ("a.txt", "words" * 100))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(Unreadable, match="damaged"):
        extract(path, "x.zip")
