"""The map: the records of a list or of a question where they belong, beside their list and over an equal table."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import outlines
from kb.errors import EmptyQuery
from kb.services.atlas import MOST, Chart, Pin
from webui import asked, context, labels, narrowing, place
from webui.asked import Asked
from webui.assets import A_YEAR, HASH_LENGTH
from webui.headers import PAGE_POLICY
from webui.place import Placed

ENTRIES = (("atlas.show", "views.map", None),)

NO_RECORD = 2**62
"""A number no record has, and no address holds by chance."""

blueprint = Blueprint("atlas", __name__)


@dataclass(frozen=True, slots=True)
class OnMap(Asked):
    """A search whose answer is the map, so that what narrows it leads back to the map."""

    @property
    def endpoint(self) -> str:
        """The map, with a question or without."""
        return "atlas.show"


@dataclass(frozen=True, slots=True)
class Row:
    """A pin as a line of the table: with its link, and names in the reader's language."""

    pin: Pin
    link: str
    kind: str
    place: str
    language: str


@blueprint.get("/map")
def show() -> BaseResponse:
    """The map of the records that a question and filters leave, or of all."""
    wanted = _wanted()
    query, placed = place.resolve(wanted)
    try:
        chart = context.kb().atlas.chart(query, context.reader())
    except EmptyQuery:
        return redirect(url_for("search.results", **wanted.address()))
    response = make_response(_page(wanted, placed, chart))
    if tiles := context.kb().config.tiles:
        response.headers["Content-Security-Policy"] = allowing(tiles)
    return response


@blueprint.get("/map/points")
def points() -> Response:
    """The same records as GeoJSON, for maps elsewhere."""
    query, _ = place.resolve(_wanted())
    chart, language, link = context.kb().atlas.chart(query, context.reader()), context.language(), _links()
    response = jsonify(
        type="FeatureCollection",
        numberMatched=chart.total,
        numberLocated=chart.located,
        numberReturned=len(chart.pins),
        features=[_feature(pin, link(pin.record_id), language) for pin in chart.pins],
    )
    response.mimetype = "application/geo+json"
    return response


@blueprint.get("/map/outlines/<digest>.json")
def outline_file(digest: str) -> Response:
    """The outlines the map is drawn on, under an address that holds their content's hash."""
    plain, packed, current = _outlines()
    if digest != current:
        abort(404)
    taken = request.accept_encodings.quality("gzip") > 0
    response = Response(packed if taken else plain, mimetype="application/geo+json")
    if taken:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def allowing(tiles: str) -> str:
    """What the page of the map may load when its background comes from a tile server: pictures of that host too."""
    address = urlsplit(tiles)
    return PAGE_POLICY.replace("img-src 'self'", f"img-src 'self' {address.scheme}://{address.netloc}")


def _wanted() -> OnMap:
    found = asked.read(request.args)
    return OnMap(**{one.name: getattr(found, one.name) for one in fields(found) if one.name != "page"})


def _page(wanted: OnMap, placed: Placed, chart: Chart) -> str:
    config = context.kb().config
    return render_template(
        "atlas/map.html",
        asked=wanted,
        view="map",
        placed=placed,
        chart=chart,
        rows=_rows(chart.pins),
        most=MOST,
        fields=narrowing.fields(wanted, chart.facets),
        chips=narrowing.chips(wanted, placed),
        orders=narrowing.orders(wanted, placed),
        ways=narrowing.ways(wanted, placed),
        outlines=url_for("atlas.outline_file", digest=_outlines()[2]),
        tiles=config.tiles,
        sources=config.tiles_attribution if config.tiles else outlines.SOURCES,
    )


def _rows(pins: Sequence[Pin]) -> list[Row]:
    """The lines of the table, made here because a template asks each of thousands for the language of the page anew."""
    language, link = context.language(), _links()
    return [
        Row(
            pin,
            link(pin.record_id),
            labels.kind_name(pin.kind, language),
            labels.place_name(pin.place, language),
            labels.in_language(pin.language, language),
        )
        for pin in pins
    ]


def _links() -> Callable[[int], str]:
    """What tells the address of a record's page, with the routes asked for one only."""
    before, _, after = url_for("records.record", record_id=NO_RECORD).partition(str(NO_RECORD))
    return lambda record_id: f"{before}{record_id}{after}"


def _feature(pin: Pin, link: str, language: str) -> dict[str, Any]:
    """A record as GeoJSON has it: longitude first."""
    return {
        "type": "Feature",
        "id": pin.record_id,
        "geometry": {"type": "Point", "coordinates": [pin.point.lon, pin.point.lat]},
        "properties": {
            "title": pin.title,
            "kind": pin.kind,
            "language": pin.language,
            "year": pin.year,
            "place": labels.place_name(pin.place, language),
            "url": link,
        },
    }


@cache
def _outlines() -> tuple[bytes, bytes, str]:
    """The file as it is and compressed, and the first digits of its hash."""
    plain = outlines.FILE.read_bytes()
    return plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:HASH_LENGTH]
