"""Atom feeds (RFC 4287)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response, request
from lxml import etree

from kb.values import RecordView
from webui import downloads, labels

ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
MIMETYPE = "application/atom+xml"
MOST_ENTRIES = 50
AUTHOR = "Agorà 21"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When a record is said to have changed of which it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record in a feed; `id` stays the same for ever, whatever the site's address is."""

    id: str
    title: str
    address: str
    updated: datetime
    published: datetime
    summary: str = ""
    language: str = ""
    authors: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, the newest entry first; `page` is the address of what it is of, `updated` holds where it has no entry."""

    id: str
    title: str
    language: str
    page: str
    updated: datetime
    entries: tuple[Entry, ...] = ()


def name(kind: str, key: object) -> str:
    """The name of a thing for ever: a UUID of version 5, as RFC 4287 wants an IRI that never changes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"agora21:{kind}:{key}").urn


def of_record(record: RecordView, updated: datetime | None = None, published: datetime | None = None) -> Entry:
    """The entry of a record."""
    changed = updated or record.updated_at or LONG_AGO
    began = published or record.published_at or changed
    return Entry(
        id=name("record", record.key),
        title=record.title,
        address=downloads.record_address(record.record_id),
        updated=max(changed, began),
        published=began,
        summary=record.summary,
        language=labels.html_language(record.language),
    )


def answer(feed: Feed, *, private: bool = False) -> Response:
    """The feed as an answer; one that has not changed since the reader last asked is not sent again."""
    response = Response(written(feed, request.base_url), mimetype=MIMETYPE)
    response.headers["Cache-Control"] = "private, no-cache" if private else "no-cache"
    if private:
        response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.make_conditional(request)
    return response


def written(feed: Feed, own: str) -> bytes:
    """The feed as XML; `own` is its own address."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    root.set(f"{{{XML}}}lang", feed.language)
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", _moment(max([one.updated for one in feed.entries], default=feed.updated)))
    _link(root, "self", own, MIMETYPE)
    _link(root, "alternate", feed.page, "text/html")
    _text(etree.SubElement(root, f"{{{ATOM}}}author"), "name", AUTHOR)
    _text(root, "generator", AUTHOR)
    for one in feed.entries:
        _entry(root, one)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _entry(root: etree._Element, one: Entry) -> None:
    entry = etree.SubElement(root, f"{{{ATOM}}}entry")
    if one.language:
        entry.set(f"{{{XML}}}lang", one.language)
    _text(entry, "id", one.id)
    _text(entry, "title", one.title)
    _text(entry, "updated", _moment(one.updated))
    _text(entry, "published", _moment(one.published))
    _link(entry, "alternate", one.address, "text/html")
    if one.summary:
        _text(entry, "summary", one.summary)


def _text(parent: etree._Element, tag: str, words: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{tag}").text = "".join(letter for letter in words if _allowed(letter))


def _link(parent: etree._Element, relation: str, address: str, kind: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=relation, href=address, type=kind)


def _allowed(letter: str) -> bool:
    """Whether XML 1.0 can hold a character."""
    code = ord(letter)
    return letter in "\t\n" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
