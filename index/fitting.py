"""The weights of fusion and of the probability, found by maximum likelihood on queries whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index.evidence import NAMES

PENALTY = 1e-3
"""Of the squared weights, each in units of its column's deviation: keeps one from growing where a set decides all."""

SENTENCE_SHARE = 0.3
"""Of the weight of meaning, what the best sentence has; the rest is the whole passage's.

Likelihood alone would give it half, because the sets mostly ask for facts that stand in one sentence. A subject asked
for in three words would then be answered by whichever sentence happens to hold it.
"""

Matrix = NDArray[np.float64]


JOINED = ("meaning", *(name for name in NAMES if name not in ("cosine", "sentence")))
"""What is fitted: meaning as one column."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The candidates of one query: a row each of `Evidence.columns`, and which of them answer, (n,)."""

    columns: Matrix
    relevant: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """All queries of one set in arrays of one size: (queries, most candidates, columns) and two masks."""

    columns: Matrix
    present: NDArray[np.bool_]
    relevant: NDArray[np.bool_]


def fit(sets: Sequence[Sequence[Judged]]) -> dict[str, float]:
    """Weights under which each answer is likeliest to come before all that does not answer.

    The likelihood is a softmax of one answer against the candidates that do not answer, so that several answers, say
    the same text in five languages, need not have the same score. Every set counts the same, however many its queries.
    """
    packed = [_packed([Judged(_joined(one.columns), one.relevant) for one in queries]) for queries in sets]
    deviation = np.concatenate([one.columns[one.present] for one in packed]).std(axis=0) + 1e-9
    scaled = [_Set(one.columns / deviation, one.present, one.relevant) for one in packed]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        found = [_loss(one, weights) for one in scaled]
        value = sum(part for part, _ in found) + PENALTY * float(weights @ weights)
        return value, np.sum([slope for _, slope in found], axis=0) + 2 * PENALTY * weights

    best = minimize(loss, np.zeros(deviation.size), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    return _apart(dict(zip(JOINED, (best.x / deviation).tolist(), strict=True)))


def _joined(columns: Matrix) -> Matrix:
    """The columns with those of meaning in one: (n, columns of `JOINED`)."""
    named = dict(zip(NAMES, columns.T, strict=True))
    meaning = (1 - SENTENCE_SHARE) * named["cosine"] + SENTENCE_SHARE * named["sentence"]
    return np.column_stack([meaning, *(named[name] for name in JOINED[1:])])


def _apart(joined: dict[str, float]) -> dict[str, float]:
    """The weights of all columns from those of the joined ones."""
    meaning = joined.pop("meaning")
    shares = {"cosine": 1 - SENTENCE_SHARE, "sentence": SENTENCE_SHARE}
    found = {**joined, **{name: meaning * share for name, share in shares.items()}}
    return {name: found[name] for name in NAMES}


def _packed(queries: Sequence[Judged]) -> _Set:
    usable = [query for query in queries if query.relevant.any() and not query.relevant.all()]
    most = max(len(query.relevant) for query in usable)
    columns = np.zeros((len(usable), most, usable[0].columns.shape[1]))
    present, relevant = np.zeros((2, len(usable), most), dtype=np.bool_)
    for row, query in enumerate(usable):
        size = len(query.relevant)
        columns[row, :size], present[row, :size], relevant[row, :size] = query.columns, True, query.relevant
    return _Set(columns, present, relevant)


def _loss(one: _Set, weights: Matrix) -> tuple[float, Matrix]:
    """Mean over the set's queries of −log p of an answer, and its slope."""
    scores = np.where(one.present, one.columns @ weights, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    odds = np.exp(scores)
    others = np.where(one.relevant, 0, odds).sum(axis=1, keepdims=True)
    share = one.relevant / one.relevant.sum(axis=1, keepdims=True)
    # Scores of answers may lie so far below that their odds vanish; what does not answer then decides alone.
    total = np.maximum(odds + others, 1e-300)
    value = (share * (np.log(total) - np.where(one.relevant, scores, 0))).sum(axis=1).mean()
    pulled = share * others / total
    pushed = (share / total).sum(axis=1, keepdims=True) * np.where(one.relevant, 0, odds)
    return float(value), np.einsum("qn,qnk->k", pushed - pulled, one.columns) / len(scores)


def fit_curve(columns: Matrix, answers: NDArray[np.bool_], weights: Matrix) -> tuple[Matrix, float]:
    """Slopes (k,) and intercept of a logistic curve through hits that answer or not, each of some weight, (n,)."""
    middle, deviation = columns.mean(axis=0), columns.std(axis=0) + 1e-9
    scaled = np.column_stack([(columns - middle) / deviation, np.ones(len(columns))])
    shares = weights / weights.sum()

    def loss(slopes: Matrix) -> tuple[float, Matrix]:
        odds = scaled @ slopes
        value = float(shares @ (np.logaddexp(0, odds) - answers * odds)) + PENALTY * float(slopes[:-1] @ slopes[:-1])
        pulled = scaled.T @ (shares * (1 / (1 + np.exp(-odds)) - answers))
        return value, pulled + 2 * PENALTY * np.append(slopes[:-1], 0)

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    slopes = found[:-1] / deviation
    return slopes, float(found[-1] - slopes @ middle)
