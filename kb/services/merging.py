"""Two records become one: documents, words, places in collections and links move, and nothing is thrown away.

What the two have twice stays where it was, with the record that is archived; its address leads to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.editorial import Feedback, Visits
from kb.db.entities import Collection, CollectionRecord, Record
from kb.db.people import Match
from kb.errors import InvalidMerge, NotFound
from kb.files import Files
from kb.services import (
    amending,
    decisions,
    informing,
    joining,
    publishing,
    revisions,
    rights,
    uploads,
    working,
    works,
)
from kb.services.catalog import possible
from kb.services.describing import describe
from kb.services.fields import check
from kb.services.informing import Link
from kb.services.visibility import visible_to
from kb.values import Reader

MERGED = ("submitted", "returned", "published")
"""States of records that can be merged: of others it was decided already that they are not to be found."""


class Merging:
    """Merges records on behalf of a curator."""

    def __init__(self, database: Database, files: Files, link: Link) -> None:
        self._database = database
        self._files = files
        self._link = link

    def merge(self, keep_id: int, drop_id: int, versions: tuple[int, int], reader: Reader, why: str = "") -> None:
        """Let record `drop_id` become part of record `keep_id`, which are of these versions.

        Raises:
            NotAllowed: the reader is no curator.
            NotFound: there is no such record.
            InvalidMerge: they are the same, one is an amendment, or their states do not go together.
            InvalidFields: a change proposed of the one cannot be one of the other.
            Outdated: somebody changed one of them in the meantime.
        """
        rights.require(reader, "merge")
        with self._database.write() as session:
            keep, drop = (_existing(session, record_id, reader) for record_id in (keep_id, drop_id))
            _check(keep, drop)
            for record, version in zip((keep, drop), versions, strict=True):
                revisions.require_version(record, version)
            proposed = _proposed(session, drop.id)
            facts = self._join(session, keep, drop)
            _archive(session, keep, drop, reader, why)
            for amendment, changes in proposed:
                self._amend_instead(session, amendment, changes, keep, reader)
            decisions.log(session, reader, "merged", "record", drop.id, into=keep.id, version=drop.version, **facts)
            # Whoever may not see the other record yet is led there by the old address once she may.
            shown = keep if keep.state == "published" else drop
            link = self._link(f"/records/{shown.id}")
            informing.tell_submitter(session, drop, "review.merged", reader, link, reason=why.strip())

    def _join(self, session: Session, keep: Record, drop: Record) -> dict[str, Any]:
        """Move all that there is; returns what was moved, as it takes to undo it by hand."""
        words = joining.own_words(session, drop)
        filled = joining.fill(keep, drop)
        documents = joining.move_documents(session, keep, drop)
        if words is not None and joining.move_words(session, self._files, words, keep, drop):
            documents["moved"].append(words.id)
        describe(session, keep)
        uploads.describe_anew(session, self._files, keep, revisions.stated(keep))
        linked = drop.work_id
        works.take_over(session, keep, drop)
        return {
            **documents,
            "fields": filled,
            "collections": _move_entries(session, keep.id, drop.id),
            "searches": _move_matches(session, keep.id, drop.id),
            "days": _move_visits(session, keep.id, drop.id),
            "feedback": _move_feedback(session, keep.id, drop.id),
            "work": linked,
        }

    def _amend_instead(
        self, session: Session, amendment: Record, changes: Mapping[str, Any], keep: Record, reader: Reader
    ) -> None:
        """Let a change proposed of the record that is archived be one of the record that stays."""
        amendment.amends_id, amendment.amends_version = keep.id, keep.version
        fields = check({**revisions.stated(keep), **changes})
        working.put(session, self._files, amendment, fields, changes.keys())
        revisions.keep(session, amendment, reader)


def _existing(session: Session, record_id: int, reader: Reader) -> Record:
    chosen = select(Record).where(Record.id == possible(record_id), visible_to(reader))
    record = session.execute(chosen).scalar()
    if record is None:
        raise NotFound(f"There is no record {record_id}; 'kb list' lists what there is.", record=record_id)
    return record


def _check(keep: Record, drop: Record) -> None:
    if keep.id == drop.id:
        raise InvalidMerge(f"Record {keep.id} cannot be merged with itself.")
    if keep.amends_id is not None or drop.amends_id is not None:
        raise InvalidMerge("A proposed change is accepted or rejected, not merged.")
    for record in (keep, drop):
        if record.state not in MERGED:
            raise InvalidMerge(f"Record {record.id} is {record.state}: only {', '.join(MERGED)} ones can be merged.")
    if drop.state == "published" and keep.state != "published":
        raise InvalidMerge(
            f"Record {drop.id} is published and record {keep.id} is not: merge the other way round, "
            "or nobody would find it any more."
        )


def _archive(session: Session, keep: Record, drop: Record, reader: Reader, why: str) -> None:
    """Keep both as their next versions, the one archived and leading to the other, and announce what is found now."""
    session.execute(update(Record).where(Record.merged_into_id == drop.id).values(merged_into_id=keep.id))
    drop.state, drop.merged_into_id, drop.assignee_id = "archived", keep.id, None
    revisions.keep(session, keep, reader, f"← {drop.id}. {why}".strip(" ."))
    revisions.keep(session, drop, reader, f"→ {keep.id}. {why}".strip(" ."))
    for record in (drop, keep):
        publishing.announce(session, record)


def _move_entries(session: Session, keep_id: int, drop_id: int) -> list[int]:
    """Give the kept record the other's places in collections; where it has its own, it gets the note."""
    rows = session.execute(select(CollectionRecord).where(CollectionRecord.record_id == drop_id)).scalars().all()
    for row in rows:
        mine = session.get(CollectionRecord, (row.collection_id, keep_id))
        if mine is None:
            session.add(_entry(row, keep_id))
        elif row.note and row.note not in mine.note:
            mine.note = "\n\n".join(part for part in (mine.note, row.note) if part)
        session.delete(row)
        session.get_one(Collection, row.collection_id).version += 1
    session.flush()
    return [row.collection_id for row in rows]


