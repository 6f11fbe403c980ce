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
from index.neutral import Projection
from kb.values import Change
from tests.contract.changes import DIMENSION, LANGUAGES, gone, live, vectors
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


@given(histories(), st.integers(1, 30), st.one_of(st.none(), st.sets(st.integers(1, 40))), st.booleans())
@settings(max_examples=60, deadline=None)
def test_faiss_agrees_with_exact_search(
    batches: list[list[Change]], limit: int, chosen: set[int] | None, scan: bool
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
        patch.setattr(dense, "FEW", 0 if scan else 2000)
        _, cosines = fast.search(QUERY, limit, allowed)
        ids = fast.search(QUERY, limit, allowed)[0]
    _, expected = exact.search(QUERY, limit, allowed)
    # Ties may be broken differently once vectors are rounded: what each rank scores must agree, not who holds it.
    np.testing.assert_allclose(cosines, expected, atol=2e-3)
    np.testing.assert_allclose(exact.cosines(QUERY, ids), expected, atol=2e-3)
    assert fast.ids().tolist() == exact.ids().tolist()


def test_removing_subtracts_exactly_what_adding_added() -> None:
    index = FlatIndex(DIMENSION)
    index.apply([live(number, number, language="it") for number in range(1, 200)])
    index.apply([gone(1000 + number, number) for number in range(2, 200)])
    index.apply([live(2000, 500, language="de")])
    only = FlatIndex(DIMENSION)
    only.apply([live(1, 1, language="it"), live(2000, 500, language="de")])
    ids = np.array([1, 500])
    np.testing.assert_allclose(index.cosines(QUERY, ids), only.cosines(QUERY, ids), atol=1e-7)


def test_float16_loses_nothing_one_could_see() -> None:
    rows = vectors(500, seed=7)
    fast, exact = FlatIndex(DIMENSION), ExactIndex(DIMENSION)
    changes = [live(number, number, vector=row, language="it") for number, row in enumerate(rows, start=1)]
    for index in (fast, exact):
        index.apply(changes)
    ids = np.arange(1, 501)
    np.testing.assert_allclose(fast.cosines(QUERY, ids), exact.cosines(QUERY, ids), atol=1e-3)
