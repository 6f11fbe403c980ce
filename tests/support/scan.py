"""Pages as a scanner gives them: pictures of text in a PDF that has no text of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LETTERS = ImageFont.truetype(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"), 28)
"""A font that comes with reportlab and has the accents of western Europe."""

SIZE = (1240, 1754)
"""A4 at 150 dots per inch."""


def scan(path: Path, lines: Sequence[str]) -> Path:
    """A PDF of one page that is nothing but a picture of these lines."""
    page = Image.new("L", SIZE, 255)
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((110, 140 + 60 * row), line, fill=0, font=LETTERS)
    canvas = Canvas(str(path), pagesize=A4)
    canvas.drawImage(ImageReader(page), 0, 0, *A4)
    canvas.save()
    return path
