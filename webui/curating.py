"""Making and changing collections: forms that need no script."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import parse_qsl

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidCollection, InvalidFilter, NotAllowed
from kb.sentences import LANGUAGES
from kb.services import rights
from kb.services.collections import MOST_FILLED
from kb.values import CollectionChanges
from webui import asked, context, downloads, place
from webui.asked import Asked
from webui.session import needs, notify
from webui.texts import text

Default = TypeVar("Default", int, None)

MOST_PARAMETERS, LONGEST_ADDRESS = 200, 10_000
"""What is read of a search handed in as one text."""

RECORD = "<int(max=9223372036854775807):record_id>"

blueprint = Blueprint("curating", __name__)


@blueprint.get("/collections/new")
@needs("member")
def new() -> str:
    """The form for a collection: empty, or to be made from a search."""
    wanted = searched(request.args.get("search", ""))
    return render_template("collections/new.html", wanted=wanted, most=MOST_FILLED, visibilities=_visibilities())


@blueprint.post("/collections/new")
@needs("member")
def create() -> BaseResponse | tuple[str, int]:
    """Begin the collection, with the records of the search where there is one."""
    kb, reader, form = context.kb(), context.reader(), request.form
    wanted = searched(form.get("search", ""))
    title = form.get("title", "").strip()
    records = kb.exports.ids(place.resolve(wanted)[0], reader, MOST_FILLED) if wanted else []
    key = kb.collections.free_key(title)
    try:
        kb.collections.create(
            key,
            title,
            reader,
            visibility=form.get("visibility", "private"),  # type: ignore[arg-type]  # checked by the service
            address=wanted.address() if wanted else None,
            records=records,
        )
    except InvalidCollection:
        page = render_template(
            "collections/new.html",
            wanted=wanted,
            most=MOST_FILLED,
            visibilities=_visibilities(),
            title=title,
            failed=True,
        )
        return page, 400
    return redirect(url_for("curating.edit", key=key))


@blueprint.get("/collections/<key>/edit")
@needs("member")
def edit(key: str) -> str:
    """Everything of a collection that its owner or a curator can change."""
    view = context.kb().collections.page(key, context.reader())
    if not view.changeable and not view.mine:
        raise NotAllowed(f"Collection '{key}' is somebody else's.", collection=key)
    return render_template(
        "collections/edit.html", collection=view, languages=LANGUAGES, visibilities=_visibilities(view.visibility)
    )


@blueprint.post("/collections/<key>/edit")
@needs("member")
def change(key: str) -> BaseResponse:
    """Title, visibility and cover."""
    form = request.form
    cover = {code: {name: form.get(f"{name}-{code}", "") for name in ("title", "text")} for code in LANGUAGES}
    changes = CollectionChanges(title=form.get("title", ""), visibility=form.get("visibility"), cover=cover)
    return _changed(key, changes, "about")


@blueprint.post("/collections/<key>/visibility")
@needs("member")
def show(key: str) -> BaseResponse:
    """Who may see it: the only thing that its owner changes of a public one."""
    return _changed(key, CollectionChanges(visibility=request.form.get("visibility", "")), "about")


@blueprint.post("/collections/<key>/sections")
@needs("member")
def sections(key: str) -> BaseResponse:
    """The titles of the sections and their order; one without a title is gone, its records are in none."""
    form = request.form
    numbers = sorted({int(name[6:]) for name in form if name.startswith("order-") and name[6:].isdecimal()})
    rows = [(_whole(form.get(f"order-{number}"), 999), number) for number in numbers[:100]]
    wanted = [
        (form.get(f"key-{number}", ""), {code: form.get(f"section-{number}-{code}", "") for code in LANGUAGES})
        for _, number in sorted(rows)
    ]
    return _changed(key, CollectionChanges(sections=wanted), "sections")


@blueprint.post(f"/collections/<key>/records/{RECORD}")
@needs("member")
def arrange(key: str, record_id: int) -> BaseResponse:
    """Move a record, give it a note or a place, or take it out."""
    collections, reader, form = context.kb().collections, context.reader(), request.form
    action, version = form.get("action", ""), _version()
    if action in ("up", "down"):
        collections.step(key, record_id, reader, version, -1 if action == "up" else 1)
    elif action == "remove":
        collections.remove(key, record_id, reader, version)
        return _back(key, "records", "collections.removed")
    elif action != "save":
        raise InvalidCollection("A record of a collection is moved up, moved down, saved or removed.")
    else:
        position, note = _whole(form.get("position"), None), form.get("note", "")
        section = form.get("section", "")
        collections.place(key, record_id, reader, version, section=section, position=position, note=note)
    return redirect(url_for("curating.edit", key=key, _anchor=f"record-{record_id}"))


@blueprint.post("/collections/<key>/records")
@needs("member")
def fill(key: str) -> BaseResponse:
    """Take in the records of a search, or of the search that it was made from."""
    kb, reader = context.kb(), context.reader()
    view = kb.collections.page(key, reader)
    wanted = searched(request.form.get("search", "")) or asked.read(downloads.arguments(view.address))
    if wanted.bare and not wanted.text:
        raise InvalidFilter("There is no search to take records from.")
    kb.collections.fill(key, kb.exports.ids(place.resolve(wanted)[0], reader, MOST_FILLED), reader)
    return _back(key, "records", "collections.filled")


@blueprint.post("/collections/<key>/delete")
@needs("member")
def delete(key: str) -> BaseResponse:
    """Delete a collection, if that was confirmed; its records stay."""
    if request.form.get("sure") != "yes":
        return redirect(url_for("curating.edit", key=key, _anchor="delete"))
    context.kb().collections.delete(key, context.reader())
    notify(text("collections.deleted", context.language()))
    return redirect(url_for("collections.overview"))


def searched(address: str) -> Asked | None:
    """The search of an address's parameters as one text; None for an empty one."""
    if not address:
        return None
    return asked.read(MultiDict(parse_qsl("&".join(address[:LONGEST_ADDRESS].split("&")[:MOST_PARAMETERS]))))


def _changed(key: str, changes: CollectionChanges, anchor: str) -> BaseResponse:
    context.kb().collections.change(key, context.reader(), _version(), changes)
    return _back(key, anchor, "collections.saved")


def _back(key: str, anchor: str, sentence: str) -> BaseResponse:
    notify(text(sentence, context.language()))
    return redirect(url_for("curating.edit", key=key, _anchor=anchor))


def _version() -> int:
    return _whole(request.form.get("version"), 0)


def _whole(given: str | None, otherwise: Default) -> int | Default:
    return int(given) if given and given.isascii() and given.isdecimal() and len(given) < 10 else otherwise


def _visibilities(now: str = "") -> list[tuple[str, str]]:
    """What a collection of the reader's may be, besides what it is."""
    public = rights.may(context.reader(), "publish-collections") or now == "public"
    codes = ("private", "shared", "public") if public else ("private", "shared")
    return [(code, text(f"collections.visibility.{code}", context.language())) for code in codes]
