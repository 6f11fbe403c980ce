"""Files within files: which are documents, under which names, within which limits; none is extracted to a path."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO

from kb.errors import TooLarge
from kb.values import Member

MOST_MEMBERS = 1000
"""Documents in one container."""
MOST_BYTES = 1024 * 1024 * 1024
"""Bytes of all documents in one container."""

_JUNK_NAMES = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", "icon\r", "picasa.ini", ".directory"))
_JUNK_FOLDERS = frozenset(("__macosx", ".git", ".svn", ".trashes", ".fseventsd", ".spotlight-v100"))
_JUNK_STARTS = ("._", "~$", ".~lock.")
_DRIVE = re.compile(r"^[a-z]:", re.I)
_LONGEST = 240
"""Characters of a name that are kept, from its end; some are left for what tells two of the same name apart."""


@dataclass(frozen=True, slots=True)
class Found:
    """A member as its container has it; `open` gives its bytes, None where they are left out."""

    member: Member
    open: Callable[[], IO[bytes]] | None = None

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Found:
        """A member whose bytes are at hand."""
        return cls(Member(name=name, size=len(data)), lambda: io.BytesIO(data))


def cleaned(name: str) -> str:
    """A name as a harmless relative path with `/`; empty when nothing of it is left.

    Names are labels here, not places, so one that climbs out of its folder or names a drive loses only that part.
    """
    path = _DRIVE.sub("", name.partition("\0")[0].replace("\\", "/"))
    parts = ("".join(char for char in part if char.isprintable()).strip() for part in path.split("/"))
    return "/".join(part for part in parts if part and part not in (".", ".."))[-_LONGEST:].lstrip("/")


def is_junk(name: str) -> bool:
    """Whether a member is what a system or program leaves beside documents."""
    parts = [part.lower() for part in PurePosixPath(name).parts]
    last = parts[-1] if parts else ""
    return last in _JUNK_NAMES or last.startswith(_JUNK_STARTS) or not _JUNK_FOLDERS.isdisjoint(parts)


def take(found: Iterable[Found]) -> list[Found]:
    """Members under names of their own, those that are no documents left out with the reason.

    Raises:
        TooLarge: there are too many, or they hold too much.
    """
    taken, names = [], set[str]()
    for one in found:
        member = replace(one.member, name=_own(one.member.name, names))
        names.add(member.name)
        taken.append(_judged(Found(member, one.open)))
    _check([one.member for one in taken if one.open is not None])
    return taken


def _own(name: str, taken: set[str]) -> str:
    """The name, numbered where another member has it already."""
    path = PurePosixPath(name)
    return next(one for one in _numbered(path) if one not in taken)


def _numbered(path: PurePosixPath) -> Iterator[str]:
    yield str(path)
    number = 2
    while True:
        yield str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        number += 1


def _judged(one: Found) -> Found:
    if one.open is None:
        return one
    if is_junk(one.member.name):
        message = "Left out: a system file, not a document."
        return Found(replace(one.member, code="no-document", message=message))
    if not one.member.size:
        return Found(replace(one.member, code="empty", message="Left out: it is empty."))
    return one


def _check(members: list[Member]) -> None:
    size = sum(member.size for member in members)
    if len(members) > MOST_MEMBERS:
        raise TooLarge(
            f"There are {len(members)} documents in the file, more than {MOST_MEMBERS}. Divide it, submit the parts.",
            members=len(members),
        )
    if size > MOST_BYTES:
        raise TooLarge(
            f"The documents in the file have {size // 2**20} MB, more than {MOST_BYTES // 2**20}. "
            "Divide it and submit the parts.",
            bytes=size,
        )
