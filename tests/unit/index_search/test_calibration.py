"""A probability rises with the cosine, falls with the background, and a lone passage has a chance."""

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


def probability(cosine: float, mean: float = 0.76, count: int = 1000) -> float:
    return float(SHIPPED.probabilities(np.array([cosine], dtype=np.float32), mean, count)[0])


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(-1, 1))
def test_a_higher_cosine_is_never_less_probable(cosine: float, more: float, mean: float) -> None:
    assert 0 <= probability(cosine, mean) <= probability(min(cosine + more, 1), mean) <= 1


def test_what_stands_out_is_more_probable_than_what_does_not() -> None:
    assert probability(0.87, mean=0.75) > 0.6
    assert probability(0.82, mean=0.80) < SHIPPED.threshold


def test_where_everything_is_near_an_answer_stands_out_by_less() -> None:
    # A collection with one subject: its right hits lie .06 above a background of .84, elsewhere .11 above .75.
    assert probability(0.90, mean=0.84) > probability(0.82, mean=0.75)
    assert probability(0.90, mean=0.84) > SHIPPED.threshold


def test_the_only_passage_there_is_may_be_the_answer() -> None:
    # Its own cosine is the mean of the collection: taken at its word, nothing would stand out.
    assert probability(0.88, mean=0.88, count=1) > SHIPPED.threshold
    assert probability(0.88, mean=0.88, count=100_000) < SHIPPED.threshold


def test_an_empty_collection() -> None:
    assert SHIPPED.probabilities(np.empty(0, dtype=np.float32), 0.0, 0).shape == (0,)
    assert probability(0.9, mean=0.0, count=0) == pytest.approx(probability(0.9, mean=SHIPPED.usual))


def test_a_query_as_near_to_everything_as_can_be() -> None:
    assert 0 <= probability(1.0, mean=1.0, count=10**18) <= 1


def test_extreme_cosines_do_not_overflow() -> None:
    steep = Calibration(model="any", slope=1e9, intercept=0, usual=0, threshold=0.5)
    found = steep.probabilities(np.array([-1, 1], dtype=np.float32), 0.0, 1)
    assert found.tolist() == [pytest.approx(0), pytest.approx(1)]


def test_weights_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"calibration\.json"):
        Calibration.load(tmp_path)
