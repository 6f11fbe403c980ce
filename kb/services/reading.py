"""Closing the first gap: documents that wait are read, cut into passages, and published with their vectors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from kb.db import Database, feed
from kb.db.entities import Document, Passage, Record, now
from kb.errors import Crashed, IngestError, NotReady
from kb.files import Files
from kb.protocols import Embedder, Progress, Unpacker
from kb.services import fingerprints, leases, publishing, recognition, unpacking
from kb.services.catalog import RECORD_TYPE
from kb.services.fields import PROVISIONAL, READ_LANGUAGE, WHEN_READ, description
from kb.services.languages import as_stated
from kb.services.leases import whoami
from kb.services.patience import patiently
from kb.services.proposals import fill_in_own
from kb.values import UNDETERMINED, Digest, Extraction, Notice, Outcome

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
PART = 500
"""Passages that are inserted at a time."""
READ = ("searchable", "unpacked")
"""States of a document that was read and goes on being found, itself or what came out of it."""
REPORT = "hand the file in again, and report it when that does not help."

Embedded = Sequence[tuple[bytes, bytes]]
"""The vectors of each passage: of the whole, and of its sentences."""

Digester = Callable[[Extraction, Embedder, str], Digest]
"""Cuts an extraction, in the language stated of it or `und`, into passages that fit the embedder's window."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A document that this process has taken on."""

    document_id: int
    record_id: int
    name: str
    sha256: str
    media_type: str
    language: str
    was_searchable: bool


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A document that is read and divided, and waits for its vectors of the model named."""

    claim: Claim
    extraction: Extraction
    digest: Digest
    model_id: int
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs from outside: how to extract, how to cut, and under which rules."""

    extract: Unpacker
    digest: Digester
    recipe: str
    abilities: recognition.Abilities = recognition.nothing


