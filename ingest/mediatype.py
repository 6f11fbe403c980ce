"""What a file is, told from its content; its name only breaks the tie between Markdown and plain text."""

from __future__ import annotations

import mmap
import re
from pathlib import Path, PurePath

import puremagic

from ingest import container
from ingest.decoding import decode
from kb.errors import Empty, Encrypted, MissingFile, Unsupported

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
HTML = "text/html"
MARKDOWN = "text/markdown"
TEXT = "text/plain"

_SAMPLE = 64 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_SAVE_AS = "Save it as PDF, DOCX or ODT and submit it again."

_WORD_MAIN = "word/document.xml"
_ZIP_KINDS = (  # a member that tells the kind, and what people call it
    ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("xl/workbook.xml", "an Excel workbook"),
    ("xl/workbook.bin", "an Excel workbook"),
)
_MIMETYPE_KINDS = {
    b"application/epub+zip": "an EPUB book",
    b"application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument spreadsheet",
    b"application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation",
    b"application/vnd.oasis.opendocument.graphics": "an OpenDocument drawing",
}
_ODT_TYPES = (ODT.encode(), ODT.encode() + b"-template")

_HTML_START = re.compile(
    r"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html|head|body|article|main)\b", re.I | re.S
)
_HTML_TAG = re.compile(r"</(?:p|div|h[1-6]|ul|ol|li|table|tr|td|a|span|section)>", re.I)
_XML_START = re.compile(r"\s*<\?xml\b", re.I)
_MARKDOWN_SIGNS = (
    re.compile(r"\A---\n(?:.*\n)*?---\s*\n"),
    re.compile(r"^#{1,6} \S", re.M),
    re.compile(r"\[[^\]\n]+\]\([^)\n]+\)"),
    re.compile(r"^(?:```|~~~)", re.M),
    re.compile(r"\*\*[^*\n]+\*\*"),
    re.compile(r"^\|.*\|\s*\n\|[ :|-]+\|\s*$", re.M),
)


def detect(path: Path, name: str) -> str:
    """Media type of a file that can be read.

    Raises:
        MissingFile: there is no such file.
        IngestError: `Empty`, `Encrypted` or `Unsupported`, or `Unreadable` for a damaged container.
    """
    head = _head(path)
    if not head.strip(b"\0 \t\r\n"):
        raise Empty("The file is empty. Check that it was saved and copied completely.")
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(_ZIP):
        return _inside_zip(path)
    if head.startswith(_OLE):
        raise _ole(path)
    if head.startswith(b"{\\rtf"):
        raise Unsupported(f"The file is in Rich Text Format, which cannot be read. {_SAVE_AS}")
    return _textual(head, name)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SAMPLE)
    except OSError as error:
        raise MissingFile(f"The file {path} cannot be opened: {error.strerror}.", path=str(path)) from error


def _inside_zip(path: Path) -> str:
    members = container.names(path)
    if _WORD_MAIN in members or _is_word(path, members):
        return DOCX
    declared = container.read(path, "mimetype").strip() if "mimetype" in members else b""
    if declared in _ODT_TYPES:
        return ODT
    kind = _MIMETYPE_KINDS.get(declared) or next((kind for sign, kind in _ZIP_KINDS if sign in members), None)
    if kind:
        raise Unsupported(f"The file is {kind}, which cannot be read. Save it as PDF and submit it again.")
    raise Unsupported("The file is a ZIP archive. Unpack it and submit the documents in it one by one.")


def _is_word(path: Path, members: frozenset[str]) -> bool:
    """Some writers name the main part otherwise and only declare it."""
    types = "[Content_Types].xml"
    return types in members and b"wordprocessingml.document.main+xml" in container.read(path, types)


def _ole(path: Path) -> Encrypted | Unsupported:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        encrypted = data.find("EncryptedPackage".encode("utf-16-le")) >= 0
    if encrypted:
        return Encrypted("The file is protected by a password. Save it without one and submit it again.")
    return Unsupported(f"The file is in an old Office format (.doc, .xls, .ppt), which cannot be read. {_SAVE_AS}")


def _textual(head: bytes, name: str) -> str:
    text = decode(head)
    if text is None:
        raise Unsupported(f"The file is {_binary_kind(head)}, not a document with text. {_SAVE_AS}")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if _HTML_START.match(text) or (text.lstrip().startswith("<") and len(_HTML_TAG.findall(text)) >= 2):
        return HTML
    if _XML_START.match(text):
        raise Unsupported(f"The file is XML data, not a document. {_SAVE_AS}")
    return _markdown_or_text(text, name)


def _binary_kind(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    known = next((match.name for match in found if match.name and match.confidence >= 0.5), "")
    return f"binary data ({known})" if known else "binary data of an unknown kind"


def _markdown_or_text(text: str, name: str) -> str:
    signs = sum(1 for sign in _MARKDOWN_SIGNS if sign.search(text))
    if signs >= 2:
        return MARKDOWN
    return MARKDOWN if PurePath(name).suffix.lower() in (".md", ".markdown", ".mdown") else TEXT
