"""RTF → blocks, with striprtf for characters and code pages; marks put in beforehand keep the structure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from striprtf.striprtf import font_table_group, rtf_to_text

from ingest.cleaning import clean
from ingest.extractors.proposals import propose
from ingest.extractors.tables import row_blocks
from ingest.mediatype import RTF
from kb.errors import NoText, Unreadable
from kb.values import Block, Extraction, Proposal

# Private-use characters stand for control words, since the library lets characters through and words not.
_STYLE, _LEVEL, _END, _RESET, _ITEM, _CELL, _ROW, _HEADER, _IN_TABLE = map(chr, range(0xE100, 0xE109))
_NUMBERED = re.compile(rf"([{_STYLE}{_LEVEL}])(\d+){_END}")
_TOKEN = re.compile(rf"[{_STYLE}{_LEVEL}]\d+{_END}|[{_RESET}{_ITEM}{_CELL}{_ROW}{_HEADER}{_IN_TABLE}\n]")
_REPLACED = (
    (re.compile(r"\\pard(?![a-z])"), rf"\\pard\\u{ord(_RESET)}?"),
    (re.compile(r"\\s(\d+)(?!\d)"), rf"\\s\1\\u{ord(_STYLE)}?\1\\u{ord(_END)}?"),
    (re.compile(r"\\outlinelevel(\d+)"), rf"\\u{ord(_LEVEL)}?\1\\u{ord(_END)}?"),
    (re.compile(r"\\ls(\d+)(?!\d)"), rf"\\ls\1\\u{ord(_ITEM)}?"),
    (re.compile(r"\{\\pntext(?![a-z])"), rf"\\u{ord(_ITEM)}?{{\\pntext"),
    (re.compile(r"\\listtext(?![a-z])"), r"\\*\\listtext"),
    (re.compile(r"\\intbl(?![a-z])"), rf"\\intbl\\u{ord(_IN_TABLE)}?"),
    (re.compile(r"\\(?:nest)?cell(?![a-z])"), rf"\\u{ord(_CELL)}?"),
    (re.compile(r"\\(?:nest)?row(?![a-z])"), rf"\\u{ord(_ROW)}?"),
    (re.compile(r"\\trhdr(?![a-z])"), rf"\\trhdr\\u{ord(_HEADER)}?"),
    # The library writes the address of a link behind its words, found by an expression that is slow on long lines.
    (re.compile(r"HYPERLINK"), "LINK"),
)
_STYLESHEET = re.compile(r"\{\\s(\d+)(?!\d)([^;]{0,600}?)\s([^{}\\;]{1,80});")
_HEADING = re.compile(r"(?:heading|überschrift|titolo|titre|título|kop|nagłówek|rubrik)\s?(\d)$", re.I)
_OUTLINE = re.compile(r"\\outlinelevel(\d)")
_BULLET = re.compile(r"^\s*[•·–▪◦*-]\s+")
_BRACE = re.compile(r"\\[{}\\]|[{}]")
_DATE = re.compile(r"\\yr(\d+)\\mo(\d+)\\dy(\d+)")
_MAX_LEVEL = 9


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a Rich Text file.

    Raises:
        IngestError: `Unreadable` or `NoText`.
    """
    # Control words are ASCII; the code page is stated in the file and applied by the library to its escapes.
    source = path.read_bytes().decode("cp1252", errors="replace").rstrip("\0")
    notes = tuple(_notes(source))
    blocks = (*_Reader(_levels(source)).blocks(_marked_text(source)), *notes)
    if not blocks:
        raise NoText("The file was read but holds no text. Check that it is the right one.")
    return Extraction(media_type=RTF, blocks=blocks, proposal=_proposal(source, blocks))


def _text(source: str) -> str:
    try:
        text: str = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]
    except (ValueError, IndexError, KeyError, TypeError, LookupError, OverflowError) as error:
        raise Unreadable("The RTF file is damaged. Open it in an office program and save it again.") from error
    # Characters beyond the basic plane are written as two halves.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _marked_text(source: str) -> str:
    body = source.replace(_stylesheet(source), "") if "\\stylesheet" in source else source
    for control, mark in _REPLACED:
        body = control.sub(mark, body)
    # Where a file says that no stand-in follows an escape, the stand-in is a character of its own.
    return re.sub(rf"([{_STYLE}-{_IN_TABLE}])\?", r"\1", _text(body))


# --- style sheet, notes, properties ----------------------------------------------------------------


