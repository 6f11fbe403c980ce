"""A container and the documents in it: what may be kept, and rows for its members in the commit that publishes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kb.db import feed
from kb.db.entities import Document, Passage
from kb.errors import TooLarge
from kb.files import Files
from kb.protocols import Keep
from kb.values import Extraction, Member

MOST_DEPTH = 3
"""Containers within one another."""
MOST_MEMBERS = 2000
"""Documents of one record that came out of containers."""
MOST_BYTES = 4 << 30
"""Bytes of all of them."""

HARMLESS = ("no-document", "duplicate")
"""Why members are left out that nobody misses."""


@dataclass(frozen=True, slots=True)
class Room:
    """What may still come out of containers; `depth` is how many the document at hand lies in."""

    depth: int
    members: int
    size: int


def room(session: Session, document_id: int) -> Room:
    """The room that a document has for its members."""
    document = session.get_one(Document, document_id)
    chosen = select(func.count(), func.coalesce(func.sum(Document.size), 0)).where(
        Document.record_id == document.record_id,
        Document.container_id.is_not(None),
        # Those that are there of this one are counted when they come again.
        func.coalesce(Document.container_id, 0) != document.id,
    )
    count, size = session.execute(chosen).one()
    depth = 0
    while document.container_id is not None:
        document, depth = session.get_one(Document, document.container_id), depth + 1
    return Room(depth, MOST_MEMBERS - count, MOST_BYTES - size)


def keeper(files: Files, given: Room) -> Keep | None:
    """What stores the members of a container, None where it lies too deep in others."""
    if given.depth >= MOST_DEPTH:
        return None
    left = [given.members, given.size]

    def keep(source: BinaryIO) -> tuple[str, int]:
        if left[0] <= 0 or left[1] <= 0:
            raise TooLarge("Left out: the record has as many documents as it can. Submit this one by itself.")
        stored = files.put(source)
        left[0] -= 1
        left[1] -= stored.size
        return stored.sha256, stored.size

    return keep


def unpacked(extraction: Extraction) -> Extraction:
    """The extraction of a container whose members were offered to be kept.

    Raises:
        TooLarge: they were not, because it lies too deep in others, and there is nothing else in it.
    """
    lost = [one for one in extraction.members if one.code is None and one.sha256 is None]
    if lost and not extraction.blocks:
        raise TooLarge(
            f"Archives lie within archives more than {MOST_DEPTH} deep. Unpack this one and submit its documents."
        )
    return extraction


def place(session: Session, container: Document, members: Sequence[Member]) -> list[dict[str, Any]]:
    """Make documents of the members that are new, drop those that are gone; returns notices on what was left out."""
    there = _by_digest(session, container.record_id)
    notices = []
    for member in members:
        known = there.get(member.sha256 or "")
        if member.sha256 is None:
            notices.append(_left_out(member))
        elif known is None:
            there[member.sha256] = _insert(session, container, member)
        elif known.container_id != container.id or known.name != member.name:
            notices.append(_duplicate(member, known))
    _drop(session, container, {member.sha256 for member in members if member.sha256})
    return notices


def _by_digest(session: Session, record_id: int) -> dict[str, Document]:
    rows = session.execute(select(Document).where(Document.record_id == record_id)).scalars()
    return {row.sha256: row for row in rows}


def _insert(session: Session, container: Document, member: Member) -> Document:
    document = Document(
        record_id=container.record_id,
        container_id=container.id,
        name=member.name[-255:],
        sha256=member.sha256,
        size=member.size,
    )
    session.add(document)
    session.flush()
    return document


def _left_out(member: Member) -> dict[str, Any]:
    message = member.message or f"Left out: it lies more than {MOST_DEPTH} deep in other files. Submit it by itself."
    return {"code": member.code or TooLarge.code, "message": message, "page": None, "member": member.name}


def _duplicate(member: Member, known: Document) -> dict[str, Any]:
    message = f"The same bytes are already there as '{known.name}'."
    return {"code": "duplicate", "message": message, "page": None, "member": member.name}


def _drop(session: Session, container: Document, kept: Iterable[str]) -> None:
    """Take out the documents of an earlier reading that are no longer members, with all that came out of them."""
    own = select(Document.id).where(Document.container_id == container.id, Document.sha256.not_in(list(kept)))
    gone = list(session.execute(own).scalars())
    if not gone:
        return
    everything = [*gone, *below(session, gone)]
    passages = select(Passage.id).where(Passage.document_id.in_(everything)).order_by(Passage.id)
    feed.forget(session, list(session.execute(passages).scalars()))
    session.execute(delete(Document).where(Document.id.in_(everything)))


def below(session: Session, document_ids: Sequence[int]) -> list[int]:
    """Ids of all documents that came out of these, and out of those in turn."""
    found: list[int] = []
    level = list(document_ids)
    while level:
        level = list(session.execute(select(Document.id).where(Document.container_id.in_(level))).scalars())
        found += level
    return found
