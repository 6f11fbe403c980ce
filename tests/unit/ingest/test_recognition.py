"""Pages whose text cannot be used are recognised; without a recogniser they say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest import extractors
from ingest.extractors import pdf, picture
from ingest.recognition import program
from ingest.recognition.program import Program
from ingest.sandbox import Limits, read
from kb.errors import NeedsOcr, NoText, Unreadable

Make = Callable[..., Path]

if not os.environ.get("CI") and shutil.which("tesseract") is None:
    pytest.skip("needs Tesseract", allow_module_level=True)

# A font that comes with reportlab and has the accents of western Europe.
LETTERS = ImageFont.truetype(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"), 28)
ITALIAN = [
    "Il Comune ha deciso di piantare alberi lungo tutte le strade",
    "del centro storico e di aprire i cortili delle scuole nei mesi",
    "in cui fa più caldo, perché i bambini possano giocare all'ombra.",
    "La spesa complessiva è stata di 48.000 euro in due anni.",
]
GERMAN = [
    "Die Gemeinde hat beschlossen, entlang aller Straßen der",
    "Altstadt Bäume zu pflanzen und die Schulhöfe in den heißen",
    "Monaten für die Bevölkerung der Stadt zu öffnen.",
    "Die Kosten betrugen in zwei Jahren insgesamt 48.000 Euro.",
]


@pytest.fixture(scope="module", autouse=True)
def _one_page_may_take_long() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KB_OCR_SECONDS", "600")
        yield


def drawn(lines: Sequence[str], *, size: tuple[int, int] = (1240, 700), ink: int = 0) -> Image.Image:
    """A page as a scanner gives it, 150 dots per inch."""
    page = Image.new("L", size, 255)
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((80, 80 + 60 * row), line, fill=ink, font=LETTERS)
    return page


def scanned(path: Path, *pages: Image.Image) -> Path:
    canvas = Canvas(str(path))
    for page in pages:
        width, height = page.width * 72 / 150, page.height * 72 / 150
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(page), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return path


def words(text: str) -> set[str]:
    return {word.strip(".,;").lower() for word in text.split()}


def share_found(lines: Sequence[str], text: str) -> float:
    wanted = words(" ".join(lines))
    return len(wanted & words(text)) / len(wanted)


def text_of(extraction: Any) -> str:
    return " ".join(block.text for block in extraction.blocks)


def test_scanned_pages_are_read_each_in_its_language(tmp_path: Path) -> None:
    path = scanned(tmp_path / "scan.pdf", drawn(ITALIAN), drawn(GERMAN))
    before = path.read_bytes()
    found = pdf.extract(path, path.name)
    assert share_found(ITALIAN, text_of(found)) > 0.9
    assert share_found(GERMAN, text_of(found)) > 0.9
    assert [(page.page, page.language) for page in found.recognised] == [(1, "it"), (2, "de")]
    assert all(page.confidence > 0.8 for page in found.recognised)
    assert {block.page_from for block in found.blocks} == {1, 2}
    assert (found.lacking, found.notices) == (0, ())
    assert path.read_bytes() == before


@pytest.mark.parametrize("turn", [90, 180])
def test_a_page_that_lies_on_its_side_or_head_is_turned(tmp_path: Path, turn: int) -> None:
    page = drawn([*ITALIAN, *ITALIAN, *ITALIAN], size=(1240, 900)).rotate(turn, expand=True)
    found = pdf.extract(scanned(tmp_path / "turned.pdf", page), "turned.pdf")
    assert share_found(ITALIAN, text_of(found)) > 0.9


def outlined(path: Path, lines: Sequence[str]) -> Path:
    """A PDF that draws its letters as shapes: a rectangle for each run of ink, as if a plotter had drawn them."""
    page = drawn(lines)
    canvas = Canvas(str(path), pagesize=(595, 336))
    scale = 595 / page.width
    for row, line in enumerate(lines):
        top, left = 80 + 60 * row, 80
        for word in line.split(" "):
            width = int(LETTERS.getlength(word + " "))
            shape = canvas.beginPath()
            for y in range(top, top + 50):
                run = None
                for x in range(left, left + width + 1):
                    dark = x < left + width and page.getpixel((x, y)) < 128
                    if dark and run is None:
                        run = x
                    elif not dark and run is not None:
                        shape.rect(run * scale, 336 - (y + 1) * scale, (x - run) * scale, scale)
                        run = None
            canvas.drawPath(shape, stroke=0, fill=1)
            left += width
    canvas.save()
    return path


def test_letters_drawn_as_shapes_are_read(tmp_path: Path) -> None:
    path = outlined(tmp_path / "outlines.pdf", ITALIAN)
    found = pdf.extract(path, path.name)
    assert share_found(ITALIAN, text_of(found)) > 0.8


def test_a_garbled_text_layer_is_replaced_by_what_can_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "garbled.pdf"
    canvas = Canvas(str(path), pagesize=(595, 336))
    canvas.drawImage(ImageReader(drawn(ITALIAN)), 0, 0, 595, 336)
    hidden = canvas.beginText(40, 290)
    hidden.setTextRenderMode(3)
    for line in ITALIAN:
        hidden.textLine("".join(chr(ord(char) - 29) if "a" <= char <= "z" else char for char in line))
    canvas.drawText(hidden)
    canvas.save()
    found = pdf.extract(path, path.name)
    assert share_found(ITALIAN, text_of(found)) > 0.9
    assert [page.page for page in found.recognised] == [1]


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp", "gif"])
def test_pictures_are_documents(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"foto.{kind}"
    drawn(ITALIAN).save(path)
    found = extractors.extract(path, path.name)
    assert found.media_type.startswith("image/")
    assert share_found(ITALIAN, text_of(found)) > 0.9


def test_a_tiff_has_pages_and_a_transparent_picture_white_paper(tmp_path: Path) -> None:
    tiff = tmp_path / "fax.tif"
    drawn(ITALIAN).convert("1").save(tiff, save_all=True, append_images=[drawn(GERMAN).convert("1")])
    found = picture.extract(tiff, tiff.name)
    assert (found.page_count, [page.language for page in found.recognised]) == (2, ["it", "de"])
    clear = tmp_path / "clear.png"
    page = drawn(ITALIAN)
    Image.merge("LA", (Image.new("L", page.size, 0), page.point(lambda value: 255 - value))).save(clear)
    assert share_found(ITALIAN, text_of(picture.extract(clear, clear.name))) > 0.9


def test_a_picture_without_letters_has_no_text(tmp_path: Path) -> None:
    path = tmp_path / "foto.png"
    Image.radial_gradient("L").save(path)
    with pytest.raises(NoText):
        picture.extract(path, path.name)


def test_a_damaged_picture_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "foto.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"nothing of the kind" * 9)
    with pytest.raises(Unreadable):
        picture.extract(path, path.name)


def test_a_picture_bomb_costs_its_page(tmp_path: Path) -> None:
    path = scanned(tmp_path / "bomb.pdf", drawn(ITALIAN), Image.new("L", (1234, 567)))
    # The size is only declared: a picture of this many pixels fits into a few bytes.
    bomb = path.read_bytes().replace(b"/Height 567", b"/Height 9999999")
    assert b"/Height 9999999" in bomb
    path.write_bytes(bomb)
    found = read(path, path.name, Limits(memory_mb=1024, seconds=600))
    assert share_found(ITALIAN, text_of(found)) > 0.9
    assert [(notice.code, notice.page) for notice in found.notices] == [("page-not-recognised", 2)]


def test_without_the_program_the_pages_wait_and_other_text_stays(
    tmp_path: Path, make_pdf: Make, column: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(program.VARIABLE, "")
    with pytest.raises(NeedsOcr, match="Tesseract") as caught:
        read(scanned(tmp_path / "scan.pdf", drawn(ITALIAN)), "scan.pdf", Limits(seconds=600))
    assert caught.value.facts == {"pages": 1}
    found = pdf.extract(make_pdf(column(ITALIAN), None), "mixed.pdf")
    assert share_found(ITALIAN, text_of(found)) == 1
    assert found.lacking == 1
    assert [(notice.code, notice.page) for notice in found.notices] == [("page-needs-ocr", 2)]


def test_what_is_read_in_a_script_depends_on_the_languages_installed() -> None:
    installed = Program("tesseract", "5.3.0", ("deu", "ell", "ita", "ukr"), tells_scripts=True)
    assert installed.latin() == "ita+deu"
    assert (installed.of_script("Greek"), installed.of_script("Cyrillic")) == ("ell", "ukr")
    assert (installed.of_script("Arabic"), installed.of_language("fr")) == ("", "")
