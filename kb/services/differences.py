"""What differs between two versions of a record, field by field and word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kb.services.fields import RecordFields
from kb.values import Difference, Piece, PieceKind

ORDER = ("state", *RecordFields.model_fields, "files")
"""Names of what a version holds, in the order in which differences are told."""

WORD = re.compile(r"\S+\s*|\s+")


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The fields of which two versions say different things."""
    names = [name for name in ORDER if not _same(before.get(name), after.get(name))]
    return tuple(_difference(name, before.get(name), after.get(name)) for name in names)


def _same(one: object, other: object) -> bool:
    return one == other or not (one or other or isinstance(one, int | float) or isinstance(other, int | float))


def _difference(name: str, before: object, after: object) -> Difference:
    told = tuple(pieces(as_text(before), as_text(after)))
    return Difference(field=name, before=before, after=after, pieces=told)


def as_text(value: object) -> str:
    """A value as one text: several stand in lines, the parts of an indicator beside each other."""
    if isinstance(value, list | tuple):
        return "\n".join(as_text(one) for one in value)
    if isinstance(value, Mapping):
        return " | ".join(str(part) for part in value.values() if part)
    return "" if value is None else str(value)


def pieces(before: str, after: str) -> Iterator[Piece]:
    """The words of both texts in order, those that went before those that came in their place."""
    old, new = WORD.findall(before), WORD.findall(after)
    for kind, low, high, first, last in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield Piece(text="".join(new[first:last]))
            continue
        for words, what in ((old[low:high], "deleted"), (new[first:last], "inserted")):
            if words:
                yield _piece("".join(words), what)


def _piece(text: str, kind: str) -> Piece:
    shown: PieceKind = "deleted" if kind == "deleted" else "inserted"
    return Piece(text=text, kind=shown)
