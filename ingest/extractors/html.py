"""HTML → blocks of the main content, without menus and cookie notices, as trafilatura finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trafilatura
from bs4 import BeautifulSoup
from lxml import etree

from ingest.cleaning import clean
from ingest.decoding import decode
from ingest.extractors.html_asides import is_aside
from ingest.extractors.proposals import propose
from ingest.extractors.tables import row_blocks
from ingest.mediatype import HTML
from kb.errors import NoText
from kb.values import Block, Extraction

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]+)", re.I)
_BLOCKS = ("p", "head", "item", "quote", "code", "row", "list", "table", "ab", "div")
_BOILERPLATE = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a web page that was saved.

    Raises:
        NoText: there is nothing to read in it.
    """
    return read(_decode(path.read_bytes()))


def read(markup: str) -> Extraction:
    """Read the markup of a web page; raises `NoText` when there is nothing to read in it."""
    found: Any = trafilatura.bare_extraction(
        markup, with_metadata=True, include_comments=False, include_tables=True, favor_precision=True
    )
    body = found.body if found is not None else None
    blocks = tuple(block for block in _blocks(body) if not is_aside(block.text)) if body is not None else ()
    blocks = blocks or tuple(_everything(markup))
    if not blocks:
        raise NoText("The page was read but holds no text. If it builds its text with scripts, save it as PDF.")
    return Extraction(media_type=HTML, blocks=blocks, proposal=_proposal(found, blocks))


def _proposal(found: Any, blocks: tuple[Block, ...]) -> Any:
    return propose(
        title=found.title if found is not None else None,
        authors=[found.author] if found is not None and found.author else [],
        created=found.date if found is not None else None,
        modified=None,
        blocks=blocks,
    )


def _decode(data: bytes) -> str:
    """Text of the page: UTF-8 if it is, then what the page declares, then what its bytes look like."""
    declared = _META_CHARSET.search(data[:4096])
    for encoding in ("utf-8-sig", declared[1].decode("ascii") if declared else "utf-8"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return decode(data) or data.decode("cp1252", errors="replace")


def _blocks(body: Any) -> Iterator[Block]:
    """Blocks of trafilatura's tree, whose tags follow TEI: head, p, list/item, table/row/cell, quote."""
    for element in body:
        if not isinstance(element.tag, str):
            continue
        if element.tag == "table":
            yield from _table(element)
        elif element.tag == "list":
            yield from _items(element)
        elif any(child.tag in _BLOCKS for child in element):
            yield from _text_block(element, own_text_only=True)
            yield from _blocks(element)
        else:
            yield from _text_block(element)


def _text_block(element: Any, *, own_text_only: bool = False) -> Iterator[Block]:
    text = clean((element.text or "") if own_text_only else _text(element))
    if not text:
        return
    if element.tag == "head":
        yield Block(kind="heading", level=_level(element), text=text)
    else:
        yield Block(kind="list-item" if element.tag == "item" else "paragraph", text=text)


def _text(element: Any) -> str:
    """All text below an element, with a space where a line broke."""
    for broken in element.iter("lb"):
        broken.tail = f" {broken.tail or ''}"
    return "".join(element.itertext())


def _level(element: Any) -> int:
    rend = element.get("rend") or "h2"
    return int(rend[1]) if re.fullmatch(r"h[1-6]", rend) else 2


def _items(element: Any) -> Iterator[Block]:
    for item in element.iter("item"):
        own = etree.tostring(item, method="text", encoding="unicode", with_tail=False)
        for nested in item.iter("list"):
            own = own.replace(etree.tostring(nested, method="text", encoding="unicode", with_tail=False), " ")
        if text := clean(own):
            yield Block(kind="list-item", text=text)


def _table(element: Any) -> Iterator[Block]:
    rows = [[_text(cell) for cell in row.iter("cell")] for row in element.iter("row")]
    heads = [row for row in element.iter("row") if all(cell.get("role") == "head" for cell in row.iter("cell"))]
    yield from row_blocks(rows, header_rows=1 if len(heads) == 1 and len(rows) > 1 and len(rows[0]) > 1 else None)


def _everything(markup: str) -> Iterator[Block]:
    """All text of a page in which no main content stands out."""
    soup = BeautifulSoup(markup, "lxml")
    for element in soup(list(_BOILERPLATE)):
        element.decompose()
    root = soup.body or soup
    for line in root.get_text("\n").split("\n"):
        if any(char.isalnum() for char in line):
            yield Block(kind="paragraph", text=clean(line))
