"""Reviewing: what waits, what is said and answered about it, who takes it on, and what is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.db.editorial import Assessment, Remark
from kb.db.entities import Record, now
from kb.db.people import Account
from kb.errors import InvalidInput, InvalidState, KbError, NotFound, ReasonMissing
from kb.files import Files
from kb.services import amending, cases, criteria, decisions, informing, publishing, review_queue, revisions, rights
from kb.services.cases import Case, Said, Standing
from kb.services.catalog import possible
from kb.services.criteria import Answers
from kb.services.informing import Link
from kb.services.review_queue import Queue, Sought
from kb.services.steps import STEPS, Decision, Step, steps_of
from kb.services.visibility import visible_to
from kb.values import Reader

LONGEST = 5_000
"""Characters of a remark or a reason."""

LETTERS = {"published": "review.published", "returned": "review.returned", "rejected": "review.rejected"}
"""State a record came into → the letter its submitter gets; of all others that it is no longer published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one record of many: nothing was done where there is an `error`."""

    record_id: int
    error: KbError | None = None

    @property
    def code(self) -> str:
        """The code of the error; empty where it was done."""
        return self.error.code if self.error else ""


class Reviewing:
    """Keeps what reviewers say and decide, each act one transaction with its letters."""

    def __init__(self, database: Database, files: Files, link: Link) -> None:
        self._database = database
        self._files = files
        self._link = link
        self._told: tuple[date, datetime | None] | None = None

    # --- looking ----------------------------------------------------------------------------------

    def queue(self, reader: Reader, sought: Sought | None = None, offset: int = 0) -> Queue:
        """The records that wait, the longest wait first.

        Raises:
            NotAllowed: the reader is no reviewer.
            InvalidFilter: what is sought cannot be.
        """
        rights.require(reader, "review")
        with self._database.read() as session:
            return review_queue.queue(session, sought or Sought(), reader, offset)

    def standing(self, record_id: int, reader: Reader) -> Standing:
        """As much of a case as a decision from elsewhere takes; raises as `case` does."""
        rights.require(reader, "review")
        with self._database.read() as session:
            record = _existing(session, record_id, reader)
            return Standing(version=record.version, decisions=steps_of(record))

    def case(self, record_id: int, reader: Reader) -> Case:
        """All that reviewers know of a record beyond its fields; raises `NotAllowed` or `NotFound`."""
        rights.require(reader, "review")
        with self._database.read() as session:
            return cases.case(session, _existing(session, record_id, reader))

    def remarks(self, record_id: int, reader: Reader) -> tuple[Said, ...]:
        """What was said of a record, oldest first: all of it to reviewers, to its submitter what is meant for her.

        Raises:
            NotFound: there is no such record, or the reader may not know of it.
        """
        with self._database.read() as session:
            record = _existing(session, record_id, reader)
            if rights.may(reader, "review"):
                return cases.said(session, (record.id,))
            if reader.account_id is None or record.submitter_id != reader.account_id:
                return ()
            shared = (one for one in cases.said(session, (record.id,)) if not one.internal)
            return tuple(replace(one, by=replace(one.by, address="")) for one in shared)

    # --- taking on, saying, answering -------------------------------------------------------------

    def assign(self, record_id: int, assignee_id: int | None, reader: Reader) -> None:
        """Give a record to a reviewer, or back to all; she gets a letter unless she took it herself.

        Raises:
            NotAllowed: the reader is no reviewer.
            NotFound: there is no such record, or no such reviewer.
        """
        rights.require(reader, "review")
        with self._database.write() as session:
            record = _existing(session, record_id, reader)
            if record.assignee_id == assignee_id:
                return
            _require_reviewer(session, assignee_id)
            before, record.assignee_id = record.assignee_id, assignee_id
            decisions.log(session, reader, "assigned", "record", record.id, before=before, assignee=assignee_id)
            informing.tell_assignee(session, record, "review.assigned", reader, self._link(f"/review/{record.id}"))

    def remark(self, record_id: int, text: str, reader: Reader, *, internal: bool = True) -> None:
        """Say something of a record: to reviewers only, or to its submitter, who may answer.

        Raises:
            NotAllowed: the reader is neither a reviewer nor the submitter, or she wants to speak to reviewers only.
            NotFound: there is no such record, or the reader may not know of it.
            InvalidInput: there is no text, or too much.
        """
        with self._database.write() as session:
            record = _existing(session, record_id, reader)
            mine = record.submitter_id is not None and record.submitter_id == reader.account_id and not internal
            if not mine:
                rights.require(reader, "review")
            said = _said(text)
            session.add(Remark(record_id=record.id, account_id=reader.account_id, text=said, internal=internal))
            if mine:
                link = self._link(f"/review/{record.id}")
                informing.tell_assignee(session, record, "review.replied", reader, link, text=said)
            elif not internal:
                link = self._link(f"/records/{record.id}#remarks")
                informing.tell_submitter(session, record, "review.remark", reader, link, text=said)

    def assess(self, record_id: int, version: int, answers: Answers, reader: Reader) -> None:
        """Keep answers to the criteria; the last ones count, those before stay to be read.

        Raises:
            NotAllowed, NotFound: as for `assign`.
            InvalidAnswers: there is no such criterion, or an answer is none.
            Outdated: the record is no longer the one that was judged.
        """
        rights.require(reader, "review")
        kept = criteria.checked(answers)
        with self._database.write() as session:
            record = _existing(session, record_id, reader)
            revisions.require_version(record, version)
            if kept != review_queue.latest_answers(session, [record.id]).get(record.id, {}):
                session.add(
                    Assessment(record_id=record.id, account_id=reader.account_id, version=version, answers=kept)
                )
                met = [name for name, answer in kept.items() if answer["met"] is True]
                decisions.log(session, reader, "assessed", "record", record.id, judged=version, met=met)

    # --- deciding ---------------------------------------------------------------------------------

    def decide(self, record_id: int, version: int, decision: Decision, reader: Reader) -> int:
        """Take a decision; returns the record that readers now find, which of an amendment is the one it amends.

        Raises:
            NotAllowed, NotFound: as for `assign`.
            InvalidState: this cannot be decided of a record in its state.
            ReasonMissing: the decision needs a reason, or the criteria for publishing were not all found to be met.
            Outdated: somebody changed the record in the meantime.
        """
        step = STEPS.get(decision.name)
        if step is None:
            raise InvalidInput(f"'{decision.name}' is no decision; there are: {', '.join(STEPS)}.")
        rights.require(reader, step.right)
        with self._database.write() as session:
            record = _existing(session, record_id, reader)
            revisions.require_version(record, version)
            if decision.name not in steps_of(record):
                raise InvalidState(
                    f"Record {record_id} is {record.state}: this cannot be decided of it.", record=record_id
                )
            reason = _reason(step, decision.reason)
            if step.admits and record.amends_id is not None:
                return self._amend(session, record, amending.Reason(reason, decision.seen), reader)
            self._move(session, record, step, reason, reader)
            return record.id

    def _move(self, session: Session, record: Record, step: Step, reason: str, reader: Reader) -> None:
        if step.admits:
            _require_criteria(session, record, reason, reader)
        publishing.move(session, record.id, step.to, reader, reason)
        key = LETTERS.get(step.to, "review.withdrawn")
        informing.tell_submitter(session, record, key, reader, self._link(f"/records/{record.id}"), reason=reason)

    def _amend(self, session: Session, amendment: Record, reason: amending.Reason, reader: Reader) -> int:
        amended = amending.accept(session, self._files, amendment, reader, reason)
        link = self._link(f"/records/{amended.id}")
        informing.tell_submitter(session, amendment, "review.amended", reader, link)
        return amended.id

    def each(self, chosen: Iterable[int], act: Callable[[int], object]) -> tuple[Done, ...]:
        """Do the same with many records, each by itself: one that cannot be done leaves the others alone."""
        return tuple(_done(record_id, act) for record_id in dict.fromkeys(chosen))

    # --- the letter about the queue ---------------------------------------------------------------

    def remind(self) -> bool:
        """Write to reviewers of what was submitted since they were last told; False when nothing is new."""
        with self._database.read() as session:
            state = now().date(), informing.newest(session)
        if state[1] is None or state == self._told:
            return False
        with self._database.write() as session:
            written = informing.tell_reviewers(session, self._link)
        self._told = state
        return written > 0


def _existing(session: Session, record_id: int, reader: Reader) -> Record:
    chosen = select(Record).where(Record.id == possible(record_id), visible_to(reader))
    record = session.execute(chosen).scalar()
    if record is None:
        raise NotFound(f"There is no record {record_id}; 'kb list' lists what there is.", record=record_id)
    return record


def _require_reviewer(session: Session, account_id: int | None) -> None:
    known = select(Account.id).where(Account.id == possible(account_id or 0), review_queue.may_review())
    if account_id is not None and session.execute(known).first() is None:
        raise NotFound(f"Account {account_id} is no reviewer's, or is closed.", account=account_id)


def _said(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise InvalidInput(f"Write something, of at most {LONGEST} characters.")
    return said


def _reason(step: Step, reason: str) -> str:
    given = reason.strip()
    if step.reasoned and not given:
        raise ReasonMissing("Say why, so that whoever submitted it understands what to do.")
    if len(given) > LONGEST:
        raise InvalidInput(f"A reason has at most {LONGEST} characters.")
    return given


def _require_criteria(session: Session, record: Record, reason: str, reader: Reader) -> None:
    """Let a record be published of which not all criteria of admissibility were found to be met only for a reason."""
    unmet = criteria.open_ones(review_queue.latest_answers(session, [record.id]).get(record.id, {}))
    if not unmet:
        return
    if not reason:
        raise ReasonMissing(
            f"Not all criteria of admissibility were found to be met ({', '.join(unmet)}): answer them, or say why "
            "it is published all the same.",
            unmet=len(unmet),
        )
    decisions.log(session, reader, "criteria-waived", "record", record.id, unmet=list(unmet))


def _done(record_id: int, act: Callable[[int], object]) -> Done:
    try:
        act(record_id)
    except KbError as error:
        return Done(record_id=record_id, error=error)
    return Done(record_id=record_id)
