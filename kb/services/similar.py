"""More like this: records that resemble another, a pasted text or a file that is read and forgotten."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from index.likeness import spread
from kb.db import Database, feed
from kb.db.entities import Document, Embedding, Passage, Record
from kb.db.memo import Memo
from kb.errors import Empty, EmptyQuery, InvalidInput, MissingFile, NoText, NotFound, TooLarge, Unsupported
from kb.protocols import Ids, Source
from kb.ranking import Listing, Ranking
from kb.services import catalog, narrowing
from kb.services.catalog import possible
from kb.services.models import Models
from kb.services.reading import Tools
from kb.services.search import Search, seen_by
from kb.services.visibility import visible_to
from kb.values import (
    UNDETERMINED,
    Block,
    Candidate,
    Extraction,
    Filters,
    Hit,
    Neighbours,
    Query,
    Reader,
    RecordView,
    Resemblance,
    Results,
)

MOST_PASSAGES = 64
"""Passages of a text that are compared, spread evenly over it, so that a long one costs no more."""

MOST_EMBEDDED = 32
"""Passages of a text or a file that are embedded, while somebody waits; those of a record have their vectors."""

COMPARED = 100
"""Records that are compared passage by passage, those with the nearest passages."""

LISTED = 20
"""Records listed at most: there is always a nearest, and what comes after so many is hardly like it."""

AROUND = 4
"""Records of each kind that stand around another on its page."""

SHOWN = 3
"""Passages of each record that are handed on."""

LONGEST_TEXT = 200_000
"""Characters of a pasted text; a longer one is a file."""

LONGEST_LABEL = 80
LONGEST_NAME = 255

PAGE = Query(text="")
"""What is asked of the list when nothing else is said: ten records, no filters."""


FEW = 200
"""Up to so many passages of its own a record simply asks for more neighbours; beyond, they are not allowed at all."""

NONE: Ids = np.empty(0, dtype=np.int64)


class _Asked(NamedTuple):
    """What others are to be like: its label, its passages, and the record with all of its passages, if any."""

    label: str
    source: Source
    record_id: int | None = None
    own: Ids = NONE


class Similar:
    """Finds the records most like something, in whatever language they are written; nothing is stored."""

    def __init__(self, database: Database, models: Models, search: Search, tools: Tools, *, max_bytes: int) -> None:
        self._database = database
        self._models = models
        self._search = search
        self._tools = tools
        self._max_bytes = max_bytes
        self._around: tuple[tuple[int, ...], Memo] = ((), Memo(None))

    def to_record(self, record_id: int, reader: Reader, page: Query = PAGE, *, quoted: bool = True) -> Results:
        """Records like this one, which is not among them; filters, offset and limit are those of `page`.

        Without `quoted` they come without passages and counts, which take as long as finding them.

        Raises:
            NotFound: there is no such record, or the reader may not know of it.
            InvalidInput, InvalidFilter: as for a search.
        """
        record_id = possible(record_id)
        with self._database.read() as session:
            title = session.execute(select(Record.title).where(Record.id == record_id, visible_to(reader))).scalar()
            if title is None:
                raise NotFound(f"There is no record {record_id}; 'kb search' lists what there is.", record=record_id)
            own, source = _stored(session, record_id, self._models.in_use_id())
        return self._answer(_Asked(title, source, record_id, own), reader, page, quoted=quoted)

    def neighbours(self, record: RecordView, reader: Reader) -> Neighbours:
        """What stands around a record, a few of each; found once while nothing published changes.

        All that is found is published, so that drafts which are handed in meanwhile change nothing.

        Raises:
            NotReady: no model is in use.
        """
        model_id = self._models.in_use_id()
        with self._database.read() as session:
            state = (model_id, *feed.published(session, model_id))
        around = self._around
        if around[0] != state:
            around = self._around = state, Memo(None)
        key = (record.record_id, record.language, record.place.municipality, reader)
        return around[1].answer(key, lambda: self._neighbours(record, reader))

    def _neighbours(self, record: RecordView, reader: Reader) -> Neighbours:
        hits = self.to_record(record.record_id, reader, Query(text="", limit=LISTED), quoted=False).hits
        abroad = [hit for hit in hits[AROUND:] if hit.language != record.language]
        twins = itertools.islice(_twins(record, hits), AROUND)
        return Neighbours(hits[:AROUND], tuple(abroad[:AROUND]), tuple(twins))

    def to_text(self, text: str, reader: Reader, page: Query = PAGE) -> Results:
        """Records like a pasted text.

        Raises:
            EmptyQuery: there is no letter or digit in it.
            InvalidInput: it is too long; InvalidFilter as for a search.
        """
        if len(text) > LONGEST_TEXT:
            raise InvalidInput(f"The text has more than {LONGEST_TEXT} characters: save it as a file and choose that.")
        blocks = tuple(Block(kind="paragraph", text=part) for part in _paragraphs(text))
        if not any(char.isalnum() for block in blocks for char in block.text):
            raise EmptyQuery("Paste the text that others are to be like: a few sentences at least.")
        label = _shortened(blocks[0].text)
        return self._read(label, Extraction(media_type="text/plain", blocks=blocks), reader, page)

    def to_file(self, path: Path, name: str, reader: Reader, page: Query = PAGE) -> Results:
        """Records like a file, which its owner calls `name`; the file stays where and as it is.

        Raises:
            MissingFile: there is no such file, or it cannot be read.
            IngestError: its text cannot be had, in the words of an upload.
        """
        self._check_size(path)
        # It becomes an argument of the reading process, which no control character may be part of.
        name = "".join(char for char in name if char.isprintable())[-LONGEST_NAME:] or "document"
        extraction = self._tools.extract(path, name)
        if extraction.members and not extraction.blocks:
            raise Unsupported("The file holds several documents. Unpack it and choose one of them.")
        return self._read(_shortened(name), extraction, reader, page)

    def _check_size(self, path: Path) -> None:
        if not path.is_file():
            raise MissingFile(f"{path}: cannot be opened; check the path and that you may read it.")
        size = path.stat().st_size
        if size == 0:
            raise Empty("The file is empty; choose the file that holds the text.")
        if size > self._max_bytes:
            raise TooLarge(f"The file has more than {self._max_bytes >> 20} MB: split it, or raise KB_MAX_FILE_MB.")

    def _read(self, label: str, extraction: Extraction, reader: Reader, page: Query) -> Results:
        """Cut a text as on the way in, embed a part of its passages, and compare."""
        _, embedder = self._models.current()
        passages = self._tools.digest(extraction, embedder, UNDETERMINED).passages
        if not passages:
            raise NoText("No text could be read from it; choose a file or a part that has some.")
        chosen = [passages[row] for row in spread(len(passages), MOST_EMBEDDED)]
        vectors = embedder.embed_passages([passage.text for passage in chosen])
        source = Source(vectors, tuple(passage.language for passage in chosen))
        return self._answer(_Asked(label, source), reader, page)

    def _answer(self, asked: _Asked, reader: Reader, page: Query, *, quoted: bool = True) -> Results:
        query = self._search.checked(replace(page, text=_labelled(asked)))
        language = Counter(asked.source.languages).most_common(1)[0][0] if asked.source.languages else UNDETERMINED
        with self._models.reading() as (session, space):
            query = replace(query, filters=narrowing.resolve(session, query.filters, reader))
            if not asked.source.languages:
                return self._search.listed(session, query, language, Listing.of(Ranking.of([])), reader, answered=False)
            many = asked.own.size > FEW
            narrowed = bool(query.filters) or many
            allowed = space.passages_of(catalog.allowed(session, query.filters, reader)) if narrowed else None
            if allowed is not None:
                allowed = np.setdiff1d(allowed, asked.own)
            near = space.neighbours(asked.source, 0 if many else asked.own.size, allowed)
            nominated = _records_of(session, near.tolist(), query.filters, reader, without=asked.record_id)
            groups = _passages_of(session, nominated)
            found = space.resembling(asked.source, list(groups.values()))
            records = _ranked(session, found, reader)
            answered = len(records) > 0
            return self._search.listed(session, query, language, records, reader, answered=answered, quoted=quoted)


def _twins(record: RecordView, hits: Sequence[Hit]) -> Iterator[Hit]:
    """The practice most like this one of each other municipality."""
    seen = {record.place.municipality, None}
    for hit in hits:
        if hit.kind == "practice" and hit.place.municipality not in seen:
            seen.add(hit.place.municipality)
            yield hit


def _stored(session: Session, record_id: int, model_id: int) -> tuple[Ids, Source]:
    """Ids of a record's passages, and the vectors of some of them."""
    chosen = (
        select(Passage.id, Passage.language)
        .join(Document)
        .where(Document.record_id == record_id)
        .order_by(Passage.document_id, Passage.ordinal)
    )
    rows = session.execute(chosen).all()
    part = {rows[row].id: rows[row].language for row in spread(len(rows), MOST_PASSAGES)}
    embedded = select(Embedding.passage_id, Embedding.data).where(
        Embedding.model_id == model_id, Embedding.passage_id.in_(part), Embedding.data != b""
    )
    held = session.execute(embedded.order_by(Embedding.passage_id)).all()
    vectors = np.frombuffer(b"".join(row.data for row in held), dtype="<f4").reshape(len(held), -1 if held else 0)
    return np.array([row.id for row in rows], dtype=np.int64), Source(
        vectors.astype(np.float32), tuple(part[row.passage_id] for row in held)
    )


