"""How long a whole search takes in a large collection, which step takes it, and in how much memory.

    python tests/benchmarks/bench_search.py [--keep FOLDER] [PASSAGES] [EVAL_FOLDER]

The collection is made of the sentences of the development sets: each passage is some of a language's sentences in new
company, its vectors theirs with a little noise. The searching process is one of its own; the plain way it is compared
with, in the same process, is a matrix product over all vectors and SQLite's full text search. No question is timed that
was asked before, for the encoder knows the last ones; the row that says so tells what that spares. Exits with 1 where a
search takes longer, or more memory, than the product promises.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
# As in the product, whose package says so before anything loads NumPy: its threads wait by turning round and round.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402 -- knows by now how many threads it is to have
import psutil  # noqa: E402 -- the script runs without being installed
from sqlalchemy import insert  # noqa: E402 -- the script runs without being installed

from index.neutral import unit  # noqa: E402
from ingest.sentences import pieces  # noqa: E402
from kb.bootstrap import Kb, build  # noqa: E402
from kb.config import load  # noqa: E402
from kb.db import feed  # noqa: E402
from kb.db.entities import Document, Embedding, Passage, Record, Term  # noqa: E402
from kb.settling import settle  # noqa: E402
from kb.values import VISITOR, Filters, Query  # noqa: E402
from tests.benchmarks.memory import own_peak_mb  # noqa: E402

COUNT = 100_000
POOL = 250
"""Sentences of each language."""
PER_RECORD = 5
FILLED = "filled"
"""A file that tells that the folder to keep has been filled."""
QUERIES = 150
NOISE = 0.02
MOST_MEDIAN, MOST_SLOW, MOST_MEMORY = 30.0, 70.0, 1500.0

SETS = ("scattered", "parallel", "italian", "actions-fr")
THEMES = ("waste", "energy", "mobility", "tourism", "agriculture")
COUNTRIES = ("IT", "DE", "FR", "ES", "RO")

FILTERS = {
    "no filter": Filters(),
    "a kind and two themes": Filters(kinds=("practice",), themes=("waste", "energy")),
    "a country and ten years": Filters(countries=("DE",), year_from=2005, year_to=2014),
    "one region": Filters(regions=("ITI1",)),
}
"""Each with questions of its own, for the encoder knows the last ones."""

AGAIN = "the last questions narrowed"
WARMING = len(FILTERS)
"""The turn of the questions that are asked before any time is taken."""


def main() -> int:
    """Build the collection, search it in another process, print what was found."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as aside:
        folder = given.keep or Path(aside)
        if not (folder / FILLED).exists():
            kb = opened(folder)
            kb.database.upgrade()
            kb.models.add("multilingual-e5-small-q4")
            fill(kb, given.passages, given.sets)
            kb.close()
            (folder / FILLED).touch()
        shutil.rmtree(folder / "data" / "index", ignore_errors=True)
        worst = 0
        for title in ("indexes made from the rows", "indexes from a snapshot"):
            found = _searching(folder, given.sets, plain=title.endswith("rows"))
            worst = max(worst, report(title, found))
    return worst


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("passages", nargs="?", type=int, default=COUNT)
    parser.add_argument("sets", nargs="?", type=Path, default=ROOT.parent / "shared" / "eval")
    parser.add_argument("--keep", type=Path, help="a folder to fill, or to search again once it is filled")
    return parser.parse_args()


def opened(folder: Path) -> Kb:
    """A knowledge base in `folder`, with the encoders of this checkout."""
    models = Path(os.environ.get("KB_MODELS") or ROOT / ".kb" / "models")
    return build(load(data=folder / "data", models=models))


# --- the collection ----------------------------------------------------------------------------------


