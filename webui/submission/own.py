"""The submitter's own page: her records by state, and what is asked of her."""

from __future__ import annotations

from flask import render_template

from kb import sentences
from kb.values import OwnRecord
from webui import context, session
from webui.submission import forms, handing_in
from webui.submission.area import blueprint

ORDER = ("returned", "draft", "submitted", "published", "withdrawn", "rejected", "archived")
"""States in the order in which they ask something of her."""


@blueprint.get("/my")
@session.needs("member")
def my() -> str:
    """Everything she has handed in, and what became of it."""
    records = context.kb().desk.records(context.reader())
    groups = [(state, [one for one in records if one.state == state]) for state in ORDER]
    return render_template(
        "submission/my.html",
        groups=[(state, held) for state, held in groups if held],
        failures=lambda one: _failures(one, context.language()),
    )


def _failures(record: OwnRecord, language: str) -> list[tuple[str, str]]:
    """Each file that could not be read, and what to do about it."""
    return [(name, sentences.tell(code, language) or code) for name, code in record.failed]


def record_actions(record_id: int) -> frozenset[str]:
    """What whoever is signed in may do with a record; templates of other areas ask it too."""
    if context.reader().account_id is None:
        return frozenset()
    return context.kb().editing.actions(record_id, context.reader())


@blueprint.app_context_processor
def _for_templates() -> dict[str, object]:
    return {
        "record_actions": record_actions,
        "file_sentence": handing_in.sentence,
        "submission_steps": lambda kind: forms.STEPS.get(kind, forms.STEPS["practice"]),
    }
