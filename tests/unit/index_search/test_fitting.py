"""Fitting finds the weights that made the data, and does not mind what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from index.evidence import NAMES
from index.fitting import SENTENCE_SHARE, Judged, fit, fit_curve

MEANING = 3.0
TRUE = dict.fromkeys(NAMES, 0.0) | {
    "cosine": MEANING * (1 - SENTENCE_SHARE),
    "sentence": MEANING * SENTENCE_SHARE,
    "other_sentence": 1.0,
    "letters": 1.0,
    "same_cosine": 0.5,
    "pairs": 2.0,
}


def drawn(seed: int, queries: int = 300, candidates: int = 30) -> list[Judged]:
    """Queries whose one answer is drawn by the softmax of the true weights."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(queries):
        columns = random.normal(size=(candidates, len(NAMES)))
        odds = np.exp(columns @ np.array(list(TRUE.values())))
        relevant = np.zeros(candidates, dtype=np.bool_)
        relevant[random.choice(candidates, p=odds / odds.sum())] = True
        found.append(Judged(columns, relevant))
    return found


def test_the_weights_that_made_the_data_are_found() -> None:
    found = fit([drawn(1), drawn(2)])
    assert found == pytest.approx(TRUE, abs=0.35)


def test_sets_count_the_same_whatever_their_size() -> None:
    small, large = drawn(1, queries=20), drawn(2, queries=20)
    once, repeated = fit([small, large]), fit([small, large * 7])
    assert list(once.values()) == pytest.approx(list(repeated.values()), rel=0.05, abs=0.05)


def test_queries_without_an_answer_or_with_nothing_else_are_passed_over() -> None:
    none = Judged(np.ones((3, len(NAMES))), np.zeros(3, dtype=np.bool_))
    all_ = Judged(np.ones((3, len(NAMES))), np.ones(3, dtype=np.bool_))
    some = drawn(1, queries=40)
    assert fit([[*some, none, all_]]) == pytest.approx(fit([some]), rel=1e-3, abs=1e-3)


def test_several_answers_need_not_score_the_same() -> None:
    # One of two answers is higher in a column that tells nothing of the rest: no reason to push it down.
    columns = np.zeros((4, len(NAMES)))
    columns[0, NAMES.index("letters")] = 1.0
    columns[:2, NAMES.index("pairs")] = 1.0
    found = fit([[Judged(columns, np.array([True, True, False, False]))] * 5])
    assert found["pairs"] > 0
    assert found["letters"] >= 0


def test_a_curve_through_what_answers_and_what_does_not() -> None:
    random = np.random.default_rng(3)
    columns = random.normal(size=(4000, 2))
    answers = random.random(4000) < 1 / (1 + np.exp(-(2 * columns[:, 0] - columns[:, 1] - 1)))
    slopes, intercept = fit_curve(columns, answers, np.ones(4000))
    assert slopes == pytest.approx([2, -1], abs=0.25)
    assert intercept == pytest.approx(-1, abs=0.25)
