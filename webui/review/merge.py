"""Merging two records: both side by side, and the choice of the one that stays."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import InvalidInput, Outdated
from kb.services.catalog import RECORD_TYPE
from webui import context, details, errors
from webui.review.area import blueprint, number, refusal
from webui.review.case import ID
from webui.session import needs, notify
from webui.texts import text


@blueprint.get(f"{ID}/merge")
@needs("curator")
def merge(record_id: int) -> str:
    """Two records side by side; `other` is the second, `keep` the one that is proposed to stay."""
    other = number(request.args.get("other")) or 0
    return _page(record_id, other, keep=number(request.args.get("keep")) or record_id)


@blueprint.post(f"{ID}/merge")
@needs("curator")
def join(record_id: int) -> BaseResponse | tuple[str, int]:
    """Let one of the two become part of the other."""
    other, keep = number(request.form.get("other")) or 0, number(request.form.get("keep")) or 0
    versions = {one: number(request.form.get(f"version-{one}")) or 0 for one in (record_id, other)}
    drop = other if keep == record_id else record_id
    try:
        if keep not in versions:
            raise InvalidInput("Choose which of the two stays.")
        reason = request.form.get("reason", "")
        context.kb().merging.merge(keep, drop, (versions[keep], versions[drop]), context.reader(), reason)
    except (InvalidInput, Outdated) as error:
        return _page(record_id, other, keep=keep, refused=refusal(error)), errors.status_of(error)
    notify(text("review.merged", context.language()))
    return redirect(url_for("review.case", record_id=keep))


def _page(record_id: int, other_id: int, *, keep: int, refused: str = "") -> str:
    kb, reader, language = context.kb(), context.reader(), context.language()
    views = [kb.catalog.record(one, reader) for one in (record_id, other_id)]
    return render_template(
        "review/merge.html",
        keep=keep,
        refused=refused,
        reason=request.form.get("reason", ""),
        pair=[
            {
                "record": view,
                "case": kb.reviewing.case(view.record_id, reader),
                "facts": details.facts(view, language),
                "sections": details.sections(view, language),
                "files": [one for one in view.documents if one.media_type != RECORD_TYPE],
            }
            for view in views
        ],
    )
