"""MHTML → the page that was saved, read as HTML; the pictures and styles beside it are not opened."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from ingest.extractors import html, mail
from ingest.mediatype import MHTML
from kb.errors import Unreadable
from kb.values import Extraction


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read a web page that was saved with all that belongs to it.

    Raises:
        IngestError: `Unreadable`, `TooLarge` or `NoText`.
    """
    message = mail.parse(path)
    page = _page(message)
    if page is None:
        raise Unreadable("There is no page in the web archive. Save the page again, as HTML or PDF.")
    return replace(html.read(mail.text_of(page)), media_type=MHTML)


def _page(message: EmailMessage) -> EmailMessage | None:
    """The part that the archive starts with: the one it names, else the first page in it."""
    pages = [part for part in message.walk() if part.get_content_type() in _PAGES]
    start = message.get_param("start")
    named = [page for page in pages if start and page.get("content-id", "") == start]
    return next(iter(named or pages), None)


_PAGES = ("text/html", "application/xhtml+xml")
