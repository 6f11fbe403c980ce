"""EPUB → its chapters in the order of the spine, with lxml: the package file names them, each is XHTML."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest import container
from ingest.extractors import xml
from ingest.extractors.markup import blocks_of
from ingest.extractors.proposals import propose
from ingest.mediatype import EPUB
from kb.errors import Encrypted, NoText, Unreadable
from kb.values import Block, Extraction, Notice, Proposal

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_ROOTFILE = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_FONTS_ONLY = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read an EPUB book; a chapter that is missing or damaged costs that chapter.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    members = container.names(path)
    with container.opened(path) as book:
        return _read(book, members)


def _read(book: container.Package, members: frozenset[str]) -> Extraction:
    _refuse_protected(book, members)
    package, folder = _package(book)
    chapters = list(_spine(package, folder))
    notices = tuple(
        Notice(code="page-unreadable", message=f"The chapter {chapter} is missing from the book.")
        for chapter in chapters
        if chapter not in members
    )
    blocks = tuple(block for chapter in chapters if chapter in members for block in blocks_of(book.read(chapter)))
    if not blocks:
        raise NoText("The book was read but holds no text. If its pages are pictures, save it as PDF.")
    return Extraction(media_type=EPUB, blocks=blocks, proposal=_proposal(package, blocks), notices=notices)


def _refuse_protected(book: container.Package, members: frozenset[str]) -> None:
    """Fonts may be garbled against copying; where anything else is, the book is under digital rights management."""
    if _ENCRYPTION not in members:
        return
    methods = xml.parse(book.read(_ENCRYPTION)).iter("{http://www.w3.org/2001/04/xmlenc#}EncryptionMethod")
    if any((method.get("Algorithm") or "").encode() not in _FONTS_ONLY for method in methods):
        raise Encrypted("The book is protected against copying. Submit an unprotected copy of it.")


def _package(book: container.Package) -> tuple[Any, str]:
    """The package document and its folder, which all paths in it are relative to."""
    rootfile = next(xml.parse(book.read(_CONTAINER)).iter(_ROOTFILE), None)
    name = unquote(rootfile.get("full-path") or "") if rootfile is not None else ""
    if not name:
        raise Unreadable("The book does not say where its content is. Save it again from its program.")
    return xml.parse(book.read(name)), posixpath.dirname(name)


def _spine(package: Any, folder: str) -> Iterator[str]:
    """Members that hold the chapters, in reading order, without the table of contents."""
    items = {item.get("id"): item for item in package.iter(_OPF + "item")}
    for reference in package.iter(_OPF + "itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _CHAPTERS or "nav" in (item.get("properties") or "").split():
            continue
        # A member is looked up by its name, so that a path that leaves the book leads nowhere.
        yield posixpath.normpath(posixpath.join(folder, unquote((item.get("href") or "").split("#")[0])))


def _proposal(package: Any, blocks: tuple[Block, ...]) -> Proposal:
    def values(tag: str) -> list[str]:
        return [one.text or "" for one in package.iter(_DC + tag)]

    return propose(
        title=next(iter(values("title")), None),
        authors=values("creator"),
        created=next(iter(values("date")), None),
        modified=None,
        blocks=blocks,
    )
