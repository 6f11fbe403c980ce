"""Who may do what: one table for commands, pages and programs; who may *see* what is in `visibility`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from kb.db.entities import Record
from kb.errors import InvalidAccount, NotAllowed
from kb.values import Reader, Role

LADDER: tuple[Role, ...] = get_args(Role)
"""Each role may do all that the ones before it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Who may take an action: everybody of a role and above, and the submitter of a record in some states."""

    least: Role
    own: frozenset[str] = frozenset()


def _own(*states: str) -> frozenset[str]:
    return frozenset(states)


RIGHTS = {
    "keep-searches": Right(least="member"),
    "keep-collections": Right(least="member"),
    "hand-in": Right(least="contributor"),
    "edit": Right(least="curator", own=_own("draft", "returned")),
    "submit": Right(least="curator", own=_own("draft", "returned")),
    "discard": Right(least="administrator", own=_own("draft", "returned")),
    "take-back": Right(least="administrator", own=_own("submitted")),
    "amend": Right(least="curator", own=_own("published")),
    "compare-versions": Right(
        least="curator", own=_own("draft", "submitted", "returned", "rejected", "published", "withdrawn", "archived")
    ),
    "publish-collections": Right(least="curator"),
    "review": Right(least="curator"),
    "decide": Right(least="curator"),
    "withdraw": Right(least="curator"),
    "merge": Right(least="curator"),
    "see-figures": Right(least="curator"),
    "export-log": Right(least="curator"),
    "administer": Right(least="administrator"),
}
"""Action → who may take it."""

SCOPES: dict[str, tuple[Role, frozenset[str]]] = {
    "read": ("member", frozenset({"compare-versions"})),
    "hand-in": (
        "contributor",
        frozenset({"hand-in", "edit", "submit", "discard", "take-back", "amend", "keep-searches", "keep-collections"}),
    ),
    "curate": (
        "curator",
        frozenset({"review", "decide", "withdraw", "merge", "publish-collections", "see-figures", "export-log"}),
    ),
}
"""Scope of a program's key → the role it needs at least, and the actions within it; what is in none, no program may."""


def at_least(role: Role, least: Role) -> bool:
    """Whether a role is `least` or above it."""
    return LADDER.index(role) >= LADDER.index(least)


def may(reader: Reader, action: str, record: Record | None = None) -> bool:
    """Whether `reader` may take an action; with a record, whether she may take it on that one."""
    right = RIGHTS[action]
    if reader.scopes is not None and not any(action in SCOPES[scope][1] for scope in reader.scopes):
        return False
    if at_least(reader.role, right.least):
        return True
    mine = record is not None and reader.account_id is not None and record.submitter_id == reader.account_id
    return mine and record is not None and record.state in right.own


def require(reader: Reader, action: str, record: Record | None = None) -> None:
    """Raise `NotAllowed` unless `may` holds."""
    if may(reader, action, record):
        return
    if record is None:
        raise NotAllowed(f"This needs an account that is {RIGHTS[action].least} or above.", action=action)
    raise NotAllowed(f"Record {record.id} is {record.state}: you may not do this with it.", action=action)


def require_own(reader: Reader, account_id: int) -> None:
    """Raise `NotAllowed` unless the account is the reader's own, in person, or she administers them."""
    mine = reader.account_id == account_id and reader.scopes is None
    if not mine:
        require(reader, "administer")


def allowed_scopes(role: Role) -> frozenset[str]:
    """The scopes that a role can give a program."""
    return frozenset(scope for scope, (least, _) in SCOPES.items() if at_least(role, least))


def scopes_for(role: Role, wanted: Iterable[str]) -> frozenset[str]:
    """The scopes wanted, and `read`, which is in all; raises `InvalidAccount` where a role cannot give them."""
    scopes = frozenset({"read", *wanted})
    if unknown := scopes - allowed_scopes(role):
        raise InvalidAccount(
            f"The scope {', '.join(sorted(unknown))} is none for a {role}; there are: {', '.join(SCOPES)}.", why="scope"
        )
    return scopes