class Reading:
    """The steps of a document from received to searchable or failed; `kb.services.pipeline` does several at a time."""

    def __init__(self, database: Database, files: Files, tools: Tools, *, lease_seconds: int) -> None:
        self._database = database
        self._files = files
        self._tools = tools
        self._lease = timedelta(seconds=lease_seconds)

    def pending(self) -> int:
        """How many documents wait to be read, or to be read again by newer rules."""
        with self._database.read() as session:
            return session.execute(select(func.count()).select_from(Document).where(self._waiting())).scalar_one()

    def unread(self, document_ids: Sequence[int]) -> int:
        """How many of these documents still wait."""
        return sum(1 for outcome in self.outcomes(document_ids) if outcome.status == "waiting")

    def outcomes(self, document_ids: Sequence[int]) -> list[Outcome]:
        """What has become of these documents so far."""
        counted = select(func.count()).where(Passage.document_id == Document.id).scalar_subquery()
        chosen = select(Document, counted).where(Document.id.in_(document_ids)).order_by(Document.id)
        with self._database.read() as session:
            return [_outcome(document, passages) for document, passages in session.execute(chosen)]

    def family(self, document_ids: Sequence[int]) -> list[int]:
        """These documents and all that came out of them."""
        with self._database.read() as session:
            return [*document_ids, *unpacking.below(session, document_ids)]

    def within(self, document_id: int, source: str) -> list[Outcome]:
        """What has become of each file in a container, named by its path below `source`; nested ones after theirs."""
        with self._database.read() as session:
            container = session.get(Document, document_id)
            counted = select(func.count()).where(Passage.document_id == Document.id).scalar_subquery()
            chosen = select(Document, counted).where(Document.container_id == document_id).order_by(Document.id)
            rows = session.execute(chosen).all()
            left_out = _left_out(container, source) if container else []
        told: list[Outcome] = []
        for document, passages in rows:
            path = f"{source}/{document.name}"
            told += [replace(_outcome(document, passages), source=path), *self.within(document.id, path)]
        return [*told, *left_out]

    # --- taking a document on ---------------------------------------------------------------------

    def any_free(self) -> bool:
        """Whether a document can be claimed; a look that takes no lock, for most looks find none."""
        with self._database.read() as session:
            if session.execute(select(Document.id).where(self._waiting()).limit(1)).first() is None:
                return False
            free = select(Document.id).where(self._waiting(), leases.free(session)).limit(1)
            return session.execute(free).first() is not None

    def take(self, besides: Collection[int] = ()) -> Claim | Outcome | None:
        """Claim the next document in line but for those `besides`; None when there is none to be had.

        The attempt is counted before the work; a document that ended its readers too often is given up.
        """
        return patiently(lambda: self._claim(besides)) if self.any_free() else None

    def _claim(self, besides: Collection[int]) -> Claim | Outcome | None:
        with self._database.write() as session:
            free = and_(self._waiting(), leases.free(session), Document.id.not_in(besides))
            chosen = select(Document).where(free).order_by(Document.id).limit(1)
            document = session.execute(chosen.with_for_update(skip_locked=True)).scalar()
            if document is None:
                return None
            if document.attempts >= MOST_ATTEMPTS:
                return _give_up(document, self._tools)
            record = session.get_one(Record, document.record_id)
            document.attempts += 1
            document.lease_owner, document.lease_until = whoami(), now() + self._lease
            return Claim(
                document_id=document.id,
                record_id=document.record_id,
                name=document.name,
                sha256=document.sha256,
                media_type=document.media_type,
                language=_hint(document, record),
                was_searchable=document.status in READ,
            )

    def _waiting(self) -> ColumnElement[bool]:
        # What older rules could not read, newer ones may.
        outdated = and_(Document.status.in_((*READ, "failed")), Document.recipe != self._tools.recipe)
        return or_(Document.status == "received", outdated, recognition.overdue(self._tools.abilities()))

    def prepare(self, claim: Claim, model: Callable[[], tuple[int, Embedder]]) -> Ready | Outcome:
        """Read a document and divide it for the encoder that is in use; the outcome when that cannot be done.

        Raises:
            NotReady: something is missing that has nothing to do with the document.
        """
        try:
            extraction = self._extract(claim)
            patiently(lambda: self._settle(claim, extraction))
            model_id, embedder = model()
            digest = self._tools.digest(extraction, embedder, claim.language)
            return Ready(claim, extraction, digest, model_id, embedder)
        except IngestError as error:
            return self.fail(claim, error)
        except NotReady:
            raise
        except Exception as error:
            # One document must not keep all that come after it from being read.
            return self.fail(claim, tripped(claim, error))

    def _extract(self, claim: Claim) -> Extraction:
        if claim.media_type == RECORD_TYPE:
            with self._files.open(claim.sha256) as stream:
                blocks = description(json.load(stream))
            return Extraction(media_type=RECORD_TYPE, blocks=blocks)
        with self._database.read() as session:
            keep = unpacking.keeper(self._files, unpacking.room(session, claim.document_id))
        # Recognising the text of many pages takes longer than a lease.
        beat = leases.Heartbeat(self._database, lambda: [claim.document_id], self._lease)
        with leases.beating(beat, self._lease.total_seconds() / 3):
            return unpacking.unpacked(self._tools.extract(self._files.path(claim.sha256), claim.name, keep))

    def _settle(self, claim: Claim, extraction: Extraction) -> None:
        """Note that the file did not harm its reader, so that later accidents are not blamed on it."""
        values = {"attempts": 0, "media_type": extraction.media_type, "lease_until": now() + self._lease}
        with self._database.write() as session:
            session.execute(update(Document).where(self._mine(claim)).values(values))

    def put_back(self, claim: Claim) -> None:
        """Let go of a document with which nothing is wrong, so that it waits again."""
        values = {"lease_owner": None, "lease_until": None, "attempts": 0}
        with self._database.write() as session:
            session.execute(update(Document).where(self._mine(claim)).values(values))

    def _mine(self, claim: Claim) -> ColumnElement[bool]:
        return and_(Document.id == claim.document_id, Document.lease_owner == whoami())

    def heartbeat(self, claims: Callable[[], Iterable[Claim]], progress: Progress | None) -> Progress:
        """A reporter of the encoder's steps that keeps the leases of all documents in hand while it goes on."""
        beat = leases.Heartbeat(self._database, lambda: [one.document_id for one in claims()], self._lease)

        def step(done: int, total: int) -> None:
            beat()
            if progress is not None:
                progress(done, total)

        return step

    # --- the one commit ---------------------------------------------------------------------------

    def publish(self, ready: Ready, vectors: Embedded) -> Outcome | None:
        """Make a document searchable in one transaction; None when it was taken over or replaced meanwhile."""
        fingerprint = fingerprints.made(ready.digest.text, [whole for whole, _ in vectors])
        return patiently(lambda: self._publish(ready, vectors, fingerprint))

    def _publish(self, ready: Ready, vectors: Embedded, fingerprint: fingerprints.Made) -> Outcome | None:
        claim, extraction, digest = ready.claim, ready.extraction, ready.digest
        with self._database.write() as session:
            document = session.execute(select(Document).where(self._mine(claim))).scalar()
            if document is None or document.sha256 != claim.sha256:
                log.warning(
                    "Document %s was taken over or replaced meanwhile; its reading is dropped.", claim.document_id
                )
                return None
            record = session.get_one(Record, document.record_id)
            digest = as_stated(digest, document.stated_language)
            _describe(document, extraction, digest, self._tools)
            document.notices = [*document.notices, *unpacking.place(session, document, extraction.members)]
            if digest.passages:
                _fill_in(record, extraction, digest, is_own=document.container_id is None)
            old = _passage_ids(session, document.id)
            session.execute(delete(Passage).where(Passage.document_id == document.id))
            new = _insert_passages(session, document.id, digest)
            session.flush()
            feed.forget(session, old)
            fingerprints.keep(session, document.id, fingerprint, ready.model_id)
            rows = [feed.Vector(id_, *both) for id_, both in zip(new, vectors, strict=True)]
            feed.add(session, ready.model_id, rows, live=record.state == "published")
            code, message = recognition.partly(document)
            return Outcome(
                source=claim.name,
                status=document.status,
                code=code,
                message=message,
                record_id=record.id,
                document_id=document.id,
                passages=len(new),
            )

    def fail(self, claim: Claim, error: IngestError) -> Outcome:
        """Note why a document cannot be searched, and tell it."""
        patiently(lambda: self._note_failure(claim, error))
        return Outcome(
            source=claim.name,
            status="failed",
            code=error.code,
            message=error.message,
            record_id=claim.record_id,
            document_id=claim.document_id,
        )

    def _note_failure(self, claim: Claim, error: IngestError) -> None:
        with self._database.write() as session:
            document = session.execute(select(Document).where(self._mine(claim))).scalar()
            if document is not None:
                _mark_failed(document, error, self._tools, keep=claim.was_searchable)


