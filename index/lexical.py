"""Passages that share words with the query: BM25 by Tantivy over terms that carry their language."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from index.analysis import NEUTRAL, QueryTerms, index_terms, query_terms
from index.compounds import LINKS
from index.latest import latest
from kb.ids import are_among
from kb.protocols import Ids
from kb.values import Change

HEAP_BYTES = 64_000_000
"""Memory of the writer at most, which has one thread: what is in it when it is full becomes one segment.

Every segment is asked for every term of a query, and a process that answers queries has no more to spare.
"""

TERMS_KNOWN = 20_000
"""Terms whose frequency is remembered: a query looks up hundreds, in each field and language, and most come again."""

BOOSTS = {"text": 1.0, "title": 1.0, "heading": 0.5}
"""Weight of a term by the field it is found in."""

LOOSE = 0.8
"""Weight of a term found only after dropping its accents."""

PART = 0.4
"""Weight of a word found as part of a compound."""

HELD = 0.3
"""Weight of what a compound of the query holds, found as a word or as part of another."""

PHRASE = 2.0
"""Weight of a phrase in quotation marks, beside that of its words."""

MOST_TERMS = 256
"""Terms looked for at most, the rarest ones: a pasted page is a query too."""

PICKED = 1.2
"""Results to look through for each allowed id, at most: where it takes more, the ids become part of the query."""

ONE_BY_ONE = 500
"""Ids up to which each is looked up by itself: a set is compared with every id there is, however few it has."""

SETS_KEPT = 8
"""Sets of ids kept ready to be looked for, those asked for last: a filter stays while questions change."""

PASSAGES = "passages.npz"
META = "meta.json"
ATTEMPTS = 20

_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="words")
"""Looks up words beside the arithmetic of a search: Tantivy holds no lock of the interpreter's."""

Scores = NDArray[np.float32]

