"""Answering a query: the index ranks passages, SQL has the last word, records are what is listed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy.orm import Session

from kb import vocabulary
from kb.db import Database
from kb.errors import EmptyQuery, InvalidFilter, InvalidInput
from kb.protocols import Space
from kb.services import catalog
from kb.services.catalog import FACETS, Found
from kb.services.models import Models
from kb.values import UNDETERMINED, Candidate, Filters, Hit, PassageHit, Query, Reader, Results, Span

POOL = 200
"""Passages ranked for one query; their records are the list."""

LONGEST_QUERY = 10_000
"""Characters; what is pasted beyond that is refused rather than cut in silence."""

PASSAGES_SHOWN = 3
LARGEST_PAGE = 100

TAIL = 0.25
"""Part of the threshold down to which records are listed once one answers: others may add to it."""

NEAREST = 10
"""Records shown when none is likely to answer."""

Ranked = list[tuple[Candidate, Found]]
"""The passages of one record, best first."""

LanguageDetector = Callable[[str, Collection[str]], tuple[str, float]]
"""Language of a short text among those given, with a confidence."""

Highlighter = Callable[[str, str, str, str], Sequence[Span]]
"""Snippet of a passage: (passage text, its language, query, the query's language) → spans."""


class Search:
    """Finds the records whose passages answer a query, in whatever language they are written."""

    def __init__(self, database: Database, models: Models, detect: LanguageDetector, highlight: Highlighter) -> None:
        self._database = database
        self._models = models
        self._detect = detect
        self._highlight = highlight

    def search(self, query: Query, reader: Reader) -> Results:
        """Records that answer, best first, with their best passages.

        Raises:
            EmptyQuery: there is no letter or digit in the text.
            InvalidInput: the text is too long, or offset or limit make no sense.
            InvalidFilter: a filter has a value outside its vocabulary.
            NoModel: no encoder is in use.
        """
        with self._asked(query) as (session, space, asked, language):
            records = _by_record(self._found(session, space, asked, language, reader))
            return self._results(asked, language, *_answering(records, space.threshold))

    def ranking(self, query: Query, reader: Reader) -> list[int]:
        """Ids of all records that `search` would list, best first, without what a page shows of them."""
        with self._asked(query) as (session, space, asked, language):
            records = _by_record(self._found(session, space, asked, language, reader))
            return [passages[0][1].record.id for passages in _answering(records, space.threshold)[0]]

    def language(self, text: str) -> str:
        """The language a query is taken to be in, out of those the collection has."""
        return self._language(self._models.space(), text)

    def checked(self, query: Query) -> Query:
        """The query without what nobody can have meant; raises as `search` does."""
        query = replace(query, text=_clean(query.text))
        _check(query)
        return query

    def listed(self, query: Query, language: str, records: list[Ranked]) -> Results:
        """Records that were ranked elsewhere, best first, as a page of results."""
        return self._results(query, language, records, bool(records))

    @contextmanager
    def _asked(self, query: Query) -> Iterator[tuple[Session, Space, Query, str]]:
        """The checked query, its language, and the space and snapshot it is answered from."""
        query = self.checked(query)
        space = self._models.space()
        with self._database.read() as session:
            yield session, space, query, query.language or self._language(space, query.text)

    def _language(self, space: Space, text: str) -> str:
        return self._detect(text, [code for code in space.languages() if code != UNDETERMINED])[0]

    def _found(
        self, session: Session, space: Space, query: Query, language: str, reader: Reader
    ) -> list[tuple[Candidate, Found]]:
        """Ranked passages that the reader may see, best first; asks for more once when many are dropped."""
        allowed = catalog.allowed(session, query.filters, reader) if query.filters else None
        for limit in (POOL, 4 * POOL):
            ranked = space.rank(query.text, language=language, limit=limit, allowed=allowed)
            rows = catalog.hydrate(session, [one.passage_id for one in ranked], query.filters, reader)
            found = [(one, rows[one.passage_id]) for one in ranked if one.passage_id in rows]
            if len(ranked) - len(found) <= len(ranked) // 2:
                break
        return found

    def _results(self, query: Query, language: str, records: list[Ranked], answered: bool) -> Results:
        page = records[query.offset : query.offset + query.limit]
        return Results(
            query=query,
            language=language,
            total=len(records),
            hits=tuple(self._hit(query, language, passages) for passages in page),
            facets=_facets(passages[0][1] for passages in records),
            answered=answered,
        )

    def _hit(self, query: Query, language: str, passages: Ranked) -> Hit:
        best, found = passages[0]
        record = found.record
        return Hit(
            record_id=record.id,
            title=record.title,
            kind=record.kind,
            language=record.language,
            place=catalog.place(record),
            year=record.year,
            score=best.score,
            probability=best.probability,
            passages=tuple(self._passage(query, language, *one) for one in passages[:PASSAGES_SHOWN]),
        )

    def _passage(self, query: Query, language: str, candidate: Candidate, found: Found) -> PassageHit:
        passage, document = found.passage, found.document
        return PassageHit(
            passage_id=passage.id,
            document_id=document.id,
            document_name=document.name,
            media_type=document.media_type,
            heading=tuple(passage.heading),
            language=passage.language,
            page_from=passage.page_from,
            page_to=passage.page_to,
            page_label=_label(document.page_labels, passage.page_from),
            snippet=tuple(self._highlight(passage.text, passage.language, query.text, language)),
            text=passage.text,
            score=candidate.score,
            probability=candidate.probability,
            cosine=candidate.cosine,
            lexical=candidate.lexical,
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
    if query.offset < 0 or not 0 < query.limit <= LARGEST_PAGE:
        raise InvalidInput(f"Ask for 1 to {LARGEST_PAGE} results a page, from 0 on.")
    _check_filters(query.filters)


def _check_filters(filters: Filters) -> None:
    for kind in filters.kinds:
        if kind not in vocabulary.terms("kinds"):
            raise InvalidFilter(f"'{kind}' is no kind of record; there are: {', '.join(vocabulary.terms('kinds'))}.")
    for code in filters.languages:
        if not re.fullmatch(r"[a-z]{2,3}", code):
            raise InvalidFilter(f"'{code}' is no language code; write two small letters, such as 'it' or 'de'.")
    for code in filters.countries:
        if not re.fullmatch(r"[A-Z]{2}", code):
            raise InvalidFilter(f"'{code}' is no country code; write two capital letters, such as 'IT' or 'DE'.")


def _by_record(found: Iterable[tuple[Candidate, Found]]) -> list[Ranked]:
    """Passages under their record; records in order of their best passage."""
    records: dict[int, Ranked] = {}
    for one in found:
        records.setdefault(one[1].record.id, []).append(one)
    return list(records.values())


def _answering(records: list[Ranked], threshold: float) -> tuple[list[Ranked], bool]:
    """The records worth listing, and True; the nearest few, and False, when not even the likeliest answers."""
    likeliest = [max(one.probability for one, _ in passages) for passages in records]
    if records and max(likeliest) < threshold:
        return records[:NEAREST], False
    listed = zip(records, likeliest, strict=True)
    return [passages for passages, likely in listed if likely >= threshold * TAIL], True


def _facets(found: Iterable[Found]) -> dict[str, dict[str, int]]:
    """How many of the listed records have each value, most frequent first."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for one in found:
        for name, counter in counters.items():
            if (value := getattr(one.record, name)) is not None:
                counter[str(value)] += 1
    return {name: dict(counter.most_common()) for name, counter in counters.items()}


def _label(labels: Sequence[str], page: int | None) -> str | None:
    """The printed label of a physical page, counted from 1."""
    if page is None or page > len(labels):
        return None
    return labels[page - 1]
