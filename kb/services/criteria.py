"""The criteria that records are judged by: which there are, what an answer may be, and what is still unanswered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kb import vocabulary
from kb.errors import InvalidAnswers

ADMISSIBILITY, QUALIFICATION = "admissibility", "qualification"
GROUPS = (ADMISSIBILITY, QUALIFICATION)

LONGEST_NOTE = 2_000

Answers = Mapping[str, Mapping[str, Any]]
"""Name of a criterion → `met`, which is True, False or None, and `note`."""


def of(group: str) -> tuple[str, ...]:
    """The names of the criteria of one group, in order."""
    return tuple(name for name, term in vocabulary.terms("criteria").items() if term["group"] == group)


def checked(answers: Answers) -> dict[str, dict[str, Any]]:
    """The answers as they are kept: what says nothing is left out.

    Raises:
        InvalidAnswers: there is no such criterion, or an answer is none.
    """
    known = vocabulary.terms("criteria")
    for name, answer in answers.items():
        if name not in known or answer.get("met") not in (True, False, None):
            raise InvalidAnswers(f"'{name}' is no criterion, or the answer to it neither yes nor no.", criterion=name)
    given = {name: _answer(answers[name]) for name in known if name in answers}
    return {name: answer for name, answer in given.items() if answer["met"] is not None or answer["note"]}


def open_ones(answers: Answers, group: str = ADMISSIBILITY) -> tuple[str, ...]:
    """The criteria of a group that nobody has found to be met."""
    return tuple(name for name in of(group) if answers.get(name, {}).get("met") is not True)


def _answer(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"met": given.get("met"), "note": str(given.get("note") or "").strip()[:LONGEST_NOTE]}