def fill(kb: Kb, count: int, sets: Path) -> None:
    """Write `count` passages with vectors, five to a record, straight into the tables."""
    model_id, embedder = kb.models.current()
    pool = {language: (texts, embedder.embed_passages(texts)) for language, texts in sentences(sets).items()}
    random = np.random.default_rng(21)
    for start in range(0, count // PER_RECORD, 500):
        numbers = range(start, min(start + 500, count // PER_RECORD))
        _write(kb, model_id, [_record(number) for number in numbers], pool, random)


def sentences(sets: Path) -> dict[str, list[str]]:
    """The first sentences of each language in the development sets."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name in SETS:
        for line in (sets / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            for begin, end in pieces(document["text"]):
                if len(found[document["lang"]]) < POOL and end - begin < 400:
                    found[document["lang"]][document["text"][begin:end]] = None
    return {language: list(texts) for language, texts in found.items()}


def _record(number: int) -> dict[str, Any]:
    country = COUNTRIES[number % len(COUNTRIES)]
    return {
        "id": number + 1,
        "key": f"record-{number}",
        "kind": "practice" if number % 3 else "study",
        "state": "published",
        "title": f"Record {number}",
        "summary": "",
        "language": "und",
        "country": country,
        "region": "Toscana" if number % 50 == 0 else None,
        "region_key": "ITI1" if number % 50 == 0 else None,
        "year": 1995 + number % 30,
        "details": {"solution": "x" * 2000},
    }


def _write(kb: Kb, model_id: int, records: list[dict[str, Any]], pool: dict[str, Any], random: Any) -> None:
    languages = sorted(pool)
    passages, vectors = [], []
    for record in records:
        language = languages[record["id"] % len(languages)]
        record["language"] = language
        for ordinal in range(PER_RECORD):
            passage, both = _passage(language, *pool[language], random)
            passage_id = (record["id"] - 1) * PER_RECORD + ordinal + 1
            passages.append({"id": passage_id, "document_id": record["id"], "ordinal": ordinal, **passage})
            vectors.append({"model_id": model_id, "passage_id": passage_id, "live": True, **both})
    with kb.database.write() as session:
        session.execute(insert(Record), records)
        session.execute(
            insert(Term),
            [
                {"record_id": record["id"], "facet": "theme", "value": THEMES[(record["id"] + step) % len(THEMES)]}
                for record in records
                for step in (0, 2)
            ],
        )
        session.execute(insert(Document), [_document(record) for record in records])
        session.execute(insert(Passage), passages)
        for row, seq in zip(vectors, feed.draw(session, len(vectors)), strict=True):
            row["seq"] = seq
        session.execute(insert(Embedding), vectors)


def _document(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "record_id": record["id"],
        "name": "description",
        "sha256": f"{record['id']:064x}",
        "size": 0,
        "media_type": "text/x-record",
        "status": "searchable",
        "recipe": "bench",
        "language": record["language"],
    }


def _passage(language: str, texts: list[str], vectors: Any, random: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    chosen = random.choice(len(texts), size=int(random.integers(2, 8)), replace=False)
    spans, start = [], 0
    for row in chosen:
        spans.append([start, start + len(texts[row])])
        start += len(texts[row]) + 1
    text = " ".join(texts[row] for row in chosen)
    near = unit(vectors[chosen] + random.normal(size=(len(chosen), vectors.shape[1])).astype(np.float32) * NOISE)
    fields = {"heading": [], "text": text, "language": language, "char_from": 0, "char_to": len(text)}
    both = {
        "data": unit(near.mean(axis=0, keepdims=True)).astype("<f4").tobytes(),
        "sentences": near.astype("<f2").tobytes(),
    }
    return {**fields, "sentences": spans}, both


# --- searching it ------------------------------------------------------------------------------------


class Stopwatch:
    """Adds up the time spent in some functions, by the step they stand for."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._running = False

    def watch(self, owner: Any, name: str, step: str) -> None:
        """Count the time of `owner.name` as `step`, unless it is called within another step."""
        setattr(owner, name, self.timed(getattr(owner, name), step))

    def timed(self, inner: Callable[..., Any], step: str) -> Callable[..., Any]:
        """What `inner` does, its time counted as `step`."""

        def timed(*given: Any, **named: Any) -> Any:
            if self._running:
                return inner(*given, **named)
            self._running, started = True, time.perf_counter()
            try:
                return inner(*given, **named)
            finally:
                self._running = False
                self.spent[step] += time.perf_counter() - started

        return timed


class _Waited:
    """A pool, the time counted that its caller waits for what it does; what goes on beside costs her nothing."""

    def __init__(self, pool: Executor, watch: Stopwatch) -> None:
        self._pool, self._watch = pool, watch

    def submit(self, *given: Any) -> Future[Any]:
        """What the pool gives, its `result` being watched."""
        future = self._pool.submit(*given)
        self._watch.watch(future, "result", "waiting for the words of what meaning found")
        return future


def search_it(folder: Path, sets: Path, *, plain: bool) -> dict[str, Any]:
    """Times of all searches in milliseconds, and what else there is to say of this process."""
    started = time.perf_counter()
    kb = opened(folder)
    warming = questions(sets, WARMING)
    kb.search.search(Query(text=warming[0]), VISITOR)
    ready = time.perf_counter() - started
    kb.models.save(always=True)
    for text in warming:
        kb.search.search(Query(text=text), VISITOR)
    settle()  # As the server does once it is warm.
    watch = _watched(kb)
    times = {
        name: list(_timed(kb, questions(sets, turn), filters)) for turn, (name, filters) in enumerate(FILTERS.items())
    }
    total = sum(map(sum, times.values())) / 1000
    steps = {step: spent / total for step, spent in watch.spent.items()}
    times[AGAIN] = list(_timed(kb, questions(sets, WARMING - 1), FILTERS["a country and ten years"]))
    result = {
        "ready": ready,
        "times": times,
        "steps": steps,
        "memory": own_peak_mb(),
        "now": psutil.Process().memory_info().rss / (1 << 20),
    }
    if plain:
        result["plain"] = list(_plainly(kb, questions(sets, WARMING + 1)))
    kb.close()
    return result


def questions(sets: Path, turn: int = 0) -> list[str]:
    """Queries of all sets alternately, others at each of seven turns."""
    lines = [(sets / name / "queries.jsonl").read_text(encoding="utf-8").splitlines()[turn::7] for name in SETS]
    mixed = [json.loads(line)["text"] for turn in itertools.zip_longest(*lines) for line in turn if line]
    return mixed[:QUERIES]


def _watched(kb: Kb) -> Stopwatch:
    from index import lexical
    from kb.services import catalog, narrowing, ordering
    from kb.services import search as answering

    watch = Stopwatch()
    lexical._BESIDE = cast("Any", _Waited(lexical._BESIDE, watch))
    space: Any = kb.models.space()
    watch.watch(kb.search, "_language", "language of the query")
    begin = space.encoding
    space.encoding = lambda text: watch.timed(begin(text), "waiting for the query's vector")
    watch.watch(space._dense, "search", "meaning: nearest passages")
    watch.watch(space._dense, "gather", "meaning: cosines of the nominees")
    watch.watch(space._dense, "cosines_with", "meaning: cosines of the nominees")
    watch.watch(space._lexical, "query", "words")
    watch.watch(space._lexical, "ask", "words")
    watch.watch(space._lexical, "judging", "words")
    watch.watch(space._sentences, "nearest", "best sentences")
    watch.watch(space._background, "evidence", "the sample")
    watch.watch(space._letters, "shares", "letters")
    watch.watch(space._pairs, "shares", "pairs of words")
    watch.watch(space, "passages_of", "filters")
    watch.watch(answering, "seen_by", "records of what was found")
    watch.watch(catalog, "allowed", "filters")
    watch.watch(catalog, "hydrate", "rows of the page")
    watch.watch(narrowing, "counted", "facets")
    watch.watch(ordering, "arranged", "order")
    watch.watch(kb.search, "_highlight", "snippets")
    watch.watch(kb.models, "begun", "beginning to encode")
    watch.watch(kb.models, "_as_of", "looking for changes")
    return watch


def _timed(kb: Kb, asked: list[str], filters: Filters) -> Iterator[float]:
    for text in asked:
        started = time.perf_counter()
        kb.search.search(Query(text=text, filters=filters), VISITOR)
        yield (time.perf_counter() - started) * 1000


def _plainly(kb: Kb, asked: list[str]) -> Iterator[float]:
    """Cosine over a matrix and an OR query of SQLite's FTS5: no language, no sentences, no rows, no filter."""
    _, embedder = kb.models.current()
    words = sqlite3.connect(":memory:")
    words.execute("CREATE VIRTUAL TABLE passage USING fts5(text)")
    parts = []
    with kb.database.read() as session:
        for batch in feed.changes(session, 1, 0):
            words.executemany("INSERT INTO passage(rowid, text) VALUES (?, ?)", [(c.passage_id, c.text) for c in batch])
            parts.append(np.frombuffer(b"".join(change.vector for change in batch), dtype="<f4"))
    matrix = np.concatenate(parts).reshape(-1, embedder.dimension)
    for text in asked:
        started = time.perf_counter()
        products = matrix @ embedder.embed_query(text)[0]
        np.argpartition(products, -200)[-200:]
        terms = ["".join(filter(str.isalnum, word)) for word in text.split()]
        matched = " OR ".join(f'"{term}"' for term in terms if term)
        words.execute(
            "SELECT rowid FROM passage WHERE passage MATCH ? ORDER BY bm25(passage) LIMIT 200", [matched]
        ).fetchall()
        yield (time.perf_counter() - started) * 1000


def _searching(folder: Path, sets: Path, *, plain: bool) -> dict[str, Any]:
    command = [sys.executable, __file__, "--search", str(folder), str(sets), str(int(plain))]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def report(title: str, found: dict[str, Any]) -> int:
    """Print it; 1 where a promise is broken."""
    print(f"\n{title}: ready after {found['ready']:.1f} s, load of the machine {os.getloadavg()[0]:.1f}")
    broken = found["memory"] > MOST_MEMORY
    show: Callable[[str, list[float]], tuple[float, float]] = _row
    for name, times in found["times"].items():
        median, slow = show(name, times)
        broken |= median > MOST_MEDIAN or slow > MOST_SLOW
    if "plain" in found:
        show("the plain way", found["plain"])
    print("share of each step:")
    for step, share in sorted(found["steps"].items(), key=lambda item: -item[1]):
        print(f"  {step:32} {share:6.1%}")
    print(f"  {'all the rest':32} {1 - sum(found['steps'].values()):6.1%}")
    print(f"memory: {found['memory']:.0f} MB at most, {found['now']:.0f} MB after the searches")
    return int(broken)


def _row(name: str, times: list[float]) -> tuple[float, float]:
    median, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(f"  {name:32} median {median:6.1f} ms   95th percentile {slow:6.1f} ms")
    return median, slow


if __name__ == "__main__":
    if sys.argv[1:2] == ["--search"]:
        print(json.dumps(search_it(Path(sys.argv[2]), Path(sys.argv[3]), plain=sys.argv[4] == "1")))
        sys.exit(0)
    sys.exit(main())
