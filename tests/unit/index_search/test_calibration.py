"""A probability rises with the score, falls with the background, and a lone passage has a chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.calibration import Calibration
from kb import resources
from kb.errors import InvalidSetting

SHIPPED = Calibration.load(resources.SEARCH)
USUAL = SHIPPED.usual


def probability(score: float, mean: float = USUAL, count: int = 200, length: int = 40) -> float:
    background = np.full(count, mean)
    return float(SHIPPED.probabilities(np.array([score]), background, length)[0])


@given(st.floats(-50, 200), st.floats(0, 100), st.floats(-50, 200))
def test_a_higher_score_is_never_less_probable(score: float, more: float, mean: float) -> None:
    assert 0 <= probability(score, mean) <= probability(score + more, mean) <= 1


def test_what_stands_out_is_more_probable_than_what_does_not() -> None:
    assert probability(USUAL + 18) > 0.6
    assert probability(USUAL + 4) < SHIPPED.threshold


def test_what_counts_is_the_distance_from_the_collection() -> None:
    # A collection with one subject scores high with every question about it, and so does what does not answer.
    near, far = USUAL + 6, USUAL - 6
    assert probability(near + 15, near) > SHIPPED.threshold
    assert probability(far + 15, far) > SHIPPED.threshold
    assert probability(USUAL + 8, near) < SHIPPED.threshold < probability(USUAL + 8, far)


def test_the_only_passage_there_is_may_be_the_answer() -> None:
    # Its own score is the mean of the collection: taken at its word, nothing would stand out.
    assert probability(USUAL + 15, mean=USUAL + 15, count=1) > SHIPPED.threshold
    assert probability(USUAL + 15, mean=USUAL + 15, count=200) < SHIPPED.threshold


def test_an_empty_collection() -> None:
    assert SHIPPED.probabilities(np.empty(0), np.empty(0), 10).shape == (0,)
    assert probability(USUAL + 9, mean=0.0, count=0) == pytest.approx(probability(USUAL + 9, mean=USUAL))


def test_extreme_scores_do_not_overflow() -> None:
    steep = Calibration(model="any", lift=1e9, length=0, intercept=0, usual=0, threshold=0.5)
    found = steep.probabilities(np.array([-1.0, 1.0]), np.zeros(200), 3)
    assert found.tolist() == [pytest.approx(0), pytest.approx(1)]


def test_weights_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"calibration\.json"):
        Calibration.load(tmp_path)
