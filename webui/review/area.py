"""What the reviewers' pages share: their blueprint, what they call things, and how an act that was refused is told."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, request
from flask_babel import format_date, format_datetime

from kb import vocabulary
from kb.errors import KbError
from kb.services import criteria
from kb.services.review_queue import Person
from webui import context, errors
from webui.texts import TEXTS, text

blueprint = Blueprint("review", __name__, url_prefix="/review")

ENTRIES: tuple[tuple[str, str, str | None], ...] = (
    ("review.queue", "review.nav", "review"),
    ("review.log", "review.nav.log", "export-log"),
)
"""Endpoint, text and right of each entry of the site's navigation."""

MOST_PAGES = 100_000


@blueprint.app_context_processor
def _vocabulary() -> dict[str, object]:
    language = context.language()
    return {
        "day": format_date,
        "moment": moment,
        "person_name": lambda person: person_name(person, language),
        "action_name": lambda action: action_name(action, language),
        "subject_name": lambda subject: subject_name(subject, language),
        "state_name": lambda state: text(f"review.state.{state}", language),
        "field_name": lambda name: field_name(name, language),
        "criteria": [(group, criteria.of(group)) for group in criteria.GROUPS],
        "criterion": lambda name: vocabulary.label("criteria", name, language),
        "criterion_help": lambda name: vocabulary.label("criteria", name, f"help.{language}"),
    }


def moment(at: datetime) -> str:
    """A day and a time for people, where the network is."""
    return str(format_datetime(at, "short"))


def person_name(person: Person | None, language: str) -> str:
    """What somebody is called; whoever has no account worked at the machine, or her account was erased."""
    if person is None or person.account_id is None:
        return text("review.nobody", language)
    return person.name or person.address or text("review.erased", language, number=person.account_id)


def action_name(action: str, language: str) -> str:
    """What the log calls an act, or its code where there is no sentence for it."""
    key = f"review.action.{action}"
    return text(key, language) if key in TEXTS else action


def subject_name(subject: str, language: str) -> str:
    """What the log calls the kind of thing an act was done to, or its code."""
    key = f"review.subject.{subject}"
    return text(key, language) if key in TEXTS else subject


def field_name(name: str, language: str) -> str:
    """What a field of a record is called."""
    if name in vocabulary.terms("sections"):
        return vocabulary.label("sections", name, language)
    return next((text(key, language) for key in (f"detail.{name}", f"offered.{name}") if key in TEXTS), name)


def told(code: str, status: int = 400) -> str:
    """The sentence of an error's code."""
    key = f"error.{code}" if f"error.{code}" in TEXTS else f"error.{status}"
    return text(key, context.language())


def refusal(error: KbError) -> str:
    """Why an act was refused, in the reader's language."""
    return told(error.code, errors.status_of(error))


def page_number() -> int:
    """The page asked for, from 1; the first where that is no number."""
    asked = request.args.get("page", "1")
    return min(max(int(asked), 1), MOST_PAGES) if asked.isascii() and asked.isdecimal() else 1


def number(given: str | None) -> int | None:
    """A whole number that was typed, or None."""
    typed = (given or "").strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None