def _entry(row: CollectionRecord, record_id: int) -> CollectionRecord:
    return CollectionRecord(
        collection_id=row.collection_id,
        record_id=record_id,
        position=row.position,
        section=row.section,
        note=row.note,
    )


def _move_matches(session: Session, keep_id: int, drop_id: int) -> list[int]:
    """Let saved searches that found the one have found the other, with the better probability and mailed if either."""
    rows = session.execute(select(Match).where(Match.record_id == drop_id)).scalars().all()
    for row in rows:
        mine = session.get(Match, (row.search_id, keep_id))
        if mine is None:
            mine = Match(search_id=row.search_id, record_id=keep_id, probability=0.0, found_at=row.found_at)
            session.add(mine)
        mine.probability = max(mine.probability, row.probability)
        mine.mailed_at = mine.mailed_at or row.mailed_at
        session.delete(row)
    session.flush()
    return [row.search_id for row in rows]


def _move_visits(session: Session, keep_id: int, drop_id: int) -> int:
    """Add the visits of the one to those of the other, day by day."""
    rows = session.execute(select(Visits).where(Visits.record_id == drop_id)).scalars().all()
    for row in rows:
        mine = session.get(Visits, (row.day, keep_id))
        if mine is None:
            mine = Visits(day=row.day, record_id=keep_id, count=0)
            session.add(mine)
        mine.count += row.count
        session.delete(row)
    session.flush()
    return len(rows)


def _move_feedback(session: Session, keep_id: int, drop_id: int) -> int:
    """What readers reported of the one is to be answered of the other."""
    of_drop = Feedback.record_id == drop_id
    count = session.execute(select(func.count()).select_from(Feedback).where(of_drop)).scalar_one()
    session.execute(update(Feedback).where(of_drop).values(record_id=keep_id))
    return count


def _proposed(session: Session, drop_id: int) -> list[tuple[Record, Mapping[str, Any]]]:
    """The changes of a record that are proposed, or may be again, and what each would change."""
    rows = select(Record).where(Record.amends_id == drop_id, Record.state.in_((*amending.WAITING, "rejected")))
    return [(row, amending.changes(session, row)) for row in session.execute(rows).scalars()]
