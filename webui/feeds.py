"""Feeds: what was published last, and what was found for a search, under an address that only its owner knows."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from webui import atom, context, downloads
from webui.asked import read
from webui.texts import text

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/feeds/latest.atom")
def latest() -> Response:
    """The records that were published last, as everybody sees them."""
    language = context.language()
    feed = atom.Feed(
        id=atom.name("feed", "latest"),
        title=text("feeds.latest", language),
        language=language,
        page=url_for("search.browse", lang=None, _external=True),
        updated=atom.LONG_AGO,
        entries=tuple(atom.of_record(one) for one in context.kb().catalog.published(atom.MOST_ENTRIES)),
    )
    return atom.answer(feed)


@blueprint.get("/feeds/searches/<feed_key>.atom")
def search(feed_key: str) -> Response:
    """What was found for a search that somebody keeps; the secret address is all that is asked for."""
    found = context.kb().searches.feed(feed_key)
    asked = read(downloads.arguments(found.search.address))
    feed = atom.Feed(
        id=atom.name("search", found.search.feed_key),
        title=found.search.name,
        language=found.language,
        page=url_for(asked.endpoint, **{**asked.address(), "lang": None}, _external=True),
        updated=found.search.created_at,
        entries=tuple(atom.of_record(one.record, one.changed_at, one.at) for one in found.entries),
    )
    return atom.answer(feed, private=True)
