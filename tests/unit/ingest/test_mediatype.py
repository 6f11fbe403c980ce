"""The media type follows the content, whatever the name says."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import mediatype
from ingest.mediatype import detect
from kb.errors import Empty, Encrypted, MissingFile, Unreadable, Unsupported

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"%PDF-1.4\n%...", "lies.docx", mediatype.PDF),
        (b"\r\n junk \n%PDF-1.7 ...", "x.txt", mediatype.PDF),
        (b"<!DOCTYPE html><html><body><p>Ciao</p></body></html>", "x.txt", mediatype.HTML),
        (b"<?xml version='1.0'?>\n<!-- a --><HTML xmlns='x'><body>", "x.xml", mediatype.HTML),
        (b"<div><p>un frammento</p></div>", "x", mediatype.HTML),
        ("Un piano per la città.\n\nSecondo.".encode(), "x.txt", mediatype.TEXT),
        ("Un piano per la città.\n\nSecondo.".encode(), "x.md", mediatype.MARKDOWN),
        (b"# Titolo\n\nUn [link](https://a.eu) e **forte**.", "x.txt", mediatype.MARKDOWN),
        (b"# Piano\n\nTesto.", "x.md", mediatype.MARKDOWN),
        (b"# Piano\n\nTesto.", "x.txt", mediatype.TEXT),
        ("Città".encode("utf-16"), "x.txt", mediatype.TEXT),
        ("Una città più verde".encode("cp1252"), "x.txt", mediatype.TEXT),
        ("Plan działań na rzecz klimatu ".encode("utf-16-le") * 3, "x.txt", mediatype.TEXT),
        (b"a < b and b > c", "x.txt", mediatype.TEXT),
        (b"{\\rtf1\\ansi Ciao}", "x.doc", mediatype.RTF),
        (b"From: a@b.eu\r\nTo: c@d.eu\r\nSubject: x\r\n\r\nCiao", "x", mediatype.EML),
        (b"Von: Anna\nBetreff: Wasser\n\nEin Brief im Text.", "x.txt", mediatype.TEXT),
        (b"Subject: Water\n\nNotes of a meeting.", "x.txt", mediatype.TEXT),
        (b"a;b\n1;2\n", "x.csv", mediatype.CSV),
        (b"a;b\n1;2\n", "x.txt", mediatype.TEXT),
    ],
)
def test_content_tells(file: Callable[[bytes], Path], data: bytes, name: str, expected: str) -> None:
    assert detect(file(data), name) == expected


def test_office_containers_are_told_by_their_members(
    make_docx: Callable[[Callable[[Any], None]], Path], make_odt: Callable[..., Path]
) -> None:
    assert detect(make_docx(lambda d: d.add_paragraph("x")), "x.zip") == mediatype.DOCX
    assert detect(make_odt("<text:p>x</text:p>"), "x.docx") == mediatype.ODT


@pytest.mark.parametrize("data", [b"", b"\n \t\r\n", b"\0" * 100])
def test_nothing_is_empty(file: Callable[[bytes], Path], data: bytes) -> None:
    with pytest.raises(Empty):
        detect(file(data), "x.pdf")


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (bytes(range(256)) * 40, "binary data"),
        (bytes(range(1, 256)) * 40, "binary data"),
        (b"OggS\0\x02" + b"\0\x01" * 50, "PDF, DOCX or ODT"),
        (b"Rar!\x1a\x07\x00" + bytes(range(256)), "RAR"),
        (b"<?xml version='1.0'?><data><x/></data>", "XML"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(file: Callable[[bytes], Path], data: bytes, advice: str) -> None:
    with pytest.raises(Unsupported, match=advice) as caught:
        detect(file(data), "x.txt")
    assert "ave it as" in caught.value.message


def test_an_old_office_file_of_rubbish_is_damaged(file: Callable[[bytes], Path]) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        detect(file(OLE + b"\0" * 600), "x.doc")


def test_an_encrypted_office_file_needs_its_password_removed(file: Callable[[bytes], Path]) -> None:
    with pytest.raises(Encrypted, match="password"):
        detect(file(OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 50), "x.docx")


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("ppt/presentation.xml", mediatype.PPTX),
        ("xl/workbook.xml", mediatype.XLSX),
        ("photo.jpg", mediatype.ZIP),
        ("folder/word/document.xml", mediatype.ZIP),
    ],
)
def test_containers_are_told_by_their_members(tmp_path: Path, member: str, kind: str) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    assert detect(path, "x.docx") == kind


@pytest.mark.parametrize(("member", "kind"), [("xl/workbook.bin", "binary form"), ("Index/Document.iwa", "iWork")])
def test_other_containers_are_named(tmp_path: Path, member: str, kind: str) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(Unsupported, match=kind):
        detect(path, "x.docx")


def test_a_container_cut_short_is_damaged(file: Callable[[bytes], Path]) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        detect(file(b"PK\x03\x04" + b"abc" * 100), "x.docx")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        detect(tmp_path / "nowhere", "x")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\x01" * 50, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\x01" * 50, "image/jpeg"),
        (b"II*\0\x08\0\0\0" + b"\0" * 50, "image/tiff"),
        (b"MM\0*\0\0\0\x08" + b"\0" * 50, "image/tiff"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 50, "image/webp"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0" + b"\x01" * 50, "image/bmp"),
        (b"GIF89a" + b"\x01" * 50, "image/gif"),
        (b"BM is also how a plain text may begin, of course.", "text/plain"),
    ],
)
def test_pictures_are_told_by_how_they_begin(file: Callable[[bytes], Path], data: bytes, media_type: str) -> None:
    path = file(data)
    assert mediatype.detect(path, path.name) == media_type
