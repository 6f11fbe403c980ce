"""Answering a query: the index ranks passages, SQL has the last word, records are what is listed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from kb.db import feed
from kb.errors import EmptyQuery, InvalidInput
from kb.ids import are_among
from kb.protocols import Encoding, Ids, Space
from kb.ranking import Listing, Ranked, Ranking
from kb.services import catalog, narrowing, ordering
from kb.services.catalog import Found
from kb.services.models import Models
from kb.values import UNDETERMINED, Candidate, Hit, PassageHit, Query, Reader, Results, Span

POOL = 200
"""Passages ranked for one query; their records are the list."""

LONGEST_QUERY = 10_000
"""Characters; what is pasted beyond that is refused rather than cut in silence."""

JUDGED = 50
"""Records that are judged together, few enough for each to be among the passages ranked."""

PASSAGES_SHOWN = 3

TAIL = 0.25
"""Part of the threshold down to which records are listed once one answers: others may add to it."""

NEAREST = 10
"""Records shown when none is likely to answer."""

FIRST = 10
"""Of the records that are listed because another one answers, so many may be worth telling of."""

HALF = 0.5
"""Part of the threshold that such a record must reach by itself."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query, checked and being encoded, and what it is answered from: a snapshot and the indexes of that state."""

    session: Session
    space: Space
    encoding: Encoding
    query: Query
    language: str


LanguageDetector = Callable[[str, Collection[str]], tuple[str, float]]
"""Language of a short text among those given, with a confidence."""

Highlighter = Callable[[str, str, str, str, tuple[int, int] | None], tuple[Sequence[Span], Sequence[Span]]]
"""Quotes a passage: (its text, its language, query, its language, the sentence that answers) → snippet, sentence."""


class Search:
    """Finds the records whose passages answer a query, in whatever language they are written."""

    def __init__(self, models: Models, detect: LanguageDetector, highlight: Highlighter) -> None:
        self._models = models
        self._detect = detect
        self._highlight = highlight

    def search(self, query: Query, reader: Reader) -> Results:
        """Records that answer, best first, with their best passages.

        Raises:
            EmptyQuery: there is no letter or digit in the text.
            InvalidInput: the text is too long, or offset, limit or order make no sense.
            InvalidFilter: a filter has a value outside its vocabulary.
            NoModel: no encoder is in use.
        """
        with self._asked(query, reader) as asked:
            records, answered = self._listed(asked, reader)
            return self.listed(asked.session, asked.query, asked.language, records, reader, answered=answered)

    def ranking(self, query: Query, reader: Reader) -> tuple[list[int], bool]:
        """Ids of all records that `search` would list, best first, and whether any is likely to answer."""
        with self._asked(query, reader) as asked:
            records, answered = self._listed(asked, reader)
            return records.ids.tolist(), answered

    def judged(self, query: Query, reader: Reader, record_ids: Sequence[int]) -> dict[int, float]:
        """Of these records those that answer, or that `search` lists among the first, each with its probability.

        Raises as `search` does. Where no threshold is known a record that shares no word is not taken for an answer.
        """
        likeliest: dict[int, float] = {}
        with self._asked(query, reader) as asked:
            allowed = catalog.allowed(asked.session, asked.query.filters, reader)
            wanted = np.intersect1d(np.array(record_ids, dtype=np.int64), allowed)
            if not wanted.size:
                return {}
            for start in range(0, wanted.size, JUDGED):
                for one in self._judge(asked, wanted[start : start + JUDGED]):
                    likeliest[one.record_id] = max(likeliest.get(one.record_id, 0.0), one.probability)
            return self._among_first(asked, reader, wanted) | likeliest

    def _among_first(self, asked: _Asked, reader: Reader, records: Ids) -> dict[int, float]:
        """Those of a few records that stand high in an answered list, though by themselves they would not answer.

        In another language than the question a record seldom reaches the threshold that one in its own does.
        """
        listed, answered = _answering(self._found(asked, reader), asked.space.threshold)
        if not (answered and asked.space.threshold):
            return {}
        likely = [one for one in listed[:FIRST] if one.likeliest >= HALF * asked.space.threshold]
        return {one.record_id: one.likeliest for one in likely if one.record_id in records}

    def _judge(self, asked: _Asked, records: Ids) -> Iterator[Candidate]:
        """The passages of a few records that answer."""
        space = asked.space
        ranked = space.rank(
            asked.query.text,
            language=asked.language,
            limit=4 * POOL,
            allowed=space.passages_of(records),
            encoding=asked.encoding,
        )
        for one in as_seen(asked.session, space, ranked):
            if one.probability >= space.threshold and (space.threshold or one.lexical > 0):
                yield one

    def language(self, text: str) -> str:
        """The language a query is taken to be in, out of those the collection has."""
        return self._language(self._models.space(), text)

    def checked(self, query: Query) -> Query:
        """The query without what nobody can have meant; raises as `search` does."""
        query = replace(query, text=_clean(query.text))
        _check(query)
        return query

    def listed(  # noqa: PLR0913 - what is asked, by whom, and what was found
        self,
        session: Session,
        query: Query,
        language: str,
        records: Listing,
        reader: Reader,
        *,
        answered: bool,
        quoted: bool = True,
    ) -> Results:
        """Ranked records as a page of results with counts over all; neither counts nor passages unless `quoted`."""
        page = records[query.offset : query.offset + query.limit]
        shown = [replace(one, passages=list(one.passages[: PASSAGES_SHOWN if quoted else 1])) for one in page]
        rows = catalog.hydrate(session, [one.passage_id for ranked in shown for one in ranked.passages], reader)
        return Results(
            query=query,
            language=language,
            total=len(records),
            hits=tuple(self._hit(query, language, ranked, rows, quoted=quoted) for ranked in shown),
            facets=narrowing.counted(session, records.ids.tolist()) if quoted else {},
            answered=answered,
        )

    @contextmanager
    def _asked(self, query: Query, reader: Reader) -> Iterator[_Asked]:
        """The checked query, its language, and the space and snapshot it is answered from."""
        query = self.checked(query)
        begun = self._models.begun(query.text)
        with self._models.reading() as (session, space):
            encoding = begun[1] if begun and begun[0] == space.key else space.encoding(query.text)
            query = replace(query, filters=narrowing.resolve(session, query.filters, reader))
            language = query.language or self._language(space, query.text)
            yield _Asked(session, space, encoding, query, language)

    def _language(self, space: Space, text: str) -> str:
        return self._detect(text, [code for code in space.languages() if code != UNDETERMINED])[0]

    def _listed(self, asked: _Asked, reader: Reader) -> tuple[Listing, bool]:
        """The records worth listing in the order asked for, and whether any is likely to answer."""
        listed, answered = _answering(self._found(asked, reader), asked.space.threshold)
        if asked.query.sort != "relevance":
            owners = catalog.owners(asked.session, listed.ids.tolist(), reader)
            scored = [(owners[id_], score) for id_, score in zip(listed.ids.tolist(), listed.scores, strict=True)]
            listed = listed.take(ordering.arranged(asked.session, asked.query, scored))
        return listed, answered

    def _found(self, asked: _Asked, reader: Reader) -> Listing:
        """Ranked records that the reader may see, best first; asks for more once when many passages are dropped."""
        session, space, query = asked.session, asked.space, asked.query
        # What the filters leave is chosen in the same snapshot as all that follows, so they need not be applied again.
        allowed = space.passages_of(catalog.allowed(session, query.filters, reader)) if query.filters else None
        for limit in (POOL, 4 * POOL):
            ranked = space.rank(
                query.text, language=asked.language, limit=limit, allowed=allowed, encoding=asked.encoding
            )
            found = seen_by(session, Listing.of(as_seen(session, space, ranked)), reader)
            if found.passages >= len(ranked) // 2:
                break
        return found.take(np.lexsort((found.ids, -found.scores)))

    def _hit(self, query: Query, language: str, ranked: Ranked, rows: Mapping[int, Found], *, quoted: bool) -> Hit:
        best, quotations = ranked.passages[0], ranked.passages if quoted else ()
        record = rows[best.passage_id]
        return Hit(
            record_id=ranked.record_id,
            title=record.title,
            kind=record.kind,
            language=record.record_language,
            place=catalog.place(record),
            year=record.year,
            score=best.score,
            probability=best.probability,
            passages=tuple(self._passage(query, language, one, rows[one.passage_id]) for one in quotations),
        )

    def _passage(self, query: Query, language: str, candidate: Candidate, passage: Found) -> PassageHit:
        place = _sentence(passage, candidate.sentence)
        snippet, answer = self._highlight(passage.text, passage.language, query.text, language, place)
        return PassageHit(
            passage_id=candidate.passage_id,
            document_id=passage.document_id,
            document_name=passage.document_name,
            media_type=passage.media_type,
            heading=tuple(passage.heading),
            language=passage.language,
            page_from=passage.page_from,
            page_to=passage.page_to,
            page_label=_label(passage.page_labels, passage.page_from),
            snippet=tuple(snippet),
            text=passage.text,
            score=candidate.score,
            probability=candidate.probability,
            cosine=candidate.cosine,
            lexical=candidate.lexical,
            # Where sentences were not compared, none of them is known to answer.
            answer=tuple(answer) if candidate.sentence_cosine else (),
            sentence=candidate.sentence if place else None,
        )