def tripped(claim: Claim, error: Exception) -> Crashed:
    """What to tell of a document over which the program itself stumbled."""
    log.error("Reading document %s failed unexpectedly.", claim.document_id, exc_info=error)
    return Crashed(f"The text could not be processed ({type(error).__name__}): {REPORT}")


def _hint(document: Document, record: Record) -> str:
    """The language its submitter gave; `und` where a curator has the last word, for then what is detected counts.

    What one file was found to be written in is no statement about the others.
    """
    guessed = "language" in record.details.get(PROVISIONAL, ()) or record.details.get(READ_LANGUAGE) == record.language
    return UNDETERMINED if document.stated_language or guessed else record.language


def _release(document: Document) -> None:
    document.lease_owner = document.lease_until = None
    document.attempts = 0


def _give_up(document: Document, tools: Tools) -> Outcome:
    error = Crashed(
        f"Reading the file ended the program {MOST_ATTEMPTS} times; save it anew from the program that made it, "
        "or hand in another format."
    )
    _mark_failed(document, error, tools, keep=document.status in READ)
    return _outcome(document, 0)


def _outcome(document: Document, passages: int) -> Outcome:
    code, message = recognition.partly(document) if document.status == "searchable" else (document.failure_code, "")
    return Outcome(
        source=document.name,
        status="waiting" if document.status == "received" else document.status,
        code=code,
        message=document.failure_message or message,
        record_id=document.record_id,
        document_id=document.id,
        passages=passages,
    )


