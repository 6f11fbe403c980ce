"""The start page, the search, and the list of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import EmptyQuery
from kb.places import distance
from kb.values import Listing, PassageHit, Place, Results
from webui import asked, context, labels, narrowing, noted, place, reasons
from webui.asked import PER_PAGE, Asked, NoSuchPage
from webui.limits import limited
from webui.place import Placed
from webui.texts import text

LATEST = 6

ENTRIES = (("search.browse", "nav.records", None),)
"""What the navigation shows: endpoint, key of its name, and the action it takes, if not everybody may."""

blueprint = Blueprint("search", __name__)


@blueprint.get("/")
def start() -> str:
    """The start page."""
    return _start_page(empty=False)


@blueprint.get("/search")
@limited("search")
def results() -> str | BaseResponse | tuple[str, int]:
    """One page of results; without a question, the list of records or the start page."""
    wanted = asked.read(request.args)
    if not wanted.text and not wanted.bare:
        return redirect(url_for("search.browse", **wanted.address()))
    if "q" not in request.args:
        return redirect(url_for("search.start"))
    query, placed = place.resolve(wanted)
    try:
        found = context.kb().search.search(query, context.reader())
    except EmptyQuery:
        return _start_page(empty=True), 400
    noted.search(wanted, found)
    return _page(wanted, placed, found.total, found.facets, results=found)


@blueprint.get("/records")
def browse() -> str | BaseResponse:
    """One page of the records that pass the filters; with a question, its results."""
    wanted = asked.read(request.args)
    if wanted.text:
        return redirect(url_for("search.results", **wanted.address(wanted.page)))
    query, placed = place.resolve(wanted)
    listing = context.kb().browsing.browse(query, context.reader())
    return _page(wanted, placed, listing.total, listing.facets, listing=listing)


def _start_page(*, empty: bool) -> str:
    catalog, reader = context.kb().catalog, context.reader()
    return render_template(
        "start.html",
        counts=catalog.counts(reader),
        latest=catalog.latest(reader, LATEST),
        themes=narrowing.choices("theme", Asked(""), catalog.themes(reader)),
        empty=empty,
    )


def _page(
    wanted: Asked, placed: Placed, total: int, facets: Mapping[str, Mapping[str, int]], **found: Results | Listing
) -> str:
    last = last_page(total)
    if wanted.page > last:
        raise NoSuchPage(f"The results end at page {last}.", last=last)
    partly = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    return render_template(
        "_results.html" if partly else "results.html",
        partly=partly,
        heading=_heading(wanted),
        why=partial(_why, found.get("results")),
        reads=narrowing.reads(wanted),
        asked=wanted,
        placed=placed,
        total=total,
        away=partial(_away, placed),
        first=(wanted.page - 1) * PER_PAGE + 1,
        last=last,
        numbers=numbers(wanted.page, last),
        fields=narrowing.fields(wanted, facets),
        chips=narrowing.chips(wanted, placed),
        orders=narrowing.orders(wanted, placed),
        ways=narrowing.ways(wanted, placed),
        **found,
    )


def _why(found: Results | Listing | None, passage: PassageHit) -> reasons.Reason:
    """Why a passage is listed, beside the others of the page."""
    hits = found.hits if isinstance(found, Results) else ()
    return reasons.reason(passage, [passage, *(one for hit in hits for one in hit.passages)])


def _heading(wanted: Asked) -> str:
    if wanted.text:
        return text("results.title", context.language(), q=wanted.text)
    return text("browse.narrowed" if wanted.narrowed else "browse.title", context.language())


def _away(placed: Placed, there: Place) -> str:
    """How far a record's place is from the one named; empty where either is not known."""
    if placed.home is None or placed.home.point is None or there.point is None:
        return ""
    return labels.kilometres(round(distance(placed.home.point, there.point)), context.language())


def last_page(total: int) -> int:
    """The number of the last page; there is always a first one."""
    return max(1, -(-total // PER_PAGE))


def numbers(page: int, last: int) -> Sequence[int | None]:
    """The page numbers to show: the ends and the neighbours, None where some are left out."""
    shown = sorted({1, last, *range(max(1, page - 1), min(last, page + 1) + 1)})
    linked: list[int | None] = [shown[0]]
    for before, after in pairwise(shown):
        # A gap of one page is filled with the page itself, which is as short as the gap.
        linked += [before + 1] if after - before == 2 else [None] if after - before > 2 else []
        linked.append(after)
    return linked
