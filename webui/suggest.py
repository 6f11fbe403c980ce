"""What may be meant, told while somebody types: titles, places and themes."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, request, url_for

from kb import places, vocabulary
from webui import context
from webui.asked import LONGEST_PLACE, clean
from webui.texts import text

LEAST_CHARACTERS = 2
TITLES, PLACES, THEMES = 5, 3, 3
MUNICIPALITIES = 8

Suggestion = dict[str, str]
"""`text` as it is shown, `kind` as people read it, and `address` to go to where it is one, or the `lang` it is in."""

blueprint = Blueprint("suggest", __name__)


@blueprint.get("/suggest")
def anything() -> Response:
    """Themes, places and records whose names hold what is typed so far."""
    typed = clean(request.args.get("q", ""))[:LONGEST_PLACE]
    if len(typed) < LEAST_CHARACTERS:
        return jsonify([])
    return jsonify([*_themes(typed), *_places(typed), *_titles(typed)])


@blueprint.get("/suggest/places")
def municipalities() -> Response:
    """Italian municipalities whose names begin like what is typed so far."""
    typed = clean(request.args.get("q", ""))[:LONGEST_PLACE]
    found = places.beginning(typed, MUNICIPALITIES) if len(typed) >= LEAST_CHARACTERS else ()
    return jsonify([{"text": str(one), "kind": one.region} for one in found])


def _themes(typed: str) -> Iterator[Suggestion]:
    language, wanted = context.language(), places.folded(typed)
    named = ((code, vocabulary.label("themes", code, language)) for code in vocabulary.terms("themes"))
    found = [(code, name) for code, name in named if wanted in places.folded(name)]
    for code, name in found[:THEMES]:
        address = url_for("search.browse", theme=code)
        yield {"text": name, "kind": text("suggest.theme", language), "address": address}


def _places(typed: str) -> Iterator[Suggestion]:
    for one in places.beginning(typed, PLACES):
        address = url_for("search.browse", place=one.istat)
        yield {"text": str(one), "kind": text("suggest.place", context.language()), "address": address}


def _titles(typed: str) -> Iterator[Suggestion]:
    for record in context.kb().catalog.titled(typed, context.reader(), TITLES):
        address = url_for("records.record", record_id=record.record_id)
        kind = text("suggest.record", context.language())
        yield {"text": record.title, "kind": kind, "address": address, "lang": record.language}
