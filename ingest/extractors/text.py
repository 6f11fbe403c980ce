"""Plain text → paragraphs, divided by blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.cleaning import Lexicon, characters, unwrap
from ingest.decoding import decode
from ingest.mediatype import TEXT
from kb.errors import NoText, Unsupported
from kb.values import Block, Extraction

_BLANK = re.compile(r"\n[ \t]*\n")
_ITEM = re.compile(r"^\s*(?:[•*·–-]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+(?=\S)")
_BULLET = re.compile(r"^\s*[•*·–-]\s+")
_RULE = re.compile(r"^[\W_]*$")
_LONG_LINE = 300
"""Lines longer than this were never wrapped: each is a paragraph."""


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a text file.

    Raises:
        IngestError: `Unsupported` when the bytes are no text, `NoText` when there is nothing to read.
    """
    blocks = tuple(paragraphs(read_text(path)))
    if not blocks:
        raise NoText("The file was read but holds no text. Check that it is the right one.")
    return Extraction(media_type=TEXT, blocks=blocks)


def paragraphs(text: str) -> Iterator[Block]:
    """Paragraphs and list items of a text whose lines may have been wrapped."""
    lines = characters(text)
    lexicon = Lexicon.of(lines.splitlines())
    for part in _BLANK.split(lines):
        yield from _blocks(part, lexicon)


def read_text(path: Path) -> str:
    """The file's text with rendering characters gone and `\\n` as the only line break.

    Raises:
        Unsupported: the bytes are no text.
    """
    text = decode(path.read_bytes())
    if text is None:
        raise Unsupported("The file holds binary data, not text. Save it as PDF, DOCX or ODT and submit it again.")
    return characters(text.replace("\r\n", "\n").replace("\r", "\n"))


def _blocks(part: str, lexicon: Lexicon) -> Iterator[Block]:
    for lines in _groups([line for line in part.split("\n") if line.strip()]):
        is_item = bool(_ITEM.match(lines[0]))
        text = unwrap([_BULLET.sub("", lines[0]), *lines[1:]], lexicon)
        if text and not _RULE.match(text):
            yield Block(kind="list-item" if is_item else "paragraph", text=text)


def _groups(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: list items apart, and lines apart that were never wrapped."""
    group: list[str] = []
    for line in lines:
        if group and (_ITEM.match(line) or len(line) > _LONG_LINE or len(group[-1]) > _LONG_LINE):
            yield group
            group = []
        group.append(line)
    if group:
        yield group