def _groups(source: str, start: str) -> Iterator[str]:
    """Whole groups that begin with a control word."""
    for found in re.finditer(rf"\{{(?:\\\*)?\\{start}(?![a-z])", source):
        depth = 0
        for brace in _BRACE.finditer(source, found.start()):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0:
                yield source[found.start() : brace.end()]
                break


def _stylesheet(source: str) -> str:
    return next(_groups(source, "stylesheet"), "")


def _levels(source: str) -> dict[int, int]:
    """Heading level of each paragraph style that has one."""
    levels: dict[int, int] = {}
    for number, controls, name in _STYLESHEET.findall(_stylesheet(source)):
        named, outlined = _HEADING.match(name.strip()), _OUTLINE.search(controls)
        if named:
            levels[int(number)] = int(named[1])
        elif name.strip().lower() == "title":
            levels[int(number)] = 1
        elif outlined and int(outlined[1]) < _MAX_LEVEL:
            levels[int(number)] = int(outlined[1]) + 1
    return levels


def _notes(source: str) -> Iterator[Block]:
    head = _head(source)
    for group in _groups(source, "footnote"):
        if text := clean(_text(head + group.replace("\\footnote", "", 1) + "}")):
            yield Block(kind="footnote", text=text)


def _head(source: str) -> str:
    page = re.search(r"\\ansicpg\d+", source[:2000])
    fonts: str = font_table_group(source)  # type: ignore[no-untyped-call]
    return "{\\rtf1\\ansi" + (page[0] if page else "") + fonts


def _proposal(source: str, blocks: Sequence[Block]) -> Proposal:
    head, info = _head(source), next(_groups(source, "info"), "")

    def value(name: str) -> str:
        group = next(_groups(info, name), "")
        return _text(head + group.replace(f"\\{name}", "", 1) + "}") if group else ""

    dates = [_DATE.search(next(_groups(info, name), "")) for name in ("creatim", "revtim")]
    created, modified = ("-".join(date.groups()) if date else None for date in dates)
    return propose(title=value("title"), authors=[value("author")], created=created, modified=modified, blocks=blocks)


# --- paragraphs and rows ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Puts text between marks together: properties hold until they are reset, cells until their row ends."""

    levels: dict[int, int]
    text: str = ""
    level: int = 0
    is_item: bool = False
    in_table: bool = False
    is_header: bool = False
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    header_rows: int = 0

    def blocks(self, marked: str) -> Iterator[Block]:
        position = 0
        for token in _TOKEN.finditer(marked):
            self.text += marked[position : token.start()]
            position = token.end()
            yield from self._at(token[0])
        self.text += marked[position:]
        yield from self._paragraph()
        yield from self._table()

    def _at(self, mark: str) -> Iterator[Block]:
        if mark == "\n":
            yield from self._line_end()
        elif mark == _CELL:
            self.cells.append(self.text)
            self.text = ""
        elif mark == _ROW:
            self._row()
        elif mark == _HEADER:
            self.is_header = True
        else:
            self._property(mark)

    def _property(self, mark: str) -> None:
        numbered = _NUMBERED.match(mark)
        if mark == _RESET:
            self.level, self.is_item, self.in_table = 0, False, False
        elif mark == _ITEM:
            self.is_item = True
        elif mark == _IN_TABLE:
            self.in_table = True
        elif numbered and numbered[1] == _STYLE:
            self.level = self.levels.get(int(numbered[2]), 0)
        elif numbered:
            self.level = int(numbered[2]) + 1 if int(numbered[2]) < _MAX_LEVEL else 0

    def _line_end(self) -> Iterator[Block]:
        if self.in_table or self.cells:
            # Several paragraphs in one cell.
            self.text += " "
        else:
            yield from self._table()
            yield from self._paragraph()

    def _row(self) -> None:
        if self.cells:
            self.header_rows += self.is_header and self.header_rows == len(self.rows)
            self.rows.append(self.cells)
        self.cells, self.is_header = [], False

    def _paragraph(self) -> Iterator[Block]:
        bare = _BULLET.sub("", self.text)
        text, had_bullet = clean(bare), bare != self.text
        self.text = ""
        if not text:
            return
        if self.level and any(map(str.isalnum, text)):
            yield Block(kind="heading", level=self.level, text=text)
        else:
            yield Block(kind="list-item" if self.is_item or had_bullet else "paragraph", text=text)

    def _table(self) -> Iterator[Block]:
        if any(len(row) > 1 for row in self.rows):
            yield from row_blocks(self.rows, header_rows=self.header_rows or None)
        else:
            # A frame around text, not a table.
            yield from (
                Block(kind="paragraph", text=text) for row in self.rows for cell in row if (text := clean(cell))
            )
        self.rows, self.header_rows = [], 0
