"""The JSON interface for programs: a key in `Authorization: Bearer`, or nobody; cookies count for nothing here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from kb import console
from kb.errors import KbError, NotSignedIn
from kb.values import DocumentView, RecordView
from webui import asked, context, place, session
from webui.limits import limited

PREFIX = "/api/v1"

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
session.csrf.exempt(blueprint)  # a browser sends no key by itself


@blueprint.get("/search")
@limited("search")
def search() -> Response:
    """One page of what answers `q`, or without it of the records that pass; parameters are those of the pages."""
    wanted = asked.read(request.args)
    query, _ = place.resolve(wanted)
    kb = context.kb()
    if wanted.text:
        found = console.results_json(kb.search.search(query, context.reader()), kb.config.site)
    else:
        found = console.listing_json(kb.browsing.browse(query, context.reader()), kb.config.site)
    return jsonify({**found, "page": wanted.page, "per_page": asked.PER_PAGE})


@blueprint.get("/records/<int(max=9223372036854775807):record_id>")
@limited("search")
def record(record_id: int) -> Response:
    """A record with all its fields, and its documents."""
    kb = context.kb()
    return jsonify(_record(kb.catalog.record(record_id, context.reader()), kb.config.site))


@blueprint.get("/me")
def me() -> Response:
    """Who the key acts for, and within which scopes."""
    bearer = session.bearer()
    if bearer is None:
        raise NotSignedIn("Send a key as 'Authorization: Bearer …'; your account's page makes one.")
    account = bearer.account
    return jsonify(
        account=account.account_id,
        name=account.name,
        role=account.role,
        language=account.language,
        scopes=sorted(bearer.scopes),
    )


def asks() -> bool:
    """Whether the request is one to this interface, even where nothing answers at its address."""
    return request.path.startswith(f"{PREFIX}/")


def failure(status: int, code: str, message: str) -> Response:
    """An error as programs read it."""
    response = jsonify(error={"code": code, "message": message})
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refused(error: KbError, status: int) -> Response:
    """An error of the knowledge base as programs read it."""
    return failure(status, error.code, error.message)


def _record(view: RecordView, site: str) -> dict[str, Any]:
    return {
        "record": view.record_id,
        "key": view.key,
        "kind": view.kind,
        "state": view.state,
        "title": view.title,
        "summary": view.summary,
        "language": view.language,
        "place": str(view.place),
        "year": view.year,
        "details": dict(view.details),
        "documents": [_document(one, site) for one in view.documents],
        "url": f"{site}/records/{view.record_id}",
    }


def _document(one: DocumentView, site: str) -> dict[str, Any]:
    return {
        "document": one.document_id,
        "name": one.name,
        "media_type": one.media_type,
        "language": one.language,
        "status": one.status,
        "size": one.size,
        "url": f"{site}/documents/{one.document_id}/original",
    }
