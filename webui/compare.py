"""Up to four records side by side, and the list from which to choose them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request

from kb.errors import EmptyQuery
from kb.values import Hit, RecordView
from webui import asked, context, place, side_by_side
from webui.asked import Asked

MOST = 4
"""Records that a screen has room for."""

OFFERED = 20
"""Records of the list that can be chosen from."""

blueprint = Blueprint("compare", __name__)


@blueprint.get("/compare")
def show() -> str:
    """The records named in the address field by field, and below them others to choose."""
    wanted, ids = asked.read(request.args), named(request.args.getlist("record"))
    chosen = context.kb().browsing.chosen(ids[:MOST], context.reader())
    room = MOST - len(chosen)
    hint, offered = _offered(wanted, ids) if room else (False, ())
    return render_template(
        "atlas/compare.html",
        asked=wanted,
        view="compare",
        records=chosen,
        gone=len(ids[:MOST]) - len(chosen),
        dropped=len(ids[MOST:]),
        rows=side_by_side.rows(chosen, context.language()),
        without={view.record_id: _address(wanted, chosen, view) for view in chosen},
        offered=offered,
        hint=hint,
        room=room,
        most=MOST,
    )


def named(given: list[str]) -> list[int]:
    """The ids in an address, each once; what is no id names nothing."""
    return list(dict.fromkeys(int(one) for one in given if re.fullmatch(r"[0-9]{1,18}", one)))


def _address(wanted: Asked, chosen: tuple[RecordView, ...], left_out: RecordView) -> dict[str, Any]:
    """The parameters of the same comparison with one record less."""
    return {**wanted.address(), "record": [view.record_id for view in chosen if view != left_out]}


def _offered(wanted: Asked, ids: list[int]) -> tuple[bool, tuple[Hit | RecordView, ...]]:
    """Whether the question holds nothing to look for, and the first of the list that are not chosen yet."""
    query, _ = place.resolve(wanted)
    query = replace(query, offset=0, limit=OFFERED)
    kb, reader = context.kb(), context.reader()
    if not wanted.text:
        return False, tuple(view for view in kb.browsing.browse(query, reader).records if view.record_id not in ids)
    try:
        hits = kb.search.search(query, reader).hits
    except EmptyQuery:
        return True, ()
    return False, tuple(hit for hit in hits if hit.record_id not in ids)
