"""Closing the first gap: documents that wait are read, cut into passages, embedded and published in one commit."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache

import psutil
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from kb.db import Database, feed
from kb.db.entities import Document, Passage, Record, now
from kb.errors import Crashed, IngestError, NotReady
from kb.files import Files
from kb.protocols import Embedder, Extractor, Progress
from kb.services.catalog import RECORD_TYPE
from kb.services.embedding import embed
from kb.services.fields import description
from kb.services.intake import PROVISIONAL, WHEN_READ
from kb.values import UNDETERMINED, Digest, Extraction, Outcome

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
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


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs from outside: how to extract, how to cut, and under which rules."""

    extract: Extractor
    digest: Digester
    recipe: str


@cache
def whoami() -> str:
    """Names this process so that others can tell whether it still lives: host, pid and start time."""
    return _owner(socket.gethostname(), os.getpid(), psutil.Process().create_time())


def _owner(host: str, pid: int, started: float) -> str:
    return f"{host}:{pid}:{started:.2f}"


def _dead(owner: str) -> bool:
    """Whether the process of that name ran on this machine and is gone."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        return _owner(host, int(pid), psutil.Process(int(pid)).create_time()) != owner
    except psutil.NoSuchProcess:
        return True


class Reading:
    """Takes one waiting document at a time from received to searchable or failed."""

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

    def read_one(self, model_id: int, embedder: Embedder, progress: Progress | None = None) -> Outcome | None:
        """Read the next document in line; None when there is none to be had."""
        claim = self._claim() if self._any_free() else None
        if claim is None or isinstance(claim, Outcome):
            return claim
        try:
            extraction = self._extract(claim)
            self._settle(claim, extraction)
            digest = self._tools.digest(extraction, embedder, claim.language)
            vectors = self._embed(claim, digest, embedder, progress)
        except IngestError as error:
            return self._fail(claim, error)
        except NotReady:
            # Nothing is wrong with the document: it waits until what is missing is there.
            self._put_back(claim)
            raise
        except Exception as error:
            # One document must not keep all that come after it from being read.
            log.exception("Reading document %s failed unexpectedly.", claim.document_id)
            return self._fail(claim, Crashed(f"The text could not be processed ({type(error).__name__}): {REPORT}"))
        return self._publish(claim, extraction, digest, model_id, vectors)

    # --- taking a document on ---------------------------------------------------------------------

    def _any_free(self) -> bool:
        """Whether a document can be claimed; a look that takes no lock, for most looks find none."""
        with self._database.read() as session:
            if session.execute(select(Document.id).where(self._waiting()).limit(1)).first() is None:
                return False
            return (
                session.execute(select(Document.id).where(self._waiting(), _free(session)).limit(1)).first() is not None
            )

    def _claim(self) -> Claim | Outcome | None:
        with self._database.write() as session:
            chosen = select(Document).where(self._waiting(), _free(session)).order_by(Document.id).limit(1)
            document = session.execute(chosen.with_for_update(skip_locked=True)).scalar()
            if document is None:
                return None
            if document.attempts >= MOST_ATTEMPTS:
                return _give_up(document, self._tools.recipe)
            record = session.get_one(Record, document.record_id)
            document.attempts += 1
            document.lease_owner, document.lease_until = whoami(), now() + self._lease
            return Claim(
                document_id=document.id,
                record_id=document.record_id,
                name=document.name,
                sha256=document.sha256,
                media_type=document.media_type,
                language=UNDETERMINED if "language" in record.details.get(PROVISIONAL, ()) else record.language,
                was_searchable=document.status == "searchable",
            )

    def _waiting(self) -> ColumnElement[bool]:
        outdated = and_(Document.status == "searchable", Document.recipe != self._tools.recipe)
        return or_(Document.status == "received", outdated)

    def _extract(self, claim: Claim) -> Extraction:
        if claim.media_type == RECORD_TYPE:
            with self._files.open(claim.sha256) as stream:
                blocks = description(json.load(stream))
            return Extraction(media_type=RECORD_TYPE, blocks=blocks)
        return self._tools.extract(self._files.path(claim.sha256), claim.name)

    def _settle(self, claim: Claim, extraction: Extraction) -> None:
        """Note that the file did not harm its reader, so that later accidents are not blamed on it."""
        values = {"attempts": 0, "media_type": extraction.media_type, "lease_until": now() + self._lease}
        with self._database.write() as session:
            session.execute(update(Document).where(self._mine(claim)).values(values))

    def _put_back(self, claim: Claim) -> None:
        values = {"lease_owner": None, "lease_until": None, "attempts": 0}
        with self._database.write() as session:
            session.execute(update(Document).where(self._mine(claim)).values(values))

    def _mine(self, claim: Claim) -> ColumnElement[bool]:
        return and_(Document.id == claim.document_id, Document.lease_owner == whoami())

    def _embed(self, claim: Claim, digest: Digest, embedder: Embedder, progress: Progress | None) -> Embedded:
        beat = _Heartbeat(self._database, self._mine(claim), self._lease)

        def step(done: int, total: int) -> None:
            beat()
            if progress is not None:
                progress(done, total)

        return embed(embedder, digest.passages, step)

    # --- the one commit ---------------------------------------------------------------------------

    def _publish(
        self, claim: Claim, extraction: Extraction, digest: Digest, model_id: int, vectors: Embedded
    ) -> Outcome | None:
        with self._database.write() as session:
            document = session.execute(select(Document).where(self._mine(claim))).scalar()
            if document is None or document.sha256 != claim.sha256:
                log.warning(
                    "Document %s was taken over or replaced meanwhile; its reading is dropped.", claim.document_id
                )
                return None
            record = session.get_one(Record, document.record_id)
            _describe(document, extraction, digest, self._tools.recipe)
            _fill_in(record, extraction, digest)
            old = _passage_ids(session, document.id)
            session.execute(delete(Passage).where(Passage.document_id == document.id))
            new = _insert_passages(session, document.id, digest)
            session.flush()
            feed.forget(session, old)
            rows = [feed.Vector(id_, *both) for id_, both in zip(new, vectors, strict=True)]
            feed.add(session, model_id, rows, live=record.state == "published")
            return Outcome(
                source=claim.name,
                status="searchable",
                record_id=record.id,
                document_id=document.id,
                passages=len(new),
            )

    def _fail(self, claim: Claim, error: IngestError) -> Outcome:
        with self._database.write() as session:
            document = session.execute(select(Document).where(self._mine(claim))).scalar()
            if document is not None:
                _mark_failed(document, error, self._tools.recipe, keep=claim.was_searchable)
        return Outcome(
            source=claim.name,
            status="failed",
            code=error.code,
            message=error.message,
            record_id=claim.record_id,
            document_id=claim.document_id,
        )


class _Heartbeat:
    """Extends a lease while work goes on, at most three times a lease."""

    def __init__(self, database: Database, mine: ColumnElement[bool], lease: timedelta) -> None:
        self._database, self._mine, self._lease = database, mine, lease
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last < self._lease.total_seconds() / 3:
            return
        self._last = time.monotonic()
        with self._database.write() as session:
            session.execute(update(Document).where(self._mine).values(lease_until=now() + self._lease))


def _free(session: Session) -> ColumnElement[bool]:
    """The condition a document meets when nobody works on it."""
    return or_(Document.lease_until.is_(None), Document.lease_until < now(), Document.lease_owner.in_(_gone(session)))


def _gone(session: Session) -> list[str]:
    """Owners of leases whose process is known to have ended."""
    owners = session.execute(select(Document.lease_owner).where(Document.lease_owner.is_not(None)).distinct()).scalars()
    return [owner for owner in owners if owner and _dead(owner)]


def _release(document: Document) -> None:
    document.lease_owner = document.lease_until = None
    document.attempts = 0


def _give_up(document: Document, recipe: str) -> Outcome:
    error = Crashed(
        f"Reading the file ended the program {MOST_ATTEMPTS} times; save it anew from the program that made it, "
        "or hand in another format."
    )
    _mark_failed(document, error, recipe, keep=document.status == "searchable")
    return _outcome(document, 0)


def _outcome(document: Document, passages: int) -> Outcome:
    return Outcome(
        source=document.name,
        status="waiting" if document.status == "received" else document.status,
        code=document.failure_code,
        message=document.failure_message or "",
        record_id=document.record_id,
        document_id=document.id,
        passages=passages,
    )


def _mark_failed(document: Document, error: IngestError, recipe: str, *, keep: bool) -> None:
    """Record a failure; a document that was searchable by older rules stays so, with a notice."""
    document.recipe = recipe
    _release(document)
    if keep:
        document.notices = [*document.notices, {"code": error.code, "message": error.message, "page": None}]
        return
    document.status, document.failure_code, document.failure_message = "failed", error.code, error.message


def _describe(document: Document, extraction: Extraction, digest: Digest, recipe: str) -> None:
    document.status, document.recipe = "searchable", recipe
    document.failure_code = document.failure_message = None
    document.media_type = extraction.media_type
    document.language, document.language_confidence = digest.language, digest.language_confidence
    document.page_count, document.page_labels = extraction.page_count, list(extraction.page_labels)
    document.proposal = asdict(extraction.proposal)
    document.notices = [asdict(notice) for notice in extraction.notices]
    document.text = digest.text
    _release(document)


def _fill_in(record: Record, extraction: Extraction, digest: Digest) -> None:
    """Give a record what its file says of itself where nobody has stated it."""
    open_fields = set(record.details.get(PROVISIONAL, ()))
    if "title" in open_fields and extraction.proposal.title:
        record.title = extraction.proposal.title[:250]
    if record.language == UNDETERMINED:
        record.language = digest.language
    if open_fields and record.year is None and extraction.proposal.created:
        record.year = int(extraction.proposal.created[:4])
    if open_fields and extraction.proposal.authors:
        record.details = {**record.details, "authors": list(extraction.proposal.authors)}
    if WHEN_READ in record.details:
        record.state = record.details[WHEN_READ]
        record.details = {name: value for name, value in record.details.items() if name != WHEN_READ}


def _passage_ids(session: Session, document_id: int) -> list[int]:
    chosen = select(Passage.id).where(Passage.document_id == document_id).order_by(Passage.id)
    return list(session.execute(chosen).scalars())


def _insert_passages(session: Session, document_id: int, digest: Digest) -> Sequence[int]:
    rows = [
        {"document_id": document_id, **asdict(passage), "heading": list(passage.heading)} for passage in digest.passages
    ]
    if not rows:
        return []
    inserted = session.execute(insert(Passage).returning(Passage.id, sort_by_parameter_order=True), rows)
    return list(inserted.scalars())