_NO_IDS: Ids = np.empty(0, dtype=np.int64)
_NO_SCORES: Scores = np.empty(0, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What is looked for of a text, each part with the language of the passages that may have it; `*` is all."""

    parts: tuple[tuple[str, tantivy.Query], ...]

    def among(self, languages: Container[str]) -> Words:
        """Those parts that passages in these languages may have: all that counts for them."""
        return Words(tuple(part for part in self.parts if part[0] == NEUTRAL or part[0] in languages))

    def query(self) -> tantivy.Query:
        """Any of the parts."""
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for _, part in self.parts])


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A query of words and what was found for it: `ids` are the best that are allowed, best first, with BM25.

    `best` is that of the best of the whole collection, which a filter does not change; `complete` when no other
    passage that is allowed shares a word with the query. `words` are what was looked for; None when the index has none
    of them.
    """

    words: Words | None
    ids: Ids
    scores: Scores
    best: float
    complete: bool

    @property
    def shares(self) -> Scores:
        """BM25 of `ids` divided by that of the best of the whole collection, in 0..1."""
        return self.scores / np.float32(self.best) if self.best else np.zeros_like(self.scores)


class WordIndex:
    """BM25 over a folder of its own; satisfies `kb.protocols.LexicalIndex`.

    What a user types is never parsed: it becomes terms, and a term is only looked up. Not safe for threads; its
    space is.
    """

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`, or start an empty one when there is none."""
        self._folder = folder
        self._language: dict[int, str] = {}
        self._written = True
        self._closed = False
        self._index = tantivy.Index(_schema(), path=str(folder))
        self._index.config_reader("manual")
        self._writer = self._index.writer(heap_size=HEAP_BYTES, num_threads=1)
        self._recall()
        self._reopen()

    def __len__(self) -> int:
        return len(self._language)

    def _recall(self) -> None:
        if (self._folder / PASSAGES).exists():
            with np.load(self._folder / PASSAGES, allow_pickle=False) as stored:
                self._language = dict(zip(stored["ids"].tolist(), stored["languages"].tolist(), strict=True))
            (self._folder / PASSAGES).unlink()

    def _reopen(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()
        self._known: dict[tuple[str, str], int] = {}
        self._languages = dict(sorted(Counter(self._language.values()).items()))

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; the last word on an id counts."""
        last = latest(changes)
        self._remove([id_ for id_ in last if self._language.pop(id_, None) is not None])
        for change in last.values():
            if change.live:
                self._writer.add_document(_document(change))
                self._language[change.passage_id] = change.language
        if last:
            self._written = False

    def _commit(self) -> None:
        """Write what was replayed, once something is looked for: a commit after each batch would make more segments."""
        if not self._written:
            self._writer.commit()
            self._reopen()
            self._written = True

    def _remove(self, ids: list[int]) -> None:
        if ids:
            # Not by term: handed an integer, Tantivy looks for a signed one and silently deletes nothing.
            self._writer.delete_documents_by_query(_with_ids("passage", ids))

    # --- searching -----------------------------------------------------------------------------------

    def search(
        self, text: str, limit: int, allowed: Ids | None = None, *, language: str | None = None
    ) -> tuple[Ids, Scores]:
        """Ids and BM25 scores, best first; only those `allowed` when given; `language` is the query's."""
        asked = self.ask(self.query(text, language), limit, allowed)
        return asked.ids, asked.scores

    def query(self, text: str, language: str | None) -> Words | None:
        """A text's terms in any field, weighed as the index stands; None when it has none of them."""
        self._commit()
        terms = query_terms(text, self._languages)
        wanted = sorted(self._frequencies(terms, language), key=lambda one: one[0])[:MOST_TERMS]
        parts = [(_language(term), self._term(field, term, boost)) for _, field, term, boost in wanted]
        # A run of terms has the language of any that is not the same in all.
        phrases = [(max(map(_language, run)), self._phrase(run)) for run in terms.phrases]
        return Words((*parts, *phrases)) if wanted else None

    def ask(
        self,
        words: Words | None,
        limit: int,
        allowed: Ids | None = None,
        *,
        records: Ids | None = None,
        languages: Collection[str] | None = None,
    ) -> Asked:
        """The best passages of what `query` made, and all that is needed to judge others of those allowed by it.

        `records` says the same as `allowed` in fewer ids, where those are all the passages of some records;
        `languages` are theirs: what no passage in them can have need not be looked for.
        """
        if words is None or limit < 1 or not self._language or (allowed is not None and allowed.size == 0):
            return Asked(None, _NO_IDS, _NO_SCORES, 0.0, complete=True)
        if allowed is None:
            found, scores = self._found(words.query(), limit)
            return Asked(words, found, scores, float(scores.max(initial=0.0)), complete=found.size < limit)
        fitting = words if languages is None else words.among(languages)
        query, chosen = fitting.query(), allowed if records is None else records
        depth = self._depth(limit, allowed.size, chosen.size, languages)
        # The best passage of the whole collection may have what those allowed cannot.
        aside = None
        if not depth or len(fitting.parts) < len(words.parts):
            aside = _BESIDE.submit(self._found, words.query(), 1)
        found, scores = self._found(query, depth) if depth else (_NO_IDS, _NO_SCORES)
        best = scores
        held = np.flatnonzero(are_among(found, allowed))[:limit]
        if depth and (held.size == limit or found.size < depth):
            found, scores = found[held], scores[held]
        else:
            field = "passage" if records is None else "record"
            found, scores = self._found(self._restricted(query, chosen, field), limit)
        best = aside.result()[1] if aside else best
        return Asked(fitting, found, scores, float(best.max(initial=0.0)), complete=found.size < limit)

    def _depth(self, limit: int, allowed: int, chosen: int, languages: Collection[str] | None) -> int:
        """How many results without a filter to pick the allowed from, where they are many; else 0."""
        many = len(self) if languages is None else sum(self._languages.get(code, 0) for code in languages)
        depth = int(1.5 * limit * max(1, many / allowed)) + 50
        return depth if depth < PICKED * chosen else 0

    def shares(self, asked: Asked, ids: Ids) -> Scores:
        """BM25 of each passage divided by that of the best of the whole collection, in 0..1.

        The ids are ascending, and allowed if the query was narrowed.
        """
        return self.judging(asked, ids)()

    def judging(self, asked: Asked, ids: Ids) -> Callable[[], Scores]:
        """Begin to find `shares`, beside what the caller does until she calls for them."""
        shares, words = np.zeros(ids.size, dtype=np.float32), asked.words
        if words is None or not asked.best:
            return lambda: shares
        _enter(shares, ids, asked.ids, asked.scores)
        rest = _NO_IDS if asked.complete else ids[shares == 0]
        aside = _BESIDE.submit(lambda: self._found(self._fitting(words, rest), rest.size)) if rest.size else None

        def judged() -> Scores:
            if aside is not None:
                _enter(shares, ids, *aside.result())
            return shares / np.float32(asked.best)

        return judged

    def _fitting(self, words: Words, ids: Ids) -> tantivy.Query:
        """Any of the words in these passages, each of which is asked only for what its language can have."""
        held: defaultdict[str, list[int]] = defaultdict(list)
        for id_ in ids.tolist():
            held[self._language.get(id_, NEUTRAL)].append(id_)
        parts = [(words.among({language}), some) for language, some in held.items()]
        queries = [_both(part.query(), _silent("passage", some)) for part, some in parts if part.parts]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])

    def _restricted(self, query: tantivy.Query, allowed: Ids, field: str) -> tantivy.Query:
        few = allowed.size <= ONE_BY_ONE
        return _both(query, _silent(field, allowed.tolist()) if few else _silent_set(field, allowed.tobytes()))

    def _found(self, query: tantivy.Query, limit: int) -> tuple[Ids, Scores]:
        hits = self._searcher.search(query, min(limit, len(self._language)), count=False).hits
        ids = np.array(self._searcher.fast_field_values("passage", [address for _, address in hits]), dtype=np.int64)
        scores = np.array([score for score, _ in hits], dtype=np.float32)
        order = np.lexsort((ids, -scores))
        return ids[order], scores[order]

    def _frequencies(self, terms: QueryTerms, language: str | None) -> Iterator[tuple[int, str, str, float]]:
        """How many passages have each term, for those that at least one has, with field and weight."""
        common = self._commonness(terms, language)
        for field, boost, looked_for in [
            *((field, boost, terms.strict) for field, boost in BOOSTS.items()),
            ("loose", LOOSE, terms.loose),
            ("parts", PART, [term for term in terms.strict if _language(term) in LINKS]),
            *((field, HELD, terms.parts) for field in ("text", "title", "parts")),
        ]:
            for term in looked_for:
                if frequency := self._frequency(field, term):
                    yield frequency, field, term, boost * self._rarity(frequency, common.get(term, 0))

    def _frequency(self, field: str, term: str) -> int:
        """How many passages have a term in a field; what was looked up before is remembered until something changes."""
        frequency = self._known.get((field, term))
        if frequency is None:
            if len(self._known) >= TERMS_KNOWN:
                self._known.clear()
            frequency = self._known[field, term] = self._searcher.doc_freq(field, term)
        return frequency

    def _commonness(self, terms: QueryTerms, language: str | None) -> dict[str, int]:
        """For each term how many passages have the word it comes from in the language the query is in.

        In a collection with few English passages the English reading of "che" is rare, and would count for more than
        any word of an Italian question. A word is at least as common as it is in the asker's own language.
        """
        common: dict[str, int] = {}
        for forms in terms.readings:
            own = [form for form in forms if form.startswith(f"{language}:")]
            most = max((self._frequency("text", form) for form in own), default=0)
            for form in forms:
                # Two words may share a stem: then the rarer of the two is meant by it.
                common[form] = min(common.get(form, most), most)
        return common

    def _rarity(self, frequency: int, common: int) -> float:
        """What turns the weight that Tantivy gives a term by its own rarity into that of a word so common."""
        count = len(self._language)
        return _inverse_frequency(max(frequency, common), count) / _inverse_frequency(frequency, count)

    def _term(self, field: str, term: str, boost: float) -> tantivy.Query:
        return _boosted(tantivy.Query.term_query(_schema(), field, term, index_option="freq"), boost)

    def _phrase(self, run: tuple[str, ...]) -> tantivy.Query:
        return _boosted(tantivy.Query.phrase_query(_schema(), "text", list(run)), PHRASE)

    # --- what it holds -------------------------------------------------------------------------------

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending: those in Tantivy, not those that ought to be."""
        self._commit()
        limit = max(self._searcher.num_docs, 1)
        hits = self._searcher.search(tantivy.Query.all_query(), limit, count=False).hits
        addresses = [address for _, address in hits]
        return np.sort(np.array(self._searcher.fast_field_values("passage", addresses), dtype=np.int64))

    def save(self, folder: Path) -> None:
        """Link the committed segments into an existing, empty folder; a segment, once written, never changes.

        Merging goes on beside and removes what it has merged: then the next state is taken instead.
        """
        self._commit()
        for attempt in range(ATTEMPTS):
            try:
                _link_commit(self._folder, folder)
                break
            except FileNotFoundError:
                _empty(folder)
                if attempt == ATTEMPTS - 1:
                    raise
        ids = self.ids()
        languages = np.array([self._language[id_] for id_ in ids.tolist()], dtype=np.str_)
        np.savez(folder / PASSAGES, ids=ids, languages=languages)

    def close(self) -> None:
        """Wait for merges to end, so that the folder can be removed; the index cannot be used afterwards."""
        if not self._closed:
            self._closed = True
            self._writer.wait_merging_threads()

    @classmethod
    def load(cls, saved: Path, folder: Path) -> WordIndex:
        """Open a copy of what `save` wrote, made in `folder`, which must be empty; `saved` stays as it is."""
        for path in saved.iterdir():
            link = shutil.copyfile if path.suffix in (".json", ".npz") else _link
            link(path, folder / path.name)
        return cls(folder)


@cache
def _schema() -> tantivy.Schema:
    """Terms arrive analysed, with spaces between; positions are kept where phrases are looked for."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", indexed=True, fast=True)
    builder.add_unsigned_field("record", indexed=True)
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="position")
    for field in ("title", "heading", "loose", "parts"):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _both(one: tantivy.Query, other: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, one), (tantivy.Occur.Must, other)])


def _with_ids(field: str, ids: Sequence[int]) -> tantivy.Query:
    if len(ids) > ONE_BY_ONE:
        return tantivy.Query.term_set_query(_schema(), field, ids)
    each = (tantivy.Query.term_query(_schema(), field, id_, index_option="basic") for id_ in ids)
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in each])


def _silent(field: str, ids: Sequence[int]) -> tantivy.Query:
    """What has one of these ids, and adds nothing to a score."""
    return tantivy.Query.const_score_query(_with_ids(field, ids), 0.0)


@lru_cache(maxsize=SETS_KEPT)
def _silent_set(field: str, ids: bytes) -> tantivy.Query:
    """The same of many ids, int64 one after the other."""
    return _silent(field, np.frombuffer(ids, dtype=np.int64).tolist())


def _document(change: Change) -> tantivy.Document:
    document, loose, parts = tantivy.Document(), list[str](), list[str]()
    document.add_unsigned("passage", change.passage_id)
    document.add_unsigned("record", change.record_id)
    for field in BOOSTS:
        terms = index_terms(getattr(change, field), change.language)
        document.add_text(field, " ".join(terms.strict))
        loose.extend(terms.loose)
        parts.extend(terms.parts)
    document.add_text("loose", " ".join(loose))
    document.add_text("parts", " ".join(parts))
    return document


def _enter(shares: Scores, ids: Ids, found: Ids, scores: Scores) -> None:
    """Write the scores of what was found to the places of those ids, which are ascending."""
    if ids.size and found.size:
        places = np.minimum(np.searchsorted(ids, found), ids.size - 1)
        held = np.equal(ids[places], found)
        shares[places[held]] = scores[held]


def _inverse_frequency(frequency: int, count: int) -> float:
    """BM25's inverse document frequency (Robertson and Spärck Jones, never negative)."""
    return math.log(1 + (max(count - frequency, 0) + 0.5) / (frequency + 0.5))


def _language(term: str) -> str:
    return term.partition(":")[0]


def _boosted(query: tantivy.Query, boost: float) -> tantivy.Query:
    return query if boost == 1 else tantivy.Query.boost_query(query, boost)


def _link_commit(source: Path, target: Path) -> None:
    """Link what the last commit consists of, and nothing that was written since."""
    meta = (source / META).read_bytes()
    segments = tuple(segment["segment_id"].replace("-", "") for segment in _segments(meta))
    names = [path.name for path in source.iterdir() if path.name.startswith(segments)] if segments else []
    if len({name.split(".")[0] for name in names}) < len(segments):
        raise FileNotFoundError(source)
    for name in names:
        _link(source / name, target / name)
    (target / META).write_bytes(meta)
    (target / ".managed.json").write_text(json.dumps([*names, META]), encoding="utf-8")


def _segments(meta: bytes) -> list[dict[str, Any]]:
    segments: list[dict[str, Any]] = json.loads(meta)["segments"]
    return segments


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; copy it where the disk cannot."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
