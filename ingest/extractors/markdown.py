"""Markdown → blocks, by the tokens of markdown-it-py; front matter is metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.cleaning import clean
from ingest.extractors.proposals import propose
from ingest.extractors.tables import row_blocks
from ingest.extractors.text import read_text
from ingest.mediatype import MARKDOWN
from kb.errors import NoText
from kb.values import Block, Extraction

_FRONT_MATTER = re.compile(r"\A\ufeff?(-{3}|\+{3})[ \t]*\n(.*?)\n\1[ \t]*(?:\n|\Z)", re.S)
_FIELD = re.compile(r"^([A-Za-z_][\w-]*)\s*[:=]\s*(.*)$")
_LIST_ENTRY = re.compile(r"^\s+-\s+(.*)$")
# Site generators (Hugo, Jekyll, Nunjucks) leave these between the words of their pages.
_SHORTCODE = re.compile(r"\{\{[<%]?.*?[>%]?\}\}|\{%.*?%\}", re.S)
_TITLES = ("title", "titre", "titolo", "titel")
_AUTHORS = ("author", "authors", "autore", "autori", "auteur", "auteurs", "autor", "autoren")
_CREATED = ("date", "created", "data", "datum")
_MODIFIED = ("lastmod", "modified", "updated", "last_modified_at")
_SUMMARIES = ("description", "summary", "intro")


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a Markdown file.

    Raises:
        IngestError: `Unsupported` when the bytes are no text, `NoText` when there is nothing to read.
    """
    fields, body = _split(read_text(path))
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    summary = next((clean(fields[key][0]) for key in _SUMMARIES if fields.get(key)), "")
    opening = (Block(kind="paragraph", text=summary),) if summary else ()
    blocks = (*opening, *_blocks(parser.parse(_SHORTCODE.sub("", body))))
    if not blocks:
        raise NoText("The file was read but holds no text. Check that it is the right one.")
    return Extraction(
        media_type=MARKDOWN,
        blocks=blocks,
        proposal=propose(
            title=_first(fields, _TITLES),
            authors=[author for key in _AUTHORS for author in fields.get(key, ())],
            created=_first(fields, _CREATED),
            modified=_first(fields, _MODIFIED),
            blocks=blocks,
        ),
    )


def _split(text: str) -> tuple[dict[str, list[str]], str]:
    found = _FRONT_MATTER.match(text)
    return (_fields(found[2]), text[found.end() :]) if found else ({}, text)


def _fields(front_matter: str) -> dict[str, list[str]]:
    """Fields with one value or a plain list of them: all that is looked for here."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    for line in front_matter.splitlines():
        if field := _FIELD.match(line):
            values = fields.setdefault(field[1].lower(), [])
            values += [value for part in _flow(field[2]) if (value := part.strip(" \t\"'"))]
        elif entry := _LIST_ENTRY.match(line):
            values.append(entry[1].strip(" \t\"'"))
    return fields


def _flow(value: str) -> list[str]:
    value = value.strip()
    return value[1:-1].split(",") if value.startswith("[") and value.endswith("]") else [value]


def _first(fields: dict[str, list[str]], names: Sequence[str]) -> str | None:
    return next((fields[name][0] for name in names if fields.get(name)), None)


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    opened: list[Token] = []
    rows: list[list[str]] = []
    for token in tokens:
        if token.nesting == 1:
            opened.append(token)
            rows += [[]] if token.type == "tr_open" else []
        elif token.nesting == -1:
            opened.pop()
            if token.type == "table_close":
                yield from row_blocks(rows, header_rows=1)
                rows = []
        elif any(outer.type == "table_open" for outer in opened):
            rows[-1].append(_text(token))
        elif text := clean(_text(token)):
            yield _block(text, opened)


def _block(text: str, opened: Sequence[Token]) -> Block:
    if opened and opened[-1].type == "heading_open":
        return Block(kind="heading", level=int(opened[-1].tag[1]), text=text)
    is_item = any(outer.type == "list_item_open" for outer in opened)
    return Block(kind="list-item" if is_item else "paragraph", text=text)


def _text(token: Token) -> str:
    if token.type == "html_block":
        return _without_tags(token.content)
    if token.type != "inline":
        return token.content
    pieces = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        elif child.type != "html_inline":
            pieces.append(child.content)
    return "".join(pieces)


def _without_tags(markup: str) -> str:
    if not re.sub(r"<!--.*?-->", "", markup, flags=re.S).strip():
        return ""
    try:
        root = html.fragment_fromstring(markup, create_parent="div")
    except (ValueError, html.etree.ParserError):
        return ""
    for hidden in root.iter("script", "style", html.etree.Comment):
        hidden.text = None
    return " ".join(root.itertext(with_tail=True))
