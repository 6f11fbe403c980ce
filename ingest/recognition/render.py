"""One page as grey pixels, made in a process of its own, so that what decoding it costs is its page's."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageOps, ImageSequence

from ingest.recognition.program import run

DOTS_PER_INCH = 300
"""What Tesseract is trained for."""
MOST_PIXELS = 24_000_000
"""Pixels of a rendered page: A3 at 300 dots per inch has 17 million; larger sheets are rendered coarser."""
MOST_DECODED = 120_000_000
"""Pixels of a picture that is decoded at all; 8-bit colour takes three bytes for each."""
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
"""Kinds of picture that are opened; PIL would hand others, such as PostScript, to programs."""

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from ingest.recognition.render import main; sys.exit(main(sys.argv[1:]))"
)
_LEAST_SIDE = 1400
"""Pixels of the longer side under which letters are likely too small to be recognised."""
_INCH = 72


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page in grey, one byte for each pixel, row by row; `points` is the size of a pixel in 1/72 inch."""

    width: int
    height: int
    points: float
    pixels: bytes

    def pgm(self) -> bytes:
        """The page as a portable greymap, which Tesseract reads from a pipe."""
        return b"P5 %d %d 255\n" % (self.width, self.height) + self.pixels

    def turned(self, degrees: int) -> Sheet:
        """The page turned clockwise by a multiple of 90 degrees."""
        turned = Image.frombytes("L", (self.width, self.height), self.pixels).rotate(-degrees, expand=True)
        return Sheet(turned.width, turned.height, self.points, turned.tobytes())


def render(path: Path, number: int, *, seconds: float) -> Sheet:
    """Page `number`, counted from 1, of a file.

    Raises:
        OSError, subprocess.SubprocessError, ValueError: it cannot be rendered within the limits.
    """
    command = [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, str(_ROOT), str(path), str(number)]
    head, _, pixels = run(command, seconds=seconds).partition(b"\n")
    width, height, points = json.loads(head)
    if len(pixels) != width * height:
        raise ValueError("the page came incomplete")
    return Sheet(width, height, points, pixels)


def main(arguments: Sequence[str]) -> int:
    """Write size and pixels of a page to standard output."""
    path, number = Path(arguments[0]), int(arguments[1])
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    picture, points = _of_pdf(path, number) if is_pdf else of_picture(path, number)
    out = sys.stdout.buffer
    out.write(json.dumps([picture.width, picture.height, points]).encode() + b"\n")
    out.write(picture.tobytes())
    return 0


def _of_pdf(path: Path, number: int) -> tuple[Image.Image, float]:
    document = pdfium.PdfDocument(path)
    page = document[number - 1]
    _refuse_bombs(page)
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / _INCH, math.sqrt(MOST_PIXELS / max(1.0, width * height)))
    picture = page.render(scale=scale, grayscale=True, fill_color=(255, 255, 255, 255)).to_pil()
    return picture.convert("L"), 1 / scale


def _refuse_bombs(page: Any) -> None:
    """The sizes of the pictures are declared, so that they are known before anything is decoded."""
    for picture in page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=4):
        width, height = picture.get_px_size()
        if width * height > MOST_DECODED:
            raise ValueError(f"the page holds a picture of {width} by {height} pixels")


def of_picture(path: Path, number: int) -> tuple[Image.Image, float]:
    """A picture in grey, upright as its camera held it, at a size that suits the recogniser."""
    with Image.open(path, formats=FORMATS) as opened:
        frame = next(frame for index, frame in enumerate(ImageSequence.Iterator(opened), start=1) if index == number)
        if frame.width * frame.height > MOST_DECODED:
            # Only JPEG can be decoded at a fraction of its size.
            frame.draft("L", (frame.width // 4, frame.height // 4))
        if frame.width * frame.height > MOST_DECODED:
            raise ValueError(f"the picture has {frame.width} by {frame.height} pixels")
        grey = _on_white(ImageOps.exif_transpose(frame))
    scale = _scale(grey)
    size = max(1, round(grey.width * scale)), max(1, round(grey.height * scale))
    scaled = grey if scale == 1 else grey.resize(size, Image.Resampling.LANCZOS)
    return scaled, _INCH / DOTS_PER_INCH


def _on_white(picture: Image.Image) -> Image.Image:
    """The picture in grey, on white paper where it is transparent."""
    if picture.mode.startswith("I") or picture.mode == "F":
        low, high = picture.getextrema()
        span = max(1, high - low)  # type: ignore[operator]
        return picture.convert("F").point(lambda value: value * (255 / span) - low * (255 / span)).convert("L")  # type: ignore[operator]
    if picture.has_transparency_data:
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture.convert("RGBA"))
        return paper.convert("L")
    return picture.convert("L")


def _scale(picture: Image.Image) -> float:
    """How much larger or smaller a picture has to be."""
    longest = max(picture.size)
    larger = min(4.0, _LEAST_SIDE * 1.5 / longest) if longest < _LEAST_SIDE else 1.0
    return min(larger, math.sqrt(MOST_PIXELS / (picture.width * picture.height)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
