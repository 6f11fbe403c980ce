"""Records that tell the same in several languages, linked by a number they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.entities import Record
from kb.errors import InvalidVersions, NotFound
from kb.services import decisions, rights
from kb.services.catalog import possible
from kb.services.visibility import visible_to
from kb.values import UNDETERMINED, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A record that tells in its language what another one tells in its own."""

    record_id: int
    title: str
    language: str
    state: str


class Works:
    """Links and unlinks language versions; what is found is not changed by it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def versions_of(self, record_id: int, reader: Reader) -> tuple[Version, ...]:
        """The other language versions of a record that the reader may see, by language; none of one she may not."""
        with self._database.read() as session:
            seen = select(Record.work_id).where(Record.id == possible(record_id), visible_to(reader))
            work_id = session.execute(seen).scalar()
            if work_id is None:
                return ()
            others = _of(work_id, reader).where(Record.id != record_id).order_by(Record.language, Record.id)
            return tuple(_version(row) for row in session.execute(others).scalars())

    def link(self, record_ids: Sequence[int], reader: Reader) -> None:
        """Say that records tell the same in several languages, they and all that are linked to any of them.

        Raises:
            NotAllowed: the reader is no reviewer.
            NotFound: there is no such record.
            InvalidVersions: there are not two of them, or two would be in the same language.
        """
        rights.require(reader, "review")
        with self._database.write() as session:
            records = _all(session, record_ids, reader)
            _check(record_ids, records)
            # A number that no other work can have: that of one of its own records, if none was used before.
            work_id = min((one.work_id for one in records if one.work_id is not None), default=None)
            for one in records:
                one.work_id = work_id or min(record.id for record in records)
            ids = [one.id for one in records]
            decisions.log(session, reader, "versions-linked", "record", ids[0], records=ids)

    def unlink(self, record_id: int, reader: Reader) -> None:
        """Take a record out of the language versions it is linked with; raises as `link` does."""
        rights.require(reader, "review")
        with self._database.write() as session:
            records = _all(session, [record_id], reader)
            if len(records) < 2:
                raise InvalidVersions(f"Record {record_id} is linked with no other.", record=record_id)
            for one in records:
                if one.id == record_id or len(records) == 2:
                    one.work_id = None
            ids = [one.id for one in records]
            decisions.log(session, reader, "versions-unlinked", "record", record_id, records=ids)


def take_over(session: Session, keep: Record, drop: Record) -> None:
    """Link what is left of `drop`'s language versions with `keep`, in the session that merges the two."""
    theirs, drop.work_id = drop.work_id, None
    session.flush()
    if theirs is not None:
        mine = keep.work_id = keep.work_id or theirs
        for one in session.execute(select(Record).where(Record.work_id == theirs)).scalars():
            one.work_id = mine
        session.flush()
    alone = select(Record).where(Record.work_id == keep.work_id)
    if keep.work_id is not None and len(session.execute(alone).scalars().all()) == 1:
        keep.work_id = None


def _of(work_id: int, reader: Reader) -> Select[Record]:
    return select(Record).where(Record.work_id == work_id, Record.merged_into_id.is_(None), visible_to(reader))


def _all(session: Session, record_ids: Sequence[int], reader: Reader) -> list[Record]:
    """These records and all that are linked to them, by number."""
    found: dict[int, Record] = {}
    for record_id in record_ids:
        chosen = select(Record).where(Record.id == possible(record_id), visible_to(reader))
        record = session.execute(chosen.where(Record.merged_into_id.is_(None))).scalar()
        if record is None:
            raise NotFound(f"There is no record {record_id}; 'kb list' lists what there is.", record=record_id)
        found[record.id] = record
        if record.work_id is not None:
            found.update({one.id: one for one in session.execute(_of(record.work_id, reader)).scalars()})
    return [found[id_] for id_ in sorted(found)]


def _check(record_ids: Sequence[int], records: Sequence[Record]) -> None:
    if len(set(record_ids)) < 2:
        raise InvalidVersions("Name another record, which tells the same in another language.")
    languages = Counter(one.language for one in records if one.language != UNDETERMINED)
    twice = [language for language, count in languages.items() if count > 1]
    if twice:
        raise InvalidVersions(
            f"Two of these records are in '{twice[0]}': merge them, or correct the language of one.",
            language=twice[0],
        )


def _version(row: Record) -> Version:
    return Version(record_id=row.id, title=row.title, language=row.language, state=row.state)
