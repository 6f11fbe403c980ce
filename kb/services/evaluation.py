"""Measuring retrieval on a labelled set, through the same services a reader's query goes through."""

from __future__ import annotations

import csv
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from kb import resources
from kb.db import Database
from kb.db.entities import Document, Passage, Record
from kb.errors import InvalidInput, MissingFile
from kb.protocols import Embedder, Progress
from kb.services.catalog import RECORD_TYPE
from kb.services.models import Models
from kb.services.reading import Tools
from kb.services.search import Search
from kb.values import OPERATOR, Block, Extraction, Query

DEPTH = 100
METRICS = ("MRR@10", "nDCG@10", "recall@10", "recall@100")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents {id, lang, title, text}, queries {id, lang, text} and the relevant documents of each query."""

    documents: Sequence[Mapping[str, str]]
    queries: Sequence[Mapping[str, str]]
    relevant: Mapping[str, frozenset[str]]


def read_corpus(folder: Path) -> Corpus:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`, whose first line is a header.

    Raises:
        MissingFile: one of the three is not there.
        InvalidInput: a line is not what it should be.
    """
    names = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise MissingFile(f"{folder}: {', '.join(missing)} missing; an evaluation set has {', '.join(names)}.")
    try:
        documents, queries = (_lines(folder / name) for name in names[:2])
        relevant = _relevant(folder / names[2])
        known = {document["id"] for document in documents}
    except (ValueError, KeyError, IndexError) as error:
        raise InvalidInput(f"{folder}: cannot be read as an evaluation set ({error}).") from error
    asked = [query for query in queries if relevant.get(query["id"], frozenset()) & known]
    return Corpus(documents, asked, relevant)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _relevant(path: Path) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as stream:
        for query, document, score in list(csv.reader(stream, delimiter="\t"))[1:]:
            if float(score) > 0:
                found[query].add(document)
    return {query: frozenset(documents) for query, documents in found.items()}


# --- filling a throw-away database ---------------------------------------------------------------


class Bench:
    """A throw-away knowledge base filled with one corpus and asked all its queries."""

    def __init__(self, database: Database, models: Models, search: Search, tools: Tools) -> None:
        self._database, self._models, self._search, self._tools = database, models, search, tools
        self._answered: dict[str, bool] = {}

    def fill(self, corpus: Corpus, progress: Progress | None = None) -> dict[int, str]:
        """Store the documents as published records and embed them; returns record id → document id."""
        _, embedder = self._models.current()
        with self._database.write() as session:
            for document in corpus.documents:
                self._insert(session, document, embedder)
            records = {row.id: row.key for row in session.execute(select(Record.id, Record.key))}
        while self._models.fill_one(progress):
            continue
        return records

    def _insert(self, session: Any, document: Mapping[str, str], embedder: Embedder) -> None:
        extraction = Extraction(media_type=RECORD_TYPE, blocks=_blocks(document))
        digest = self._tools.digest(extraction, embedder, document["lang"])
        # A title made of the text would count the beginning of the text twice.
        title = document.get("title") or document["id"]
        record = Record(
            key=document["id"], kind="study", state="published", title=title[:250], language=document["lang"]
        )
        session.add(record)
        session.flush()
        row = Document(
            record_id=record.id,
            name="description",
            sha256=f"{record.id:064x}",
            size=0,
            media_type=RECORD_TYPE,
            status="searchable",
            recipe=self._tools.recipe,
            language=digest.language,
        )
        session.add(row)
        session.flush()
        passages = [
            {
                "document_id": row.id,
                "ordinal": passage.ordinal,
                "heading": list(passage.heading),
                "text": passage.text,
                "language": passage.language,
                "char_from": passage.char_from,
                "char_to": passage.char_to,
                "sentences": passage.sentences,
            }
            for passage in digest.passages
        ]
        session.execute(insert(Passage), passages)

    def rankings(self, corpus: Corpus, records: Mapping[int, str], progress: Progress | None = None) -> Rankings:
        """Documents in order for every query: by meaning alone, by words alone, and as the product answers."""
        passages = self.owners(records)
        methods: dict[str, Callable[[str], list[str]]] = {
            "dense": lambda text: _documents(self._models.space().nearest(text, DEPTH), passages),
            "lexical": lambda text: _documents(
                self._models.space().sharing_words(text, DEPTH, language=self._search.language(text)), passages
            ),
            "search": lambda text: [records[id_] for id_ in self._ranked(text)[:DEPTH]],
        }
        found: Rankings = {name: {} for name in methods}
        for done, query in enumerate(corpus.queries, start=1):
            for name, rank in methods.items():
                found[name][query["id"]] = rank(query["text"])
            if progress is not None:
                progress(done, len(corpus.queries))
        return found

    def refused(self, texts: Sequence[str]) -> float:
        """Part of these queries to which the product says that nothing answers."""
        for text in texts:
            if text not in self._answered:
                self._ranked(text)
        answered = [self._answered[text] for text in texts]
        return round(1 - sum(answered) / len(answered), 4) if answered else 0.0

    def _ranked(self, text: str) -> list[int]:
        """Records as the product lists them; whether it says that one answers is noted, for nothing is asked twice."""
        ids, self._answered[text] = self._search.ranking(Query(text=text), OPERATOR)
        return ids

    def owners(self, records: Mapping[int, str]) -> dict[int, str]:
        """The document that each passage belongs to."""
        with self._database.read() as session:
            rows = session.execute(select(Passage.id, Document.record_id).join(Document))
            return {row.id: records[row.record_id] for row in rows}


