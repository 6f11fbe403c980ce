"""Which documents resemble each other, told to whoever may see both, and what reviewers said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from kb.db import Database
from kb.db.entities import Document, Pair, Record, Verdict
from kb.errors import NotAllowed, NotFound
from kb.services import decisions
from kb.services.catalog import possible
from kb.services.visibility import visible_to
from kb.values import Duplicate, Reader

MOST_PAIRS = 200
"""Pairs in the list of all."""

Own = aliased(Document)
OwnRecord = aliased(Record)
Low, High = aliased(Document), aliased(Document)


class Duplicates:
    """Offers what was found alike and keeps verdicts; merges and deletes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_record(self, record_id: int, reader: Reader) -> tuple[Duplicate, ...]:
        """What resembles a record's documents in other records that the reader may see, the most alike first.

        Raises:
            NotFound: there is no such record, or the reader may not know of it.
        """
        with self._database.read() as session:
            _seen(session, record_id, reader)
            return _duplicates(session, Own.record_id == record_id, reader)

    def of_documents(self, document_ids: Iterable[int], reader: Reader) -> dict[int, tuple[Duplicate, ...]]:
        """What resembles each of these documents in other records, for those that anything does."""
        with self._database.read() as session:
            found = _duplicates(session, Own.id.in_(list(document_ids)), reader)
        return {one.of: tuple(other for other in found if other.of == one.of) for one in found}

    def versions(self, record_id: int, reader: Reader) -> tuple[Duplicate, ...]:
        """Documents that tell in another language what one of the record's tells, within the record and elsewhere."""
        with self._database.read() as session:
            _seen(session, record_id, reader)
            mine = and_(Own.record_id == record_id, Pair.relation == "translation")
            return _duplicates(session, mine, reader, within=True)

    def everything(self, reader: Reader) -> tuple[tuple[int, Duplicate], ...]:
        """Pairs that nobody has decided on, the most alike first: a record, and the other with the larger id."""
        with self._database.read() as session:
            found = _rows(session, OwnRecord.id < Record.id, reader)
        return tuple((row.own_record, _duplicate(row)) for row in found[:MOST_PAIRS])

    def dismiss(self, record_id: int, other_id: int, reader: Reader) -> int:
        """Keep the verdict that two records are no duplicates; returns of how many pairs of documents it holds.

        Raises:
            NotAllowed: the reader is no reviewer.
            NotFound: there is no such record, or nothing of the two was found alike.
        """
        _check_reviewer(reader)
        with self._database.write() as session:
            pairs = _pairs_between(session, record_id, other_id, reader)
            decisions.log(session, reader, "no-duplicates", "record", record_id, other=other_id)
            shas = _digests(session, pairs)
            for low, high in pairs:
                verdict = Verdict(low_id=low, high_id=high, account_id=reader.account_id)
                verdict.low_sha256, verdict.high_sha256 = shas[low], shas[high]
                session.merge(verdict)
        return len(pairs)

    def restore(self, record_id: int, other_id: int, reader: Reader) -> int:
        """Take the verdict on two records back, so that they are offered again; raises as `dismiss` does."""
        _check_reviewer(reader)
        with self._database.write() as session:
            pairs = _pairs_between(session, record_id, other_id, reader)
            decisions.log(session, reader, "perhaps-duplicates", "record", record_id, other=other_id)
            for low, high in pairs:
                session.execute(delete(Verdict).where(Verdict.low_id == low, Verdict.high_id == high))
        return len(pairs)


def _check_reviewer(reader: Reader) -> None:
    if not reader.sees_everything:
        raise NotAllowed("Whether records are duplicates is for a curator to say.")


def _seen(session: Session, record_id: int, reader: Reader) -> None:
    chosen = select(Record.id).where(Record.id == possible(record_id), visible_to(reader))
    if session.execute(chosen).first() is None:
        raise NotFound(f"There is no record {record_id}; 'kb search' lists what there is.", record=record_id)


def _duplicates(
    session: Session, own: ColumnElement[bool], reader: Reader, *, within: bool = False
) -> tuple[Duplicate, ...]:
    elsewhere = own if within else and_(own, Own.record_id != Document.record_id)
    return tuple(_duplicate(row) for row in _rows(session, elsewhere, reader))


def _rows(session: Session, condition: ColumnElement[bool], reader: Reader) -> Sequence[Any]:
    """The undecided pairs of a condition, both of whose records the reader may see, the most alike first."""
    seen = condition, visible_to(reader), visible_to(reader, OwnRecord), not_(_decided()), _apart()
    found = [
        row
        for own, other in ((Pair.low_id, Pair.high_id), (Pair.high_id, Pair.low_id))
        for row in session.execute(_joined(own, other).where(*seen))
    ]
    return sorted(found, key=lambda row: (-row.percent, row.relation == "part", row.own, row.document))


def _joined(own: Any, other: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Record.id.label("record"), Record.title, Document.id.label("document"), Document.language),
            *(Own.id.label("own"), Own.record_id.label("own_record"), Pair.relation, Pair.percent),
        )
        .select_from(Pair)
        .join(Own, Own.id == own)
        .join(OwnRecord, OwnRecord.id == Own.record_id)
        .join(Document, Document.id == other)
        .join(Record, Record.id == Document.record_id)
    )


def _decided() -> ColumnElement[bool]:
    """Whether a verdict on the pair holds: both are still the files that were judged."""
    return exists().where(
        Verdict.low_id == Pair.low_id,
        Verdict.high_id == Pair.high_id,
        Low.id == Verdict.low_id,
        High.id == Verdict.high_id,
        Low.sha256 == Verdict.low_sha256,
        High.sha256 == Verdict.high_sha256,
    )


def _apart() -> ColumnElement[bool]:
    """Whether two records are not known to belong together: none became part of another, or is to amend the other."""
    alone = and_(Record.merged_into_id.is_(None), OwnRecord.merged_into_id.is_(None))
    amends = or_(func.coalesce(Record.amends_id, 0) == OwnRecord.id, func.coalesce(OwnRecord.amends_id, 0) == Record.id)
    return and_(alone, not_(amends))


def _duplicate(row: Any) -> Duplicate:
    return Duplicate(
        record=row.record,
        document=row.document,
        title=row.title,
        relation=row.relation,
        percent=row.percent,
        of=row.own,
        language=row.language,
    )


def _pairs_between(session: Session, record_id: int, other_id: int, reader: Reader) -> list[tuple[int, int]]:
    for one in (record_id, other_id):
        _seen(session, one, reader)
    low, high = aliased(Document), aliased(Document)
    chosen = select(Pair.low_id, Pair.high_id).join(low, low.id == Pair.low_id).join(high, high.id == Pair.high_id)
    either = or_(
        and_(low.record_id == record_id, high.record_id == other_id),
        and_(low.record_id == other_id, high.record_id == record_id),
    )
    pairs = [(row.low_id, row.high_id) for row in session.execute(chosen.where(either))]
    if not pairs:
        raise NotFound(
            f"Nothing of records {record_id} and {other_id} was found alike; 'kb duplicates' lists what was.",
            record=record_id,
            other=other_id,
        )
    return pairs


def _digests(session: Session, pairs: Iterable[tuple[int, int]]) -> dict[int, str]:
    ids = {id_ for pair in pairs for id_ in pair}
    return {
        row.id: row.sha256 for row in session.execute(select(Document.id, Document.sha256).where(Document.id.in_(ids)))
    }
