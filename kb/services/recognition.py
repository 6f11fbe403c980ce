"""The gap of text recognition: documents with pages that wait for a recogniser, or for one that can do more."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, false, not_, or_

from kb.db.entities import Document
from kb.errors import IngestError, NeedsOcr
from kb.sentences import tell

Abilities = Callable[[], frozenset[str]]
"""What the recogniser of this machine is and which languages it has; empty without one."""

LOOK_SECONDS = 60.0
"""How long it may take until a recogniser that was installed meanwhile is noticed."""


def nothing() -> frozenset[str]:
    """The abilities of a machine without a recogniser."""
    return frozenset()


def remembered(ask: Abilities, *, clock: Callable[[], float] = time.monotonic) -> Abilities:
    """`ask`, which starts a program, asked once a minute."""
    known: tuple[float, frozenset[str]] | None = None

    def answer() -> frozenset[str]:
        nonlocal known
        if known is None or clock() - known[0] > LOOK_SECONDS:
            known = clock(), ask()
        return known[1]

    return answer


def overdue(abilities: frozenset[str]) -> ColumnElement[bool]:
    """The condition of a document that lacks pages and was not yet tried with one of these abilities.

    What was tried only grows, so that recognition that finds nothing ends, and two machines with different languages
    do not hand a document to and fro.
    """
    if not abilities:
        return false()
    untried = or_(*(not_(Document.tried.contains(f" {one} ", autoescape=True)) for one in sorted(abilities)))
    return and_(Document.lacking > 0, Document.status != "received", untried)


def note_lack(document: Document, lacking: int, abilities: frozenset[str]) -> None:
    """Remember how many pages wait, and with what they were tried."""
    document.lacking = lacking
    tried = abilities.union(document.tried.split()) if lacking else frozenset()
    document.tried = f" {' '.join(sorted(tried))} " if tried else ""


def note_failure(document: Document, error: IngestError, abilities: frozenset[str], *, keep: bool) -> None:
    """As `note_lack` for a document that failed; one that stays searchable lacks what it lacked."""
    pages = error.facts.get("pages", 1) if isinstance(error, NeedsOcr) else 0
    note_lack(document, document.lacking if keep else int(str(pages)), abilities)


def partly(document: Document) -> tuple[str | None, str]:
    """Code and message of a searchable document a part of which still needs OCR."""
    if not document.lacking:
        return None, ""
    return NeedsOcr.code, tell("partly-needs-ocr", "en") or ""
