"""One run of an import: entries are taken in, read, and each is told what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from kb.bootstrap import Kb
from kb.errors import KbError, NeedsOcr, StorageFull
from kb.protocols import Progress
from kb.services.fields import State
from kb.services.manifest import Entry, entries
from kb.values import OPERATOR, Outcome
from kb.worker import Worker

Stage = Callable[[str], Progress]
"""Gives each named stage of the work its reporter."""


def run(kb: Kb, manifest: Path, state: State, stage: Stage) -> list[Outcome]:
    """Import a folder or table, going on where an earlier run was interrupted; one outcome a file or description.

    Raises:
        MissingFile, InvalidManifest: there is nothing to import at all.
        StorageFull: the disk has no room for more; what was taken in stays.
    """
    return _take_in(kb, entries(manifest), state, stage)


def add(kb: Kb, paths: Sequence[Path], state: State, stage: Stage) -> list[Outcome]:
    """Add files as records of their own; of one that cannot be read nothing stays, unless it only waits for OCR."""
    outcomes = _take_in(kb, [Entry(source=str(path), paths=(path,)) for path in paths], state, stage)
    for record_id in {one.record_id for one in outcomes if one.record_id is not None and _is_lost(one)}:
        kb.intake.discard(record_id)
    return outcomes


def _is_lost(one: Outcome) -> bool:
    return one.status == "failed" and one.code != NeedsOcr.code


def _take_in(kb: Kb, todo: Sequence[Entry], state: State, stage: Stage) -> list[Outcome]:
    report = stage("Taking in")
    received: list[Outcome] = []
    for done, entry in enumerate(todo, start=1):
        received.extend(_receive(kb, entry, state))
        report(done, len(todo))
    return _compared(kb, _read(kb, received, stage))


def _receive(kb: Kb, entry: Entry, state: State) -> list[Outcome]:
    """Hand one entry in; what is wrong with it is its outcome."""
    try:
        if entry.error is not None:
            raise entry.error
        if entry.fields is not None:
            return kb.intake.add_record(entry.fields, entry.paths, source=entry.source, state=state)
        return [replace(kb.intake.add_file(path, state=state), source=entry.source) for path in entry.paths]
    except StorageFull:
        # Every further file would fail alike.
        raise
    except KbError as error:
        return [Outcome(source=entry.source, status="rejected", code=error.code, message=error.message)]


def _read(kb: Kb, received: Sequence[Outcome], stage: Stage) -> list[Outcome]:
    """Read every document that waits, and tell what became of those received and of all that came out of them."""
    own = [one.document_id for one in received if one.document_id is not None]
    read: dict[int, Outcome] = {}
    if kb.reading.unread(kb.reading.family(own)):
        read = _drain(kb, own, stage("Reading"))
    return _with_members(kb, [_became(one, read) for one in received])


def _drain(kb: Kb, own: Sequence[int], report: Progress) -> dict[int, Outcome]:
    """Work until none of these waits, nor anything in them; returns what became of them."""
    read: dict[int, Outcome] = {}

    def note(outcome: Outcome) -> None:
        if outcome.document_id is not None and outcome.document_id in own:
            read[outcome.document_id] = outcome
            report(len(read), len(own))

    Worker(kb, report=note).drain(until=lambda: not kb.reading.unread(kb.reading.family(own)))
    # Another worker may have read some of them.
    elsewhere = kb.reading.outcomes([id_ for id_ in own if id_ not in read])
    return read | {one.document_id: one for one in elsewhere if one.document_id is not None}


def _with_members(kb: Kb, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Each outcome, followed by those of the files in it."""
    told: list[Outcome] = []
    for one in outcomes:
        told.append(one)
        if one.document_id is not None and one.status != "duplicate":
            within = kb.reading.within(one.document_id, one.source)
            told += [_unchanged(member) for member in within] if one.status == "unchanged" else within
    return told


def _unchanged(one: Outcome) -> Outcome:
    return replace(one, status="unchanged") if one.status in ("searchable", "unpacked") else one


def _compared(kb: Kb, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Each outcome with what its document resembles; whoever imports may see everything."""
    ids = [one.document_id for one in outcomes if one.document_id is not None]
    resembling = kb.duplicates.of_documents(ids, OPERATOR)
    return [replace(one, resembles=(*one.resembles, *resembling.get(one.document_id or 0, ()))) for one in outcomes]


def _became(one: Outcome, read: dict[int, Outcome]) -> Outcome:
    if one.status != "waiting" or one.document_id is None or one.document_id not in read:
        return one
    return replace(read[one.document_id], source=one.source)
