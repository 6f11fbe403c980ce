"""Collections as people read, print and take them along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.sentences import LANGUAGES
from kb.services import exports, rights
from kb.values import CollectionPage, CollectionView, RecordView
from webui import atom, context, downloads
from webui.asked import read
from webui.booklet import booklet

ENTRIES: tuple[tuple[str, str, str | None], ...] = (("collections.overview", "collections.title", None),)

blueprint = Blueprint("collections", __name__)


@blueprint.get("/collections")
def overview() -> str:
    """The collections that the reader may know of: her own first."""
    found = context.kb().collections.list(context.reader())
    mine, others = [one for one in found if one.mine], [one for one in found if not one.mine]
    return render_template("collections/list.html", mine=mine, others=others, empty=not found)


@blueprint.get("/collections/<key>")
def page(key: str) -> str:
    """A collection: its cover, its sections, its records with their notes."""
    view = context.kb().collections.page(key, context.reader())
    return render_template("collections/page.html", collection=view, made_from=made_from(view))


@blueprint.get("/collections/<key>.pdf")
def as_pdf(key: str) -> Response:
    """The collection as a booklet to print."""
    view = context.kb().collections.page(key, context.reader())
    pdf = booklet(view, context.language(), address=downloads.record_address)
    return downloads.file(pdf, f"{key}.pdf", "application/pdf", _kept(view))


@blueprint.get("/collections/<key>.csv")
def as_csv(key: str) -> Response:
    """The records of the collection as a table, with the section and note of each."""
    view = context.kb().collections.page(key, context.reader())
    rows = ((one, downloads.record_address(one.record_id), known) for one, known in _annotated(view))
    written = "".join(exports.as_csv(rows, more=("section", "note")))
    return downloads.file(written.encode(), f"{key}.csv", "text/csv; charset=utf-8", _kept(view))


@blueprint.get("/collections/<key>.json")
def as_json(key: str) -> Response:
    """The collection and the records in it, as programs read it."""
    view = context.kb().collections.page(key, context.reader())
    records = (
        exports.as_data(one, downloads.record_address(one.record_id), **known) for one, known in _annotated(view)
    )
    about = {
        "key": view.key,
        "title": view.title,
        "visibility": view.visibility,
        "cover": view.cover,
        "sections": [{"key": one.key, "titles": one.titles} for one in view.sections if one.key],
        "address": url_for("collections.page", key=key, _external=True),
        "updated": view.updated_at.isoformat(),
    }
    written = "".join(exports.as_json(records, **about))
    return downloads.file(written.encode(), f"{key}.json", "application/json", _kept(view))


@blueprint.get("/collections/<key>.atom")
def as_feed(key: str) -> Response:
    """The records of the collection as a feed, in the order of their numbers, the newest first."""
    view = context.kb().collections.page(key, context.reader())
    newest = sorted(view.records, key=lambda one: -one.record_id)[: atom.MOST_ENTRIES]
    feed = atom.Feed(
        id=atom.name("collection", view.key),
        title=title(view, context.language()),
        language=context.language(),
        page=url_for("collections.page", key=key, _external=True),
        updated=view.updated_at,
        entries=tuple(atom.of_record(one) for one in newest),
    )
    return atom.answer(feed, private=view.visibility != "public")


@blueprint.post("/records/<int(max=9223372036854775807):record_id>/collect")
def collect(record_id: int) -> BaseResponse:
    """Put a record into one of the reader's collections, or into a new one."""
    kb, reader, key = context.kb(), context.reader(), request.form.get("collection", "")
    rights.require(reader, "keep-collections")
    if not key:
        record = kb.catalog.record(record_id, reader)
        key = kb.collections.free_key(record.title)
        kb.collections.create(key, request.form.get("title", "").strip() or record.title, reader)
    kb.collections.add(key, record_id, reader, note=request.form.get("note", ""))
    return redirect(url_for("collections.page", key=key, _anchor=f"record-{record_id}"))


@blueprint.app_context_processor
def _names() -> dict[str, object]:
    """What the page of a record and the lists of collections call."""
    return {
        "own_collections": own_collections,
        "collection_title": lambda one: title(one, context.language()),
        "in_reader_language": lambda words: in_language(words, context.language()),
    }


def own_collections() -> list[CollectionView]:
    """The collections that the reader can put a record into."""
    reader = context.reader()
    if reader.account_id is None:
        return []
    found = context.kb().collections.list(reader)
    public = rights.may(reader, "publish-collections")
    return [one for one in found if (one.mine and (public or one.visibility != "public")) or public]


def in_language(words: Mapping[str, Any], language: str) -> tuple[str, Any]:
    """The language and the words of what is written in several: the reader's, else the first that there are."""
    for code in (language, *LANGUAGES):
        if words.get(code):
            return code, words[code]
    return "", ""


def title(one: CollectionView | CollectionPage, language: str) -> str:
    """A collection's title in the reader's language, else the one it is kept under."""
    if isinstance(one, CollectionView):
        return one.titles.get(language) or one.title
    return one.cover.get(language, {}).get("title") or one.title


def made_from(view: CollectionPage) -> str | None:
    """The address of the search that the collection was made from."""
    if not view.address:
        return None
    asked = read(downloads.arguments(view.address))
    return url_for(asked.endpoint, **asked.address())


def _annotated(view: CollectionPage) -> Iterator[tuple[RecordView, Mapping[str, str]]]:
    """Each record with the title of its section and its note."""
    for section in view.sections:
        name = str(in_language(section.titles, context.language())[1])
        for entry in section.entries:
            yield entry.record, {"section": name, "note": entry.note}


def _kept(view: CollectionPage) -> bool:
    """Whether anybody but the reader may see what is sent."""
    return view.visibility == "public"
