"""What a file is, told from its content; its name only breaks ties between kinds of plain text."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import puremagic

from ingest import compound, container, delimited
from ingest.decoding import decode
from kb.errors import Empty, Encrypted, MissingFile, Unsupported

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODP = "application/vnd.oasis.opendocument.presentation"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
DOC = "application/msword"
PPT = "application/vnd.ms-powerpoint"
XLS = "application/vnd.ms-excel"
RTF = "application/rtf"
EPUB = "application/epub+zip"
HTML = "text/html"
MHTML = "multipart/related"
EML = "message/rfc822"
MARKDOWN = "text/markdown"
CSV = "text/csv"
TEXT = "text/plain"
ZIP = "application/zip"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
WEBP = "image/webp"
BMP = "image/bmp"
GIF = "image/gif"

OLD_OFFICE = (DOC, PPT, XLS)
CONTAINERS = (ZIP, EML)
"""Files whose members are documents of their own."""

_SAMPLE = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PICTURES = (  # how each kind of picture begins
    (PNG, re.compile(rb"\x89PNG\r\n\x1a\n")),
    (JPEG, re.compile(rb"\xff\xd8\xff")),
    (TIFF, re.compile(rb"II[*+]\0|MM\0[*+]")),
    (WEBP, re.compile(rb"RIFF....WEBP", re.S)),
    (BMP, re.compile(rb"BM....\0\0\0\0....[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.S)),
    (GIF, re.compile(rb"GIF8[79]a")),
)
_SAVE_AS = "Save it as PDF, DOCX or ODT and submit it again."

_OFFICE_MAINS = {  # a member that tells the kind
    "word/document.xml": DOCX,
    "ppt/presentation.xml": PPTX,
    "xl/workbook.xml": XLSX,
}
_OFFICE_TYPES = {  # what some writers declare, who name the main part otherwise
    b"wordprocessingml.document.main+xml": DOCX,
    b"presentationml.presentation.main+xml": PPTX,
    b"spreadsheetml.sheet.main+xml": XLSX,
}
_OFFICE_LIST = "[Content_Types].xml"
_DECLARED = {kind.encode() + tail: kind for kind in (ODT, ODP, ODS) for tail in (b"", b"-template")} | {
    EPUB.encode(): EPUB
}
_OTHER_ZIPS = (  # a member that tells what cannot be read, and what people call it
    ("xl/workbook.bin", "an Excel workbook in binary form"),
    ("Index/Document.iwa", "an Apple iWork document"),
    ("Index.zip", "an Apple iWork document"),
    (_OFFICE_LIST, "an Office file of an unknown kind"),
)
_OTHER_ARCHIVES = ((b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a", "RAR"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"))

_HTML_START = re.compile(
    r"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html|head|body|article|main)\b", re.I | re.S
)
_HTML_TAG = re.compile(r"</(?:p|div|h[1-6]|ul|ol|li|table|tr|td|a|span|section)>", re.I)
_XML_START = re.compile(r"\s*<\?xml\b", re.I)
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,60}:[ \t]")
_HEADER_NAME = re.compile(rb"^([!-9;-~]{1,60}):", re.M)
_MHTML_SIGN = re.compile(rb"^Content-Type:\s*multipart/related\b|^Snapshot-Content-Location:", re.M | re.I)
_LETTER_NAMES = {b"to", b"subject", b"date", b"message-id", b"mime-version", b"received", b"return-path"}
_TABLE_NAMES = (".csv", ".tsv", ".tab")
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
    if head.startswith(compound.SIGNATURE):
        return _inside_ole(path)
    if head.lstrip()[:5] == b"{\\rtf":
        return RTF
    if picture := next((kind for kind, start in _PICTURES if start.match(head)), None):
        return picture
    return _letter(head, name) or _textual(head, name)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SAMPLE)
    except OSError as error:
        raise MissingFile(f"The file {path} cannot be opened: {error.strerror}.", path=str(path)) from error


def _inside_zip(path: Path) -> str:
    members = container.names(path)
    kind = next((kind for sign, kind in _OFFICE_MAINS.items() if sign in members), None)
    if kind or (kind := _declared(path, members)):
        return kind
    other = next((called for sign, called in _OTHER_ZIPS if sign in members), None)
    if other:
        raise Unsupported(f"The file is {other}, which cannot be read. Save it as PDF and submit it again.")
    return ZIP


def _declared(path: Path, members: frozenset[str]) -> str | None:
    """The kind that a member says it is."""
    if "mimetype" in members:
        declared = container.read(path, "mimetype").strip()
        if declared.startswith(b"application/vnd.oasis.opendocument.") and declared not in _DECLARED:
            raise Unsupported("The file is an OpenDocument drawing or the like. Save it as PDF and submit it again.")
        return _DECLARED.get(declared)
    types = container.read(path, _OFFICE_LIST) if _OFFICE_LIST in members else b""
    return next((kind for sign, kind in _OFFICE_TYPES.items() if sign in types), None)


def _inside_ole(path: Path) -> str:
    kind = compound.kind(path)
    if kind == "encrypted":
        raise Encrypted("The file is protected by a password. Save it without one and submit it again.")
    if kind == "letter":
        raise Unsupported("The file is an Outlook message (.msg). Save it as .eml or PDF and submit it again.")
    if kind is None:
        raise Unsupported(f"The file is of an old binary kind that cannot be read. {_SAVE_AS}")
    return {"document": DOC, "presentation": PPT, "workbook": XLS}[kind]


def _letter(head: bytes, name: str) -> str | None:
    """E-mails and web archives, told by their header."""
    if not _HEADER_LINE.match(head):
        return None
    header = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    names = {found.lower() for found in _HEADER_NAME.findall(header)}
    if _MHTML_SIGN.search(header) and (b"received" not in names and b"to" not in names):
        return MHTML
    is_named = PurePath(name).suffix.lower() == ".eml"
    is_letter = b"from" in names and len(names & _LETTER_NAMES) >= (1 if is_named else 2)
    return EML if is_letter or (b"mime-version" in names and b"content-type" in names) else None


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
    archive = next((called for sign, called in _OTHER_ARCHIVES if head.startswith(sign)), None)
    if archive or head[257:262] == b"ustar":
        return f"an archive of the kind {archive or 'TAR'} (pack its documents as ZIP)"
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    known = next((match.name for match in found if match.name and match.confidence >= 0.5), "")
    return f"binary data ({known})" if known else "binary data of an unknown kind"


def _markdown_or_text(text: str, name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    if suffix in _TABLE_NAMES and delimited.separator_of(text):
        return CSV
    signs = sum(1 for sign in _MARKDOWN_SIGNS if sign.search(text))
    if signs >= 2 or suffix in (".md", ".markdown", ".mdown"):
        return MARKDOWN
    return CSV if delimited.looks_like(text) else TEXT
