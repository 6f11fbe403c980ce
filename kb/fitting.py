"""Fitting the search's weights and its probability on labelled sets, with the product's own ranking.

What is fitted and what it was fitted on is written side by side, and every figure is given twice: with the weights that
ship, and with those fitted without the set it is measured on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import calibration, fitting
from index.calibration import Calibration
from index.evidence import NAMES, Nominated
from index.space import SearchSpace
from kb.bootstrap import Kb
from kb.errors import InvalidInput, NoModel
from kb.protocols import Progress
from kb.services.evaluation import Bench, Corpus, metrics, read_corpus

NOMINATED = 200
"""Passages that each side puts forward, as in a search."""

FOREIGN = 300
"""Queries of every other set, asked of a collection that has no answer to them."""


MOST_REFUSED = 0.02
"""Part of the queries that have an answer which the threshold may refuse."""

THRESHOLDS = np.arange(0.01, 0.5, 0.005)
KINDS = ("own", "foreign", "nonsense")

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A query put to a set's collection: what was nominated for it and which of that answers."""

    text: str
    nominated: Nominated
    documents: Sequence[str]
    relevant: NDArray[np.bool_]
    kind: str

    @property
    def judged(self) -> fitting.Judged:
        """What the weights of fusion are fitted to."""
        return fitting.Judged(self.nominated.evidence.columns(), self.relevant)

    def scores(self, weights: Vector) -> Vector:
        """The score of each nominee."""
        return np.asarray(self.nominated.evidence.columns() @ weights, dtype=np.float64)

    def background(self, weights: Vector) -> Vector:
        """The scores of the sample of the collection."""
        return np.asarray(self.nominated.background.columns() @ weights, dtype=np.float64)

    def ranking(self, scores: Vector) -> list[str]:
        """Documents in order of their best passage."""
        order = np.lexsort((self.nominated.ids, -scores))
        return list(dict.fromkeys(self.documents[row] for row in order))


def check(folders: Sequence[Path]) -> None:
    """Raise `InvalidInput` when there is no set to leave out and measure on."""
    if len({folder.name for folder in folders}) < 2:
        raise InvalidInput("Name two sets or more: each is measured with weights fitted to the others.")


def gather(
    folders: Sequence[Path],
    nonsense: Sequence[str],
    opened: Callable[[], AbstractContextManager[Kb]],
    progress: Callable[[str], Progress],
) -> dict[str, list[Asked]]:
    """Everything asked of every set: its own queries, those of the others, and what means nothing."""
    corpora = {folder.name: read_corpus(folder) for folder in folders}
    found = {}
    for name, corpus in corpora.items():
        foreign = [text for one in corpora.values() if not _akin(corpus, one) for text in _spread(one)]
        with opened() as kb:
            found[name] = list(_asked(kb, corpus, foreign, nonsense, progress))
    return found


def _akin(one: Corpus, other: Corpus) -> bool:
    """Whether two sets have a title in common: then one may answer what the other asks."""
    titles = [{document.get("title") for document in corpus.documents} - {None, ""} for corpus in (one, other)]
    return one is other or bool(titles[0] & titles[1])


