"""XHTML and HTML that is all content (a chapter, a letter) → blocks in document order, nothing left out as a menu."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from ingest.cleaning import clean
from ingest.extractors.tables import row_blocks
from kb.values import Block, BlockKind

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LEFT_OUT = {"script", "style", "head", "template", "noscript", "iframe", "object", "svg", "math", "img", "title"}
_KINDS: dict[str, BlockKind] = {"li": "list-item", "dt": "list-item", "dd": "list-item", "figcaption": "caption"}
_DIVIDING = {
    *_HEADINGS,
    *_KINDS,
    *("p", "div", "section", "article", "aside", "header", "footer", "main", "nav", "figure", "blockquote", "pre"),
    *("ul", "ol", "dl", "table", "tbody", "tr", "td", "th", "hr", "body", "address", "center", "form", "fieldset"),
}
_DEEPEST = 200
"""Elements within one another beyond which text is taken without its structure."""


def parse(markup: bytes | str) -> Any:
    """Root of the page, None when there is no element in it; entities it defines itself are not known to HTML."""
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    if isinstance(markup, str):
        parser = html.HTMLParser(
            no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, encoding="utf-8"
        )
        markup = markup.encode("utf-8", "replace")
    try:
        return html.document_fromstring(markup, parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def blocks_of(markup: bytes | str) -> Iterator[Block]:
    """Blocks of a page in document order."""
    root = parse(markup)
    if root is not None:
        body = root.find("body")
        yield from _walk(root if body is None else body, "paragraph", 0)


def _walk(element: Any, kind: BlockKind, depth: int) -> Iterator[Block]:
    """Blocks of an element: the text between its dividing children, and the children themselves."""
    text = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT:
            pass
        elif depth > _DEEPEST:
            text.append(" ".join(child.itertext()))
        elif child.tag == "br":
            text.append("\n")
        elif child.tag in _DIVIDING or any(isinstance(one.tag, str) and one.tag in _DIVIDING for one in child.iter()):
            yield from _flush(text, kind)
            yield from _child(child, kind, depth + 1)
        else:
            text.append(_inline(child))
        text.append(child.tail or "")
    yield from _flush(text, kind)


def _child(child: Any, kind: BlockKind, depth: int) -> Iterator[Block]:
    if child.tag in _HEADINGS:
        if (text := clean(_inline(child))) and any(map(str.isalnum, text)):
            yield Block(kind="heading", level=_HEADINGS[child.tag], text=text)
    elif child.tag == "table":
        yield from _table(child, kind, depth)
    else:
        # A paragraph within a list item is still the item.
        yield from _walk(child, _KINDS.get(child.tag, kind), depth)


def _inline(element: Any) -> str:
    """Text of an element without dividing children; breaks are spaces."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            parts.append("\n" if child.tag == "br" else _inline(child) if len(child) else child.text or "")
        parts.append(child.tail or "")
    return "".join(parts)


def _flush(text: list[str], kind: BlockKind) -> Iterator[Block]:
    joined = clean("".join(text))
    text.clear()
    if joined:
        yield Block(kind=kind, text=joined)


def _table(table: Any, kind: BlockKind, depth: int) -> Iterator[Block]:
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    # What holds a table or stands in one column is there for the layout.
    if table.find(".//table") is not None or all(len(row) < 2 for row in cells) or len(rows) == 1:
        for row in cells:
            for cell in row:
                yield from _walk(cell, kind, depth)
        return
    yield from _caption(table)
    headers = sum(1 for row in cells if row and all(cell.tag == "th" for cell in row))
    texts = [[text for cell in row for text in _cell(cell)] for row in cells]
    yield from row_blocks(texts, header_rows=headers or None)


def _caption(table: Any) -> Iterator[Block]:
    found = table.find("caption")
    if found is not None and (text := clean(_inline(found))):
        yield Block(kind="caption", text=text)


def _cell(cell: Any) -> list[str]:
    """The text of a cell, with empty ones for the further columns that it spans."""
    span = cell.get("colspan") or "1"
    text = clean(" ".join(cell.itertext()))
    return [text, *[""] * (min(int(span), 100) - 1 if span.isdigit() and len(span) < 4 else 0)]
