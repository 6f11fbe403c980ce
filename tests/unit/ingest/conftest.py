"""Makers of small files in the formats that are read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

Text = tuple[float, float, str] | tuple[float, float, str, str, float]
"""x, y from the page's foot, the text, and when not Helvetica 11 the font and size."""
MakePdf = Callable[..., Path]


@pytest.fixture
def make_pdf(tmp_path: Path) -> MakePdf:
    """Write a PDF from pages of placed texts; a page `None` is a picture, `[]` is blank."""

    def make(
        *pages: Sequence[Text] | None,
        encrypt: StandardEncryption | None = None,
        outline: Sequence[tuple[str, int, int]] = (),
        title: str | None = None,
        name: str = "sample.pdf",
    ) -> Path:
        path = tmp_path / name
        canvas = Canvas(str(path), pagesize=(595, 842), encrypt=encrypt)
        canvas.setTitle(title or "untitled")
        for number, page in enumerate(pages, start=1):
            for entry, level, at in outline:
                if at == number:
                    canvas.bookmarkPage(entry)
                    canvas.addOutlineEntry(entry, entry, level - 1)
            if page is None:
                canvas.drawImage(ImageReader(Image.new("RGB", (60, 80), "grey")), 0, 0, 595, 842)
            for x, y, text, *font in page or ():
                canvas.setFont(*(font or ("Helvetica", 11)))
                canvas.drawString(x, y, text)
            canvas.showPage()
        canvas.save()
        return path

    return make


def column(lines: Sequence[str], *, x: float = 70, top: float = 760, step: float = 13) -> list[Text]:
    """Lines one under the other."""
    return [(x, top - step * index, line) for index, line in enumerate(lines)]


@pytest.fixture(name="column")
def column_fixture() -> Callable[..., list[Text]]:
    return column


@pytest.fixture
def make_docx(tmp_path: Path) -> Callable[[Callable[[object], None]], Path]:
    """Write a DOCX that a function fills."""

    def make(fill: Callable[[object], None]) -> Path:
        document = docx.Document()
        fill(document)
        path = tmp_path / "sample.docx"
        document.save(str(path))
        return path

    return make


_ODT_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><office:body><office:text>'
)


@pytest.fixture
def make_odt(tmp_path: Path) -> Callable[..., Path]:
    """Write an ODT with the given markup as its text, and a DTD before it if wanted."""

    def make(body: str, *, dtd: str = "", extra: dict[str, str] | None = None) -> Path:
        path = tmp_path / "sample.odt"
        content = f'<?xml version="1.0"?>{dtd}{_ODT_HEAD}{body}</office:text></office:body></office:document-content>'
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
            archive.writestr("content.xml", content)
            for member, text in (extra or {}).items():
                archive.writestr(member, text)
        return path

    return make
