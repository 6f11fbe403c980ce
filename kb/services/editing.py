"""Describing, correcting and sending records: what submitters and curators do to them by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from kb.db import Database, feed
from kb.db.editorial import Remark
from kb.db.entities import Document, Passage, Record
from kb.errors import IngestError, InvalidFields, InvalidState, KbError, MissingFile, NotFound
from kb.files import Files
from kb.services import amending, completeness, decisions, publishing, revisions, rights, unpacking, uploads, working
from kb.services.catalog import RECORD_TYPE, possible, record_view
from kb.services.fields import PROVISIONAL, RecordFields, check
from kb.services.revisions import stated
from kb.services.uploads import Upload
from kb.services.visibility import visible_to
from kb.values import Duplicate, Outcome, Problem, Reader, WorkView

MOST_FILES = 200
"""Files that are handed in with one record; those within an archive are not counted."""

Given = Sequence[tuple[Path, str]]
"""Files by path, each with the name it was handed in under."""


class Editing:
    """Changes records on behalf of a reader; each change is one transaction, kept as a version."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    # --- beginning --------------------------------------------------------------------------------

    def begin(self, fields: RecordFields, reader: Reader) -> int:
        """Begin a draft of the reader's; returns its id. Raises `NotAllowed` when she may hand nothing in."""
        (record_id,) = self.begin_many([(fields, ())], reader)
        return record_id

    def begin_many(self, rows: Sequence[tuple[RecordFields, Given]], reader: Reader) -> list[int]:
        """Begin a draft for each row with its files, all of them or none; returns their ids.

        Raises:
            NotAllowed: the reader may hand nothing in.
            IngestError, MissingFile: one of the files cannot be taken.
        """
        rights.require(reader, "hand-in")
        stored = [(fields, _distinct(self._stored(path, name) for path, name in given)) for fields, given in rows]
        with self._database.write() as session:
            return [self._begin(session, fields, files, reader) for fields, files in stored]

    def hand_in(self, path: Path, name: str, reader: Reader) -> Outcome:
        """Begin a draft of the reader's from one file; what it is called and says is filled in once it is read.

        Where the same bytes are in a record that she may see, they are a duplicate of it. Of others she is told
        nothing: a record of her own arises, and curators find the two alike.

        Raises:
            NotAllowed: the reader may hand nothing in.
            IngestError, MissingFile, StorageFull: the file cannot be taken.
        """
        rights.require(reader, "hand-in")
        upload = self._stored(path, name)
        with self._database.write() as session:
            if known := _known(session, upload.stored.sha256, reader):
                return _duplicate(known, upload)
            title = Path(upload.name).stem.replace("_", " ").strip()[:250] or upload.name[:250]
            record = working.begun(RecordFields(kind="study", title=title), reader)
            record.details = {PROVISIONAL: ["title", "language"]}
            session.add(record)
            session.flush()
            document = uploads.insert(session, record.id, upload)
            self._keep_begun(session, record, reader)
            return _waiting(document)

    def _stored(self, path: Path, name: str) -> Upload:
        try:
            uploads.require_readable(path, name)
        except KbError:
            raise
        except Exception as error:
            # What a file does to whoever looks at it closely is found out away from this process.
            if not path.is_file():
                raise MissingFile(f"{name}: cannot be opened.") from error
        return uploads.store(self._files, path, name)

    def _begin(self, session: Session, fields: RecordFields, files: Sequence[Upload], reader: Reader) -> int:
        record = working.begun(fields, reader)
        session.add(record)
        session.flush()
        working.put(session, self._files, record, fields, ())
        for upload in files:
            uploads.insert(session, record.id, upload)
        self._keep_begun(session, record, reader)
        return record.id

    @staticmethod
    def _keep_begun(session: Session, record: Record, reader: Reader) -> None:
        revisions.keep(session, record, reader)
        decisions.log(session, reader, "begun", "record", record.id, version=record.version)

    # --- changing ---------------------------------------------------------------------------------

    def view(self, record_id: int, reader: Reader) -> WorkView:
        """The record as whoever works on it needs it; raises `NotFound` or `NotAllowed` to all others."""
        with self._database.read() as session:
            record = working.found(session, record_id, reader, "compare-versions")
            loaded = select(Record).where(Record.id == record.id).options(selectinload(Record.documents))
            view = record_view(session.execute(loaded).scalar_one(), reader)
            amended = session.get(Record, record.amends_id) if record.amends_id else None
            return WorkView(
                record=view,
                version=record.version,
                fields=stated(record),
                provisional=tuple(record.details.get(PROVISIONAL, ())),
                actions=working.actions(record, reader),
                submitter_id=record.submitter_id,
                amends_id=record.amends_id,
                amends_version=record.amends_version,
                amends_title=amended.title if amended else "",
            )

    def actions(self, record_id: int, reader: Reader) -> frozenset[str]:
        """What the reader may do with a record; nothing with one she may not know of."""
        with self._database.read() as session:
            record = session.get(Record, possible(record_id))
            return working.actions(record, reader) if record is not None else frozenset()

    def save(self, record_id: int, version: int, changes: Mapping[str, Any], reader: Reader, why: str = "") -> int:
        """Let the record state `changes`, and all else as it was; returns its new version.

        Raises:
            NotFound, NotAllowed: the reader may not.
            Outdated: somebody changed the record since `version`; nothing is overwritten.
            InvalidFields: the record would break the rules, or a published one is changed without a reason.
        """
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "edit")
            revisions.require_version(record, version)
            _require_reason(record, why)
            fields = working.changed(record, changes)
            working.put(session, self._files, record, fields, changes.keys())
            return _kept(session, record, reader, "edited", why)

    def restore(self, record_id: int, number: int, version: int, reader: Reader, why: str = "") -> int:
        """Let the record state what its version `number` did; its state and files stay. Raises as `save` does."""
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "edit")
            revisions.require_version(record, version)
            _require_reason(record, why)
            old = revisions.fields_of(session, record_id, number)
            fields = check(old)
            working.put(session, self._files, record, fields, RecordFields.model_fields)
            return _kept(session, record, reader, "restored", why, number=number)

    def attach(self, record_id: int, version: int, given: Given, reader: Reader) -> list[Outcome]:
        """Add files to a record, each with its own outcome; raises as `save` does, and then adds none."""
        with self._database.read() as session:
            revisions.require_version(working.found(session, record_id, reader, "edit"), version)
        taken = [self._taken(path, name) for path, name in given]
        if not any(isinstance(one, Upload) for one in taken):
            return [one for one in taken if isinstance(one, Outcome)]
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "edit")
            revisions.require_version(record, version)
            outcomes = [one if isinstance(one, Outcome) else _placed(session, record, one) for one in taken]
            _kept(session, record, reader, "files-added", "")
            return outcomes

    def _taken(self, path: Path, name: str) -> Upload | Outcome:
        try:
            return self._stored(path, name)
        except (IngestError, MissingFile) as error:
            return Outcome(source=name, status="rejected", code=error.code, message=error.message)

    def detach(self, record_id: int, version: int, document_id: int, reader: Reader) -> int:
        """Take a file out of a record, with all that came out of it; raises as `save` does."""
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "edit")
            revisions.require_version(record, version)
            document = session.get(Document, possible(document_id))
            if document is None or document.record_id != record.id or document.media_type == RECORD_TYPE:
                raise NotFound(f"Record {record_id} has no file {document_id}.", document=document_id)
            _drop(session, document)
            return _kept(session, record, reader, "file-removed", "", document=document_id)

    # --- sending and taking back ------------------------------------------------------------------

    def submit(self, record_id: int, version: int, reader: Reader, why: str = "") -> None:
        """Send a record for review.

        Raises:
            NotFound, NotAllowed, Outdated: as for `save`.
            InvalidFields: something is missing without which nobody can review it.
        """
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "submit")
            revisions.require_version(record, version)
            _require_complete(session, record)
            publishing.move(session, record_id, "submitted", reader, why)

    def take_back(self, record_id: int, version: int, reader: Reader) -> None:
        """Make a draft again of a record that waits for review; raises as `save` does."""
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "take-back")
            revisions.require_version(record, version)
            publishing.move(session, record_id, "draft", reader)

    def discard(self, record_id: int, version: int, reader: Reader) -> None:
        """Delete a draft for good; raises as `save` does, and `InvalidState` for what was ever sent and accepted."""
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "discard")
            revisions.require_version(record, version)
            if record.state not in working.OPEN:
                raise InvalidState(f"Record {record_id} is {record.state}: only drafts are discarded.")
            publishing.remove(session, record_id)
            decisions.log(session, reader, "discarded", "record", record_id)

    def ask_withdrawal(self, record_id: int, reader: Reader, why: str) -> None:
        """Ask curators to withdraw a published record, as a remark on it; raises as `save` does."""
        with self._database.write() as session:
            record = working.found(session, record_id, reader, "compare-versions")
            if "ask-withdrawal" not in working.actions(record, reader):
                raise InvalidState(f"Record {record_id} is {record.state}: there is nothing to withdraw.")
            _require_reason(record, why)
            session.add(Remark(record_id=record_id, account_id=reader.account_id, text=why.strip()[:2_000]))
            decisions.log(session, reader, "withdrawal-asked", "record", record_id)

    # --- amendments -------------------------------------------------------------------------------

    def amend(self, record_id: int, reader: Reader) -> int:
        """The reader's proposed change of a published record, begun if there is none open; returns its id.

        Raises:
            NotFound, NotAllowed: the reader may not.
            InvalidState: the record is not published.
        """
        with self._database.write() as session:
            return amending.begin(session, working.found(session, record_id, reader, "amend"), reader)

    def accept_amendment(
        self, session: Session, record: Record, reader: Reader, why: str = "", *, version: int | None = None
    ) -> Record:
        """Let an amendment go into the record it amends, in the caller's transaction; see `amending.accept`."""
        return amending.accept(session, self._files, record, reader, amending.Reason(why, version))