def _spread(corpus: Corpus) -> list[str]:
    step = max(1, len(corpus.queries) // FOREIGN)
    return [query["text"] for query in corpus.queries[::step]][:FOREIGN]


def _asked(
    kb: Kb, corpus: Corpus, foreign: Sequence[str], nonsense: Sequence[str], progress: Callable[[str], Progress]
) -> Iterator[Asked]:
    bench = Bench(kb.database, kb.models, kb.search, kb.tools)
    records = bench.fill(corpus, progress("Embedding"))
    owner = bench.owners(records)
    space = kb.models.space()
    if not isinstance(space, SearchSpace):
        raise NoModel("The weights can only be fitted to the indexes that ship.")
    rows: list[tuple[str, frozenset[str], str]] = [
        *((query["text"], corpus.relevant[query["id"]], "own") for query in corpus.queries),
        *((text, frozenset(), "foreign") for text in foreign),
        *((text, frozenset(), "nonsense") for text in nonsense),
    ]
    report = progress("Asking")
    for number, (text, relevant, kind) in enumerate(rows, start=1):
        nominated = space.weigh(text, language=kb.search.language(text), limit=NOMINATED)
        documents = [owner[id_] for id_ in nominated.ids.tolist()]
        yield Asked(text, nominated, documents, np.array([one in relevant for one in documents], dtype=np.bool_), kind)
        report(number, len(rows))


# --- fitting -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Weights of fusion, (columns,), and the curve that makes a score a probability."""

    weights: Vector
    curve: Calibration

    def likeliest(self, asked: Asked) -> float:
        """The probability of the best hit."""
        scores, background = asked.scores(self.weights), asked.background(self.weights)
        return float(self.curve.probabilities(scores, background, asked.nominated.evidence.length).max())


def fit(sets: Mapping[str, Sequence[Asked]]) -> Fitted:
    """Weights first, on what each set's own queries were nominated; then the curve, on the best hit of everything."""
    own = [[one.judged for one in rows if one.kind == "own"] for rows in sets.values()]
    found = fitting.fit(own)
    weights = np.array([found[name] for name in NAMES])
    usual = float(np.mean([one.background(weights).mean() for rows in sets.values() for one in rows]))
    columns, answers, shares = [], [], []
    for rows in sets.values():
        counts = {kind: sum(one.kind == kind for one in rows) for kind in KINDS}
        for one in rows:
            scores = one.scores(weights)
            best = int(scores.argmax())
            columns.append(
                calibration.signs(scores[[best]], one.background(weights), one.nominated.evidence.length, usual)[0]
            )
            answers.append(bool(one.relevant[best]))
            # Every set counts the same, and in each what it cannot answer half as much as its own queries.
            shares.append(1 / counts["own"] if one.kind == "own" else 0.25 / counts[one.kind])
    slopes, intercept = fitting.fit_curve(np.array(columns), np.array(answers), np.array(shares))
    named = dict(zip(calibration.NAMES, slopes.tolist(), strict=True))
    return Fitted(weights, Calibration(model="", **named, intercept=intercept, usual=usual, threshold=0.0))


def write(folder: Path, sets: Mapping[str, Sequence[Asked]], model: str) -> dict[str, Any]:
    """Fit and write `fusion.json`, `calibration.json` and the evidence for both into `folder`; returns the evidence."""
    fitted = fit(sets)
    without = {name: fit({other: rows for other, rows in sets.items() if other != name}) for name in sets}
    threshold = _threshold(
        {name: [(one.kind, without[name].likeliest(one)) for one in rows] for name, rows in sets.items()}
    )
    evidence = {
        "model": model,
        "threshold": threshold,
        "sets": {name: _evidence(rows, fitted, without[name], threshold) for name, rows in sets.items()},
    }
    weights = dict(zip(NAMES, np.round(fitted.weights, 3).tolist(), strict=True))
    curve = {name: round(float(getattr(fitted.curve, name)), 4) for name in (*calibration.NAMES, "intercept")}
    curve |= {"usual": round(fitted.curve.usual, 2), "threshold": threshold}
    for name, content in (
        (
            "fusion.json",
            {"weights": weights, "model": model, "fitted": "softmax of an answer against what does not answer"},
        ),
        ("calibration.json", {"weights": curve, "model": model, "fitted": "logistic regression over best hits"}),
        ("evidence.json", evidence),
    ):
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return evidence


def _threshold(found: Mapping[str, Sequence[tuple[str, float]]]) -> float:
    """The highest one that refuses, in the mean over sets, few queries that have an answer."""
    own = [np.array([likely for kind, likely in rows if kind == "own"]) for rows in found.values()]
    kept = [at for at in THRESHOLDS if np.mean([(likely < at).mean() for likely in own]) <= MOST_REFUSED]
    return round(float(kept[-1]), 3) if kept else float(THRESHOLDS[0])


def _evidence(rows: Sequence[Asked], fitted: Fitted, without: Fitted, threshold: float) -> dict[str, Any]:
    return {
        "queries": {kind: sum(one.kind == kind for one in rows) for kind in KINDS},
        "fitted": _measured(rows, fitted, threshold),
        "held_out": _measured(rows, without, threshold),
    }


def _measured(rows: Sequence[Asked], fitted: Fitted, threshold: float) -> dict[str, Any]:
    own = [one for one in rows if one.kind == "own"]
    scores = []
    for one in own:
        relevant = frozenset(name for name, answers in zip(one.documents, one.relevant, strict=True) if answers)
        scores.append(metrics(one.ranking(one.scores(fitted.weights)), relevant or frozenset({""})))
    likely = {kind: np.array([fitted.likeliest(one) for one in rows if one.kind == kind]) for kind in KINDS}
    right = np.array([bool(one.relevant[one.scores(fitted.weights).argmax()]) for one in own])
    return {
        **{name: round(float(np.mean([score[name] for score in scores])), 4) for name in ("MRR@10", "nDCG@10")},
        "refused": {kind: round(float((likely[kind] < threshold).mean()), 3) for kind in KINDS if likely[kind].size},
        "brier": round(float(np.mean((likely["own"] - right) ** 2)), 4),
        "mean_probability": round(float(likely["own"].mean()), 3),
        "best_hit_right": round(float(right.mean()), 3),
    }
