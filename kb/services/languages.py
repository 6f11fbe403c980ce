"""What a curator states of a document's language, against what was detected."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import select, update

from kb.db import Database
from kb.db.entities import Document, Passage, Record
from kb.errors import InvalidInput, NotFound
from kb.services import decisions, publishing, revisions, rights
from kb.services.catalog import possible
from kb.values import OPERATOR, UNDETERMINED, Digest, Reader

_CODE = re.compile(r"[a-z]{2,3}")
READ_AGAIN = ""
"""The recipe of a document that is to be read again whatever the rules."""


class Languages:
    """Sets the language of documents by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, document_id: int, code: str, reader: Reader = OPERATOR) -> int:
        """State the language of a document; its passages are found under it by the same commit.

        Passages that were found to be in another language than the document keep theirs. Gives the number changed.

        Raises:
            NotAllowed: the reader is no curator.
            NotFound: there is no such document.
            InvalidInput: the code is none of ISO 639.
        """
        rights.require(reader, "review")
        if not _CODE.fullmatch(code) or code == UNDETERMINED:
            raise InvalidInput(f"'{code}' is no language code; write two small letters, such as 'it' or 'de'.")
        with self._database.write() as session:
            document = _existing(session.get(Document, possible(document_id)), document_id)
            record = session.get_one(Record, document.record_id)
            before = (document.language, UNDETERMINED)
            mine = (Passage.document_id == document.id) & Passage.language.in_(before)
            changed = len(session.execute(select(Passage.id).where(mine)).all())
            session.execute(update(Passage).where(mine).values(language=code))
            if record.language in before and record.language != code:
                record.language = code
                revisions.keep(session, record, reader)
            facts = {"before": document.language, "after": code}
            decisions.log(session, reader, "language-stated", "document", document.id, record=record.id, **facts)
            document.stated_language = document.language = code
            document.language_confidence = 1.0
            publishing.announce(session, record)
            return changed

    def detect_again(self, document_id: int, reader: Reader = OPERATOR) -> None:
        """Take back what was stated: the document is read again, and its language detected.

        Raises:
            NotAllowed: the reader is no curator.
            NotFound: there is no such document.
        """
        rights.require(reader, "review")
        with self._database.write() as session:
            document = _existing(session.get(Document, possible(document_id)), document_id)
            decisions.log(session, reader, "language-detected", "document", document.id, record=document.record_id)
            document.stated_language = None
            document.recipe = READ_AGAIN


def as_stated(digest: Digest, stated: str | None) -> Digest:
    """A digest under the language that a curator stated, if any; other languages within it stay."""
    if not stated:
        return digest
    mine = (digest.language, UNDETERMINED)
    passages = tuple(
        replace(passage, language=stated) if passage.language in mine else passage for passage in digest.passages
    )
    return replace(digest, language=stated, language_confidence=1.0, passages=passages)


def _existing(document: Document | None, document_id: int) -> Document:
    if document is None:
        raise NotFound(f"There is no document {document_id}; 'kb show' names a record's.", document=document_id)
    return document
