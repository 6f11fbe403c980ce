"""The FAISS index and its NumPy reference keep one contract, and agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import dense
from index.dense import FlatIndex
from index.exact import ExactIndex
from index.neutral import Projection, unit
from kb.values import Change
from tests.contract.changes import DIMENSION, LANGUAGES, gone, live
from tests.contract.dense import QUERY, DenseIndexContract


class TestFaiss(DenseIndexContract):
    @pytest.fixture
    def index(self) -> FlatIndex:
        return FlatIndex(DIMENSION)

    @pytest.fixture
    def another(self) -> FlatIndex:
        return FlatIndex(DIMENSION)

    @pytest.fixture
    def load(self) -> Callable[[Path], FlatIndex]:
        return lambda folder: FlatIndex.load(folder, DIMENSION)


class TestExact(DenseIndexContract):
    @pytest.fixture
    def index(self) -> ExactIndex:
        return ExactIndex(DIMENSION)

    @pytest.fixture
    def another(self) -> ExactIndex:
        return ExactIndex(DIMENSION)

    @pytest.fixture
    def load(self) -> Callable[[Path], ExactIndex]:
        return lambda folder: ExactIndex.load(folder, DIMENSION)


ROUNDING = 1.5e-2
"""What bytes may change of a cosine in so few dimensions; it is less the more there are."""


@st.composite
def histories(draw: Any) -> list[list[Change]]:
    """Batches of additions, removals and returns of a few ids, in order of seq."""
    batches, seq = [], 0
    for size in draw(st.lists(st.integers(1, 12), min_size=1, max_size=8)):
        batch = []
        for _ in range(size):
            seq += 1
            id_ = draw(st.integers(1, 25))
            language = draw(st.sampled_from(LANGUAGES))
            batch.append(live(seq, id_, language=language) if draw(st.integers(0, 3)) else gone(seq, id_))
        batches.append(batch)
    return batches


WAYS = {"one by one": (2000, 0), "one thread": (0, 1000), "two threads": (0, 0)}
"""How passages are compared, by `FEW` and `MANY`."""


@given(
    histories(), st.integers(1, 30), st.one_of(st.none(), st.sets(st.integers(1, 40))), st.sampled_from(sorted(WAYS))
)
@settings(max_examples=90, deadline=None)
def test_faiss_agrees_with_exact_search(
    batches: list[list[Change]], limit: int, chosen: set[int] | None, way: str
) -> None:
    matrix = np.eye(DIMENSION, dtype=np.float32)
    matrix[0, 0] = 0
    projection = Projection(matrix=matrix, languages=("it", "de"), rank=1)
    fast, exact = FlatIndex(DIMENSION, projection), ExactIndex(DIMENSION, projection)
    for batch in batches:
        fast.apply(batch)
        exact.apply(batch)
    allowed = None if chosen is None else np.array(sorted(chosen), dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "FEW", WAYS[way][0])
        patch.setattr(dense, "MANY", WAYS[way][1])
        ids, cosines = fast.search(QUERY, limit, allowed)
    np.testing.assert_allclose(fast.cosines(QUERY, ids), cosines, atol=1e-6)
    _, expected = exact.search(QUERY, limit, allowed)
    # Ties may be broken differently once vectors are rounded: what each rank scores must agree, not who holds it.
    np.testing.assert_allclose(cosines, expected, atol=ROUNDING)
    np.testing.assert_allclose(exact.cosines(QUERY, ids), expected, atol=ROUNDING)
    assert fast.ids().tolist() == exact.ids().tolist()


def test_a_query_that_cannot_change_is_compared_with_what_there_is_now() -> None:
    index, query = FlatIndex(DIMENSION), np.array(QUERY, copy=True)
    query.flags.writeable = False
    index.apply([live(1, 1)])
    found = index.search(query, 9)[0].tolist()

    index.apply([gone(2, 1), live(3, 2), live(4, 3)])

    assert found == [1]
    assert sorted(index.search(query, 9)[0].tolist()) == [2, 3]
    again = index.search(query.copy(), 9)
    assert [part.tolist() for part in index.search(query, 9)] == [part.tolist() for part in again]
    assert index.search(-query, 1)[0].tolist() == again[0].tolist()[1:]


def test_removing_subtracts_exactly_what_adding_added() -> None:
    index = FlatIndex(DIMENSION)
    index.apply([live(number, number, language="it") for number in range(1, 200)])
    index.apply([gone(1000 + number, number) for number in range(2, 200)])
    index.apply([live(2000, 500, language="de")])
    only = FlatIndex(DIMENSION)
    only.apply([live(1, 1, language="it"), live(2000, 500, language="de")])
    ids = np.array([1, 500])
    np.testing.assert_allclose(index.cosines(QUERY, ids), only.cosines(QUERY, ids), atol=1e-7)


@pytest.mark.parametrize(("dimension", "most"), [(DIMENSION, ROUNDING), (384, 3e-3)])
def test_bytes_lose_nothing_one_could_see(dimension: int, most: float) -> None:
    rows = unit(np.random.default_rng(7).normal(size=(500, dimension)).astype(np.float32))
    fast, exact = FlatIndex(dimension), ExactIndex(dimension)
    changes = [live(number, number, vector=row, language="it") for number, row in enumerate(rows, start=1)]
    for index in (fast, exact):
        index.apply(changes)
    ids, asked = np.arange(1, 501), rows[:1] + rows[1:2]
    np.testing.assert_allclose(fast.cosines(asked, ids), exact.cosines(asked, ids), atol=most)
    found, cosines = fast.search(asked, 500)
    np.testing.assert_allclose(cosines, fast.cosines(asked, found), atol=1e-6)


def test_a_value_that_is_too_large_is_cut_and_taken_away_as_it_was_added() -> None:
    index, rows = FlatIndex(384), np.eye(384, dtype=np.float32)[:2]
    index.apply([live(number, number, vector=row, language="it") for number, row in enumerate(rows, start=1)])
    ids, cosines = index.search(rows[:1], 2)
    assert ids.tolist() == [1, 2]
    assert cosines[0] > cosines[1]
    index.apply([gone(3, 1), gone(4, 2)])
    assert index.search(rows[:1], 2)[0].size == 0