def _clean(text: str) -> str:
    """The text without control characters and superfluous space, in NFC."""
    printable = "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in text)
    return " ".join(unicodedata.normalize("NFC", printable).split())


def _check(query: Query) -> None:
    if not any(char.isalnum() for char in query.text):
        raise EmptyQuery("Type what you are looking for: a few words or a whole question.")
    if len(query.text) > LONGEST_QUERY:
        raise InvalidInput(f"The query has more than {LONGEST_QUERY} characters: shorten it to the part that matters.")
    ordering.check(query)


def as_seen(session: Session, space: Space, ranked: Ranking) -> Ranking:
    """Passages with the record that the session sees them belong to; those that it does not see are left out."""
    if space.cursor == feed.head(session):
        return ranked  # Nothing has changed since the index heard of them: it knows what SQL would say.
    return ranked.belonging(catalog.records_of(session, ranked.columns["passage_id"].tolist()))


def seen_by(session: Session, found: Listing, reader: Reader) -> Listing:
    """Those records that the reader may see."""
    return found.take(np.flatnonzero(are_among(found.ids, catalog.visible(session, reader))))


def _answering(records: Listing, threshold: float) -> tuple[Listing, bool]:
    """The records worth listing, and True; the nearest few, and False, when not even the likeliest answers."""
    if len(records) and records.likeliest.max() < threshold:
        return records[:NEAREST], False
    return records.take(np.flatnonzero(records.likeliest >= threshold * TAIL)), True


def _sentence(passage: Found, number: int) -> tuple[int, int] | None:
    """Where a sentence stands in its passage; None for one that is not divided."""
    if number >= len(passage.sentences):
        return None
    start, end = passage.sentences[number]
    return start, end


def _label(labels: Sequence[str], page: int | None) -> str | None:
    """The printed label of a physical page, counted from 1."""
    if page is None or page > len(labels):
        return None
    return labels[page - 1]
