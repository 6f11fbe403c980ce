"""The start page and the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flask import Blueprint, Response, redirect, render_template, request, url_for

from kb.errors import EmptyQuery
from kb.values import Results
from webui import asked, context, labels
from webui.asked import FIELDS, PER_PAGE, Asked, NoSuchPage

LATEST = 6

blueprint = Blueprint("search", __name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that narrows the search: its name for people, the records that have it, and whether it is chosen."""

    field: str
    value: str
    name: str
    count: int
    chosen: bool


@blueprint.get("/")
def start() -> str:
    """The start page."""
    return _start_page(empty=False)


@blueprint.get("/search")
def results() -> str | Response | tuple[str, int]:
    """One page of results; without a question, the start page."""
    if "q" not in request.args:
        return redirect(url_for("search.start"))  # type: ignore[return-value]
    wanted = asked.read(request.args)
    try:
        found = context.kb().search.search(wanted.query, context.reader())
    except EmptyQuery:
        return _start_page(empty=True), 400
    return _results_page(wanted, found)


def _start_page(*, empty: bool) -> str:
    catalog, reader = context.kb().catalog, context.reader()
    return render_template(
        "start.html", counts=catalog.counts(reader), latest=catalog.latest(reader, LATEST), empty=empty
    )


def _results_page(wanted: Asked, found: Results) -> str:
    last = last_page(found.total)
    if wanted.page > last:
        raise NoSuchPage(f"The results end at page {last}.", last=last)
    choices = {name: _choices(name, wanted, found) for name in FIELDS}
    return render_template(
        "results.html",
        asked=wanted,
        results=found,
        first=(wanted.page - 1) * PER_PAGE + 1,
        last=last,
        numbers=numbers(wanted.page, last),
        choices={name: offered for name, offered in choices.items() if offered},
        chips=[choice for offered in choices.values() for choice in offered if choice.chosen],
    )


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


def _choices(name: str, wanted: Asked, found: Results) -> list[Choice]:
    """What a field can be narrowed to: the chosen values first, then by number of records."""
    counts = dict(found.facets.get(name, {}))
    chosen = wanted.chosen.get(name, ())
    values = [*chosen, *(value for value in counts if value not in chosen)]
    language = context.language()
    offered = [
        Choice(name, value, labels.value_name(name, value, language), counts.get(value, 0), value in chosen)
        for value in values
    ]
    return sorted(offered, key=lambda choice: (not choice.chosen, -choice.count, choice.name.casefold()))
