"""Pictures → blocks: each page of a TIFF, and the one of every other kind, is recognised."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ingest.extractors.pdf import text_blocks
from ingest.extractors.pdf_facts import Facts
from ingest.extractors.proposals import propose
from ingest.extractors.recognising import (
    Page,
    lacking,
    no_text,
    notices,
    recognised,
    recognised_pages,
    refuse_without_text,
)
from ingest.mediatype import detect
from ingest.recognition.render import FORMATS
from kb.errors import Unreadable
from kb.values import Extraction

_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError)
_MOST_PAGES = 10_000


def extract(path: Path, name: str) -> Extraction:
    """Read a picture.

    Raises:
        IngestError: `Unreadable`, `NeedsOcr` or `NoText`.
    """
    count = _page_count(path)
    pages = recognised(path, [Page([], lack="picture") for _ in range(count)])
    refuse_without_text(pages)
    blocks = text_blocks(pages, Facts())
    if not blocks:
        raise no_text()
    return Extraction(
        media_type=detect(path, name),
        blocks=blocks,
        page_count=count,
        proposal=propose(title=None, authors=(), created=None, modified=None, blocks=blocks),
        notices=tuple(notices(pages)),
        recognised=recognised_pages(pages),
        lacking=lacking(pages),
    )


def _page_count(path: Path) -> int:
    """Pages of a TIFF; of an animation only the first frame is one."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            frames = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    except _UNREADABLE as error:
        raise Unreadable("The picture is damaged. Open it in a viewer, save it again and submit that.") from error
    return min(int(frames), _MOST_PAGES)