def _distinct(stored: Iterator[Upload]) -> list[Upload]:
    return list({one.stored.sha256: one for one in stored}.values())


def _require_reason(record: Record, why: str) -> None:
    if record.state == "published" and not why.strip():
        problem = Problem(field="why", code="required", message="required", facts={})
        raise InvalidFields("Say why a published record is changed.", problems=(problem,))


def _require_complete(session: Session, record: Record) -> None:
    missing = [one.field for one in completeness.lacks(session, record) if one.required]
    if missing:
        problems = tuple(Problem(field=name, code="required", message="required", facts={}) for name in missing)
        raise InvalidFields(f"The record cannot be sent yet; missing: {', '.join(missing)}.", problems=problems)


def _kept(session: Session, record: Record, reader: Reader, action: str, why: str, **facts: object) -> int:
    revisions.keep(session, record, reader, why.strip()[:2_000])
    decisions.log(session, reader, action, "record", record.id, version=record.version, **facts)
    if record.state == "published":
        publishing.announce(session, record)
    return record.version


def _placed(session: Session, record: Record, upload: Upload) -> Outcome:
    there = select(Document).where(Document.record_id == record.id)
    documents = list(session.execute(there).scalars())
    same = next((one for one in documents if one.sha256 == upload.stored.sha256), None)
    if same is not None:
        return Outcome(source=upload.name, status="unchanged", record_id=record.id, document_id=same.id)
    if sum(one.container_id is None for one in documents) >= MOST_FILES:
        return Outcome(source=upload.name, status="rejected", code="too-many-files", message="Too many files.")
    return _waiting(uploads.insert(session, record.id, upload))