def _records_of(
    session: Session, passage_ids: Sequence[int], filters: Filters, reader: Reader, *, without: int | None
) -> list[int]:
    """Records of these passages that the reader may see, in order of their first passage, at most so many."""
    chosen = select(Passage.id, Document.record_id).join(Document).join(Record)
    seen = chosen.where(Passage.id.in_(passage_ids), visible_to(reader), *narrowing.matching(filters, reader))
    owner = {row.id: row.record_id for row in session.execute(seen)}
    ids = dict.fromkeys(owner[id_] for id_ in passage_ids if id_ in owner)
    return [id_ for id_ in ids if id_ != without][:COMPARED]


def _passages_of(session: Session, record_ids: Sequence[int]) -> dict[int, Ids]:
    """Passages of each record, of a long one as many as of a source, spread over it."""
    chosen = select(Document.record_id, Passage.id).join(Passage).where(Document.record_id.in_(record_ids))
    groups: dict[int, list[int]] = defaultdict(list)
    for record_id, passage_id in session.execute(chosen.order_by(Passage.id)):
        groups[record_id].append(passage_id)
    return {id_: np.array(ids, dtype=np.int64)[spread(len(ids), MOST_PASSAGES)] for id_, ids in groups.items()}


def _ranked(session: Session, found: Iterable[Resemblance], reader: Reader) -> Listing:
    """The records most alike, best first, each with its passages that match best."""
    best = sorted((one for one in found if one.passages), key=lambda one: (-one.score, one.passages[0][0]))[:LISTED]
    shown = [_candidate(one, *passage) for one in best for passage in one.passages[:SHOWN]]
    records = catalog.records_of(session, [one.passage_id for one in shown])
    return seen_by(session, Listing.of(Ranking.of(shown).belonging(records)), reader)


def _candidate(record: Resemblance, passage_id: int, cosine: float) -> Candidate:
    """A passage under the score of its record; nothing is known of how probable a likeness is."""
    return Candidate(
        passage_id=passage_id,
        score=record.score,
        probability=min(max(record.score, 0.0), 1.0),
        cosine=cosine,
        lexical=0.0,
        same_language=False,
        record_id=0,
    )


def _paragraphs(text: str) -> Iterator[str]:
    """Parts between empty lines, without invisible characters; what is only space is left out."""
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        printable = "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in part)
        if words := " ".join(unicodedata.normalize("NFC", printable).split()):
            yield words


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[:LONGEST_LABEL].rsplit(" ", 1)[0] + " …"


def _labelled(asked: _Asked) -> str:
    """What the list is said to be like; a title of signs alone is no text one could search for."""
    return asked.label if any(map(str.isalnum, asked.label)) else f"{asked.label} ({asked.record_id or 'text'})"
