"""The queue: what waits, narrowed by filters, and acts on many records at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidInput
from kb.services.review_queue import MINE, NOBODY, PAGE, STATES, Person, Queue, Sought
from kb.services.reviewing import Done
from kb.services.steps import Decision
from kb.values import Filters
from webui import context, labels
from webui.review.area import blueprint, number, page_number, person_name, refusal
from webui.session import needs
from webui.texts import plural, text

FIELDS = {"theme": "themes", "country": "countries", "language": "languages", "kind": "kinds"}
"""Parameter → the filter it sets."""

AGES = (7, 14, 30, 90)
"""Days of waiting that one can narrow to."""

DECIDED = ("accept", "return", "withdraw")
"""Decisions that can be taken of many records at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record of many, as the page tells it."""

    record_id: int
    title: str
    sentence: str
    done: bool


@blueprint.get("")
@needs("curator")
def queue() -> str:
    """What waits for a reviewer."""
    return _page(_sought(request.args), page_number())


@blueprint.post("")
@needs("curator")
def bulk() -> str | BaseResponse:
    """Do the same with all records that were ticked, and say of each what became of it."""
    chosen = _chosen()
    if not chosen:
        return redirect(url_for("review.queue", **_kept()))
    titles = {row.record_id: row.title for row in _queue(_sought(request.form), _form_page()).rows}
    done = context.kb().reviewing.each(chosen, _act(chosen))
    return _page(_sought(request.form), _form_page(), results=tuple(_result(one, titles) for one in done))


def _act(chosen: Mapping[int, int]) -> Callable[[int], object]:
    """What the button that was pressed does with one record."""
    reviewing, reader = context.kb().reviewing, context.reader()
    pressed, reason = request.form.get("act", ""), request.form.get("reason", "")
    if pressed == "assign":
        to = request.form.get("to", "")
        assignee = reader.account_id if to == MINE else number(to)
        return lambda record_id: reviewing.assign(record_id, assignee, reader)
    if pressed not in DECIDED:
        raise InvalidInput(f"'{pressed}' is nothing that can be done with many records.")
    return lambda record_id: reviewing.decide(record_id, chosen[record_id], Decision(pressed, reason), reader)


def _chosen() -> dict[int, int]:
    """The records that were ticked, each with the version that was shown."""
    pairs = (one.partition(":") for one in request.form.getlist("chosen"))
    found = ((number(record_id), number(version)) for record_id, _, version in pairs)
    return {record_id: version for record_id, version in found if record_id is not None and version is not None}


def _result(one: Done, titles: Mapping[int, str]) -> Result:
    sentence = text("review.done", context.language()) if one.error is None else refusal(one.error)
    return Result(one.record_id, titles.get(one.record_id, f"#{one.record_id}"), sentence, one.error is None)


def _sought(given: Mapping[str, str]) -> Sought:
    """What the address or the form narrows the queue to."""
    values = {filter_: (value,) for name, filter_ in FIELDS.items() if (value := given.get(name, "").strip())}
    return Sought(
        state=given.get("state") or STATES[0],
        assignee=given.get("assignee", ""),
        days=number(given.get("days")) or 0,
        filters=Filters(**values),  # type: ignore[arg-type]
    )


def _form_page() -> int:
    return number(request.form.get("page")) or 1


def _kept() -> dict[str, Any]:
    """What of a form belongs into the address of the queue."""
    names = ("state", "assignee", "days", "page", *FIELDS)
    return {name: value for name in names if (value := request.form.get(name, ""))}


def _queue(sought: Sought, page: int) -> Queue:
    return context.kb().reviewing.queue(context.reader(), sought, (page - 1) * PAGE)


def _page(sought: Sought, page: int, results: tuple[Result, ...] = ()) -> str:
    found = _queue(sought, page)
    last = max(-(-found.total // PAGE), 1)
    if page > last:
        page, found = last, _queue(sought, last)
    address = _address(sought)
    return render_template(
        "review/queue.html",
        queue=found,
        sought=sought,
        address=address,
        page=page,
        last=last,
        results=results,
        fields=_fields(found, sought),
        people=_people(found.reviewers),
        states=[(state, {**_address(replace(sought, state=state))}, found.states[state]) for state in STATES],
        ages=[(str(days), plural("review.days", days, context.language())) for days in AGES],
    )


def _address(sought: Sought) -> dict[str, str]:
    """The parameters of the queue's address, without those that say nothing."""
    given = {name: getattr(sought.filters, filter_) for name, filter_ in FIELDS.items()}
    values = {name: value[0] for name, value in given.items() if value}
    rest = {"state": sought.state, "assignee": sought.assignee, "days": str(sought.days or "")}
    return {name: value for name, value in {**rest, **values}.items() if value}


def _fields(found: Queue, sought: Sought) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """For each filter its name, the value chosen, and the values there are with their names."""
    language = context.language()
    address = _address(sought)
    return [
        (
            name,
            address.get(name, ""),
            [(value, _counted(name, value, count, language)) for value, count in there.items()],
        )
        for name in FIELDS
        if (there := found.facets.get(name))
    ]


def _counted(name: str, value: str, count: int, language: str) -> str:
    return f"{labels.value_name(name, value, language)} ({labels.number(count, language)})"


def _people(reviewers: tuple[Person, ...]) -> list[tuple[str, str]]:
    """Whom records can be given to: herself first, then everybody else."""
    language, own = context.language(), context.reader().account_id
    others = [(str(one.account_id), person_name(one, language)) for one in reviewers if one.account_id != own]
    mine = [(MINE, text("review.me", language))] if any(one.account_id == own for one in reviewers) else []
    return [*mine, *others, (NOBODY, text("review.unassigned", language))]