def _left_out(container: Document, source: str) -> list[Outcome]:
    """What was in a container and is no document, with the reason."""
    return [
        Outcome(
            source=f"{source}/{notice['member']}",
            status=_status_left_out(notice["code"]),
            code=notice["code"],
            message=notice["message"],
            record_id=container.record_id,
        )
        for notice in container.notices
        if "member" in notice
    ]


def _status_left_out(code: str) -> str:
    if code == "duplicate":
        return "duplicate"
    return "left-out" if code in unpacking.HARMLESS else "failed"


def _mark_failed(document: Document, error: IngestError, tools: Tools, *, keep: bool) -> None:
    """Record a failure; a document that was searchable by older rules stays so, with a notice."""
    document.recipe = tools.recipe
    recognition.note_failure(document, error, tools.abilities(), keep=keep)
    _release(document)
    if keep:
        document.notices = [*document.notices, asdict(Notice(code=error.code, message=error.message))]
        return
    document.status, document.failure_code, document.failure_message = "failed", error.code, error.message


def _describe(document: Document, extraction: Extraction, digest: Digest, tools: Tools) -> None:
    document.status = "unpacked" if extraction.members and not digest.passages else "searchable"
    document.recipe = tools.recipe
    recognition.note_lack(document, extraction.lacking, tools.abilities())
    document.recognised = [asdict(page) for page in extraction.recognised]
    document.failure_code = document.failure_message = None
    document.media_type = extraction.media_type
    document.language, document.language_confidence = digest.language, digest.language_confidence
    document.page_count, document.page_labels = extraction.page_count, list(extraction.page_labels)
    document.proposal = asdict(extraction.proposal)
    document.notices = [asdict(notice) for notice in extraction.notices]
    document.text = digest.text
    _release(document)


def _fill_in(record: Record, extraction: Extraction, digest: Digest, *, is_own: bool) -> None:
    """Give a record what its own file, not one within it, says of itself where nobody has stated it."""
    if is_own:
        fill_in_own(record, extraction.proposal)
    if record.language == UNDETERMINED != digest.language:
        record.language = digest.language
        record.details = {**record.details, READ_LANGUAGE: digest.language}
    if WHEN_READ in record.details:
        record.state = record.details[WHEN_READ]
        publishing.stamp(record)
        record.details = {name: value for name, value in record.details.items() if name != WHEN_READ}


def _passage_ids(session: Session, document_id: int) -> list[int]:
    chosen = select(Passage.id).where(Passage.document_id == document_id).order_by(Passage.id)
    return list(session.execute(chosen).scalars())


def _insert_passages(session: Session, document_id: int, digest: Digest) -> Sequence[int]:
    """Ids of the passages in order; they go in part by part, for the rows take several times the room of the text."""
    statement = insert(Passage).returning(Passage.id, sort_by_parameter_order=True)
    ids: list[int] = []
    for start in range(0, len(digest.passages), PART):
        rows = [
            {"document_id": document_id, **asdict(passage), "heading": list(passage.heading)}
            for passage in digest.passages[start : start + PART]
        ]
        ids.extend(session.execute(statement, rows).scalars())
    return ids
