"""A submitter's desk: her records, what became of them and what is asked of her; versions, and what differs in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from kb.db import Database
from kb.db.editorial import Remark, Revision
from kb.db.entities import Document, Record
from kb.db.people import Account
from kb.errors import NotAllowed
from kb.services import amending, completeness, differences, revisions, rights, working
from kb.services.catalog import LARGEST_ID, RECORD_TYPE
from kb.services.revisions import stated
from kb.services.visibility import visible_to
from kb.values import Difference, FileProgress, Lack, OwnRecord, Reader, RevisionView

MOST = 500
"""Records on one page of a submitter's own."""


class Desk:
    """Tells whoever works on records how they stand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def records(self, reader: Reader) -> tuple[OwnRecord, ...]:
        """The reader's own records, the last changed first; raises `NotAllowed` for one without an account."""
        if reader.account_id is None:
            raise NotAllowed("Sign in to see your own records.")
        chosen = select(Record).where(Record.submitter_id == reader.account_id).order_by(Record.updated_at.desc())
        with self._database.read() as session:
            rows = list(session.execute(chosen.limit(MOST).options(selectinload(Record.documents))).scalars())
            asked, remarks = _reasons(session, rows), _remarks(session, rows)
            amended = _titles(session, [row.amends_id for row in rows if row.amends_id])
            pending = {row.amends_id: row.id for row in rows if row.amends_id and row.state in amending.WAITING}
            return tuple(
                OwnRecord(
                    record_id=row.id,
                    title=row.title,
                    kind=row.kind,
                    state=row.state,
                    version=row.version,
                    updated_at=row.updated_at,
                    actions=working.actions(row, reader),
                    waiting=sum(one.status == "received" for one in row.documents),
                    failed=tuple((one.name, one.failure_code or "") for one in row.documents if one.status == "failed"),
                    asked=asked.get(row.id, ""),
                    remarks=remarks.get(row.id, ()),
                    amends_id=row.amends_id,
                    amends_title=amended.get(row.amends_id or 0, ""),
                    amendment_id=pending.get(row.id),
                    merged_into_id=row.merged_into_id,
                )
                for row in rows
            )

    def progress(self, document_ids: Sequence[int], reader: Reader) -> tuple[FileProgress, ...]:
        """How far files are that were handed in, of those in records that the reader may work on."""
        chosen = select(Document, Record).join(Record, Record.id == Document.record_id).order_by(Document.id)
        seen = chosen.where(Document.id.in_(document_ids), visible_to(reader))
        with self._database.read() as session:
            rows = session.execute(seen.where(Document.media_type != RECORD_TYPE)).all()
            return tuple(
                FileProgress(
                    document_id=row.Document.id,
                    record_id=row.Record.id,
                    name=row.Document.name,
                    title=row.Record.title,
                    status="waiting" if row.Document.status == "received" else row.Document.status,
                    code=row.Document.failure_code,
                )
                for row in rows
                if rights.may(reader, "compare-versions", row.Record)
            )

    def lacks(self, record_id: int, reader: Reader) -> tuple[Lack, ...]:
        """What a record lacks before it can be sent; raises `NotFound` or `NotAllowed` to whom it is not shown."""
        with self._database.read() as session:
            record = working.found(session, record_id, reader, "compare-versions")
            return completeness.lacks(session, record)

    def history(self, record_id: int, reader: Reader) -> tuple[RevisionView, ...]:
        """The versions of a record, newest first; raises as `lacks` does."""
        chosen = select(Revision, Account.name, Account.email).outerjoin(Account, Account.id == Revision.account_id)
        with self._database.read() as session:
            record = working.found(session, record_id, reader, "compare-versions")
            mine = chosen.where(Revision.record_id == record.id).order_by(Revision.number.desc())
            return tuple(
                RevisionView(
                    number=row.Revision.number,
                    at=row.Revision.at,
                    who=row.name or row.email or "",
                    why=row.Revision.why,
                    state=row.Revision.fields.get("state", ""),
                )
                for row in session.execute(mine)
            )

    def difference(self, record_id: int, older: int, newer: int, reader: Reader) -> tuple[Difference, ...]:
        """What two versions say differently; raises as `lacks` does, and `NotFound` for a version there is not."""
        with self._database.read() as session:
            record = working.found(session, record_id, reader, "compare-versions")
            before, after = (
                revisions.version_of(session, record.id, number if 0 <= number <= LARGEST_ID else 0).fields
                for number in (older, newer)
            )
            return differences.between(before, after)

    def proposed(self, record_id: int, reader: Reader) -> tuple[Difference, ...]:
        """What an amendment would change in the record it amends as that is now; nothing for other records."""
        with self._database.read() as session:
            amendment = working.found(session, record_id, reader, "compare-versions")
            record = session.get(Record, amendment.amends_id) if amendment.amends_id else None
            if record is None:
                return ()
            before = stated(record)
            return differences.between(before, {**before, **amending.changes(session, amendment)})


def _reasons(session: Session, rows: Sequence[Record]) -> Mapping[int, str]:
    """Why records came into the state they are in, for those that were sent back, refused or withdrawn."""
    ids = [row.id for row in rows if row.state in ("returned", "rejected", "withdrawn")]
    states = {row.id: row.state for row in rows}
    chosen = select(Revision).where(Revision.record_id.in_(ids), Revision.why != "").order_by(Revision.number)
    found = session.execute(chosen).scalars()
    return {one.record_id: one.why for one in found if one.fields.get("state") == states[one.record_id]}


def _remarks(session: Session, rows: Sequence[Record]) -> Mapping[int, tuple[str, ...]]:
    """What reviewers said of records for their submitters, oldest first; not what these answered."""
    mine = Remark.record_id.in_([row.id for row in rows]) & Remark.internal.is_(False)
    chosen = select(Remark).join(Record, Record.id == Remark.record_id)
    chosen = chosen.where(mine, func.coalesce(Remark.account_id, 0) != Record.submitter_id)
    found: dict[int, tuple[str, ...]] = {}
    for one in session.execute(chosen.order_by(Remark.id)).scalars():
        found[one.record_id] = (*found.get(one.record_id, ()), one.text)
    return found


def _titles(session: Session, ids: Sequence[int]) -> Mapping[int, str]:
    return dict(session.execute(select(Record.id, Record.title).where(Record.id.in_(ids))).all())
