"""The searches that a member keeps, and how she is told of what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidSearch
from kb.services.searches import Frequency, SavedSearchView
from webui import asked, context, downloads, narrowing, place
from webui.asked import Asked
from webui.curating import searched
from webui.session import needs, notify
from webui.texts import text

ENTRIES: tuple[tuple[str, str, str | None], ...] = (("searches.overview", "searches.title", "keep-searches"),)

NUMBER = "<int(max=9223372036854775807):search_id>"

blueprint = Blueprint("searches", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A search that is kept: what it asks for, in words, and where its page is."""

    search: SavedSearchView
    asked: Asked
    filters: tuple[str, ...]

    @property
    def address(self) -> str:
        """The page of the search."""
        return url_for(self.asked.endpoint, **self.asked.address())


@blueprint.get("/my/searches")
@needs("member")
def overview() -> str:
    """All searches of hers, each with its form."""
    rows = [_row(one) for one in context.kb().searches.list(context.reader())]
    return render_template("searches/list.html", rows=rows, frequencies=frequencies())


@blueprint.post("/my/searches")
@needs("member")
def save() -> BaseResponse:
    """Keep a search of a page of results."""
    form, kb, reader = request.form, context.kb(), context.reader()
    wanted = searched(form.get("search", ""))
    if wanted is None:
        raise InvalidSearch("There is no search to keep.")
    name = form.get("name", "").strip() or suggested(wanted)
    kb.searches.save(name, wanted.address(), reader, form.get("frequency", "never"))
    return _back("searches.kept")


@blueprint.post(f"/my/searches/{NUMBER}")
@needs("member")
def change(search_id: int) -> BaseResponse:
    """Another name, another frequency, another feed address, or no more of it."""
    form, searches, reader = request.form, context.kb().searches, context.reader()
    action = form.get("action")
    if action == "delete":
        searches.delete(search_id, reader)
        return _back("searches.deleted")
    if action == "renew":
        searches.renew(search_id, reader)
        return _back("searches.renewed")
    searches.change(search_id, reader, name=form.get("name", ""), frequency=form.get("frequency", ""))
    return _back("searches.saved")


@blueprint.app_context_processor
def _names() -> dict[str, object]:
    """What the page of results calls to offer that its search be kept."""
    return {"search_name": suggested, "frequencies": frequencies}


def frequencies() -> list[tuple[str, str]]:
    """How often letters may come, and what each is called."""
    return [(code, text(f"searches.frequency.{code}", context.language())) for code in get_args(Frequency)]


def suggested(wanted: Asked) -> str:
    """A name for a search: its question, or what narrows it."""
    return (wanted.text or ", ".join(_filters(wanted)))[:120] or text("browse.title", context.language())


def _row(one: SavedSearchView) -> Row:
    wanted = asked.read(downloads.arguments(one.address))
    return Row(one, wanted, tuple(_filters(wanted)))


def _filters(wanted: Asked) -> list[str]:
    _, placed = place.resolve(wanted)
    return [chip.name for chip in narrowing.chips(wanted, placed)]


def _back(sentence: str) -> BaseResponse:
    notify(text(sentence, context.language()))
    return redirect(url_for("searches.overview"))
