"""The decisions a reviewer can take: from which states, to which, and whether somebody has to be told why."""

from __future__ import annotations

from dataclasses import dataclass

from kb.db.entities import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A decision; `admits` is that of a record which was not published before, `reasoned` needs a reason."""

    to: str
    since: frozenset[str]
    right: str = "decide"
    reasoned: bool = False
    admits: bool = False


def _since(*states: str) -> frozenset[str]:
    return frozenset(states)


STEPS = {
    "accept": Step(to="published", since=_since("submitted", "returned", "draft"), admits=True),
    "return": Step(to="returned", since=_since("submitted", "rejected"), reasoned=True),
    "reject": Step(to="rejected", since=_since("submitted"), reasoned=True),
    "withdraw": Step(to="withdrawn", since=_since("published"), right="withdraw"),
    "archive": Step(to="archived", since=_since("published", "withdrawn")),
    "publish": Step(to="published", since=_since("withdrawn", "archived")),
}
"""Name of a decision → what it does."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One of `STEPS` and why; `seen` is the version of the amended record that the reviewer of an amendment saw."""

    name: str
    reason: str = ""
    seen: int | None = None


def steps_of(record: Record) -> tuple[str, ...]:
    """The decisions that can be taken of a record as it is.

    A draft is its author's until she submits it, so only one without an author can be accepted; a record that became
    part of another stays that.
    """
    if record.merged_into_id is not None or (record.state == "draft" and record.submitter_id is not None):
        return ()
    return tuple(name for name, step in STEPS.items() if record.state in step.since)