Rankings = dict[str, dict[str, list[str]]]


def _blocks(document: Mapping[str, str]) -> tuple[Block, ...]:
    paragraphs = [part.strip() for part in document["text"].split("\n\n")]
    body = tuple(Block(kind="paragraph", text=" ".join(part.split())) for part in paragraphs if part)
    title = document.get("title")
    return (Block(kind="heading", text=title, level=1), *body) if title else body


def _documents(passage_ids: Sequence[int], owner: Mapping[int, str]) -> list[str]:
    """Documents in order of their best passage."""
    return list(dict.fromkeys(owner[id_] for id_ in passage_ids))


# --- measuring -------------------------------------------------------------------------------------


def measure(corpus: Corpus, rankings: Rankings) -> dict[str, Any]:
    """Each method's metrics over all queries, per query language, and by pair of query and document language.

    `by_relation` splits the pairs into answers in the query's own language and in another.
    """
    language = {document["id"]: document["lang"] for document in corpus.documents}
    return {name: _method(corpus, found, language) for name, found in rankings.items()}


def _method(corpus: Corpus, found: Mapping[str, list[str]], language: Mapping[str, str]) -> dict[str, Any]:
    overall, by_query, by_pair, by_relation = [], defaultdict(list), defaultdict(list), defaultdict(list)
    for query in corpus.queries:
        relevant = corpus.relevant[query["id"]]
        scores = metrics(found[query["id"]], relevant)
        overall.append(scores)
        by_query[query["lang"]].append(scores)
        for code in sorted({language[one] for one in relevant if one in language}):
            part = frozenset(one for one in relevant if language.get(one) == code)
            scores = metrics(found[query["id"]], part)
            by_pair[f"{query['lang']}-{code}"].append(scores)
            by_relation["same" if code == query["lang"] else "other"].append(scores)
    return {
        **_mean(overall),
        "queries": len(overall),
        "by_language": {code: _mean(rows) for code, rows in sorted(by_query.items())},
        "by_relation": {name: {**_mean(rows), "queries": len(rows)} for name, rows in sorted(by_relation.items())},
        "by_pair": {pair: {**_mean(rows), "queries": len(rows)} for pair, rows in sorted(by_pair.items())},
    }


def metrics(ranking: Sequence[str], relevant: frozenset[str]) -> dict[str, float]:
    """Reciprocal rank and nDCG (binary gain, log2 discount; Järvelin & Kekäläinen 2002) at 10, recall at 10 and 100."""
    ranks = [rank for rank, document in enumerate(ranking[:DEPTH], start=1) if document in relevant]
    top = [rank for rank in ranks if rank <= 10]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), 10) + 1))
    return {
        "MRR@10": 1 / top[0] if top else 0.0,
        "nDCG@10": sum(1 / math.log2(rank + 1) for rank in top) / ideal if ideal else 0.0,
        "recall@10": len(top) / len(relevant) if relevant else 0.0,
        "recall@100": len(ranks) / len(relevant) if relevant else 0.0,
    }


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(sum(row[name] for row in rows) / len(rows), 4) if rows else 0.0 for name in METRICS}


def nonsense() -> list[str]:
    """Queries that no collection answers: greetings, small talk and letters by chance, in many languages."""
    lines = (resources.SEARCH / "nonsense.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip()]


def evaluate(
    folder: Path, bench: Bench, progress: Callable[[str], Progress], foreign: Sequence[Path] = ()
) -> dict[str, Any]:
    """Fill, ask and measure one set; `progress(title)` gives the reporter of each stage.

    The queries of the sets `foreign` have no answer in it: `refused` says what part of them, of its own and of
    nonsense is told so.
    """
    corpus = read_corpus(folder)
    strangers = [query["text"] for other in foreign for query in read_corpus(other).queries]
    started = time.perf_counter()
    records = bench.fill(corpus, progress("Embedding"))
    indexed = time.perf_counter()
    rankings = bench.rankings(corpus, records, progress("Asking"))
    asked = time.perf_counter()
    return {
        "set": folder.name,
        "documents": len(corpus.documents),
        "queries": len(corpus.queries),
        **measure(corpus, rankings),
        "refused": {
            "own": bench.refused([query["text"] for query in corpus.queries]),
            **({"foreign": bench.refused(strangers)} if strangers else {}),
            "nonsense": bench.refused(nonsense()),
        },
        "seconds": {"index": round(indexed - started, 1), "queries": round(asked - indexed, 1)},
    }