def _waiting(document: Document) -> Outcome:
    return Outcome(source=document.name, status="waiting", record_id=document.record_id, document_id=document.id)


def _known(session: Session, sha256: str, reader: Reader) -> tuple[Document, Record] | None:
    """A document of the same bytes in a record that the reader may see, her own before those of others."""
    chosen = select(Document, Record).join(Record, Record.id == Document.record_id)
    seen = chosen.where(Document.sha256 == sha256, visible_to(reader), Record.state.not_in(("archived", "rejected")))
    rows = [(row.Document, row.Record) for row in session.execute(seen.order_by(Document.id))]
    return min(rows, key=lambda row: row[1].submitter_id != reader.account_id, default=None)


def _duplicate(known: tuple[Document, Record], upload: Upload) -> Outcome:
    document, record = known
    itself = Duplicate(
        record=record.id,
        document=document.id,
        title=record.title,
        relation="same-bytes",
        percent=100,
        of=document.id,
        language=document.language,
    )
    message = f"The same bytes are already there as '{document.name}' (record {record.id})."
    return Outcome(
        source=upload.name,
        status="duplicate",
        message=message,
        record_id=record.id,
        document_id=document.id,
        resembles=(itself,),
    )


def _drop(session: Session, document: Document) -> None:
    everything = [document.id, *unpacking.below(session, [document.id])]
    passages = select(Passage.id).where(Passage.document_id.in_(everything)).order_by(Passage.id)
    feed.forget(session, list(session.execute(passages).scalars()))
    session.execute(delete(Document).where(Document.id.in_(everything)))
