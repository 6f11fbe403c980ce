"""Compiled loops over rows: they say what NumPy says of copies of the same rows."""

from __future__ import annotations

import logging
from typing import Any

import numba
import numpy as np
import pytest
from numba import types
from numpy.typing import NDArray

from index import kernels
from index.ragged import Ragged

DIMENSION = 24


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(21)


def spans_of(counts: list[int]) -> NDArray[np.int64]:
    """Spans of so many rows each, one after the other, not in their order."""
    starts = np.cumsum(counts) - counts
    return np.column_stack([starts, counts, np.zeros(len(counts))]).astype(np.int64)[::-1].copy()


def packed(levels: NDArray[np.int8], scales: NDArray[np.float16]) -> NDArray[np.int8]:
    return np.hstack([levels, scales[:, None].view(np.int8)])


def test_sums_are_those_of_the_weights_of_each_passage(generator: np.random.Generator) -> None:
    spans = spans_of([300, 0, 1, 40])
    rows = generator.integers(0, 1 << 16, (341, 1)).astype(np.uint16)
    weights = generator.random(1 << 16, dtype=np.float32)

    found = kernels.sums(rows, spans, weights)

    assert found.dtype == np.float32
    expected = [weights[rows[first : first + count, 0]].sum(dtype=np.float64) for first, count, _ in spans.tolist()]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_nearest_row_of_each_passage_is_found_with_its_product(generator: np.random.Generator) -> None:
    spans = spans_of([5, 1, 0, 9])
    levels = generator.integers(-127, 128, (15, DIMENSION)).astype(np.int8)
    scales = (generator.random(15) / 50).astype(np.float16)
    query = generator.standard_normal(DIMENSION).astype(np.float32)
    products = (levels.astype(np.float64) @ query) * scales

    best, numbers = kernels.nearest(packed(levels, scales), spans, query, kernels.HALVES)

    for place, (first, count, _) in enumerate(spans.tolist()):
        if count:
            assert numbers[place] == products[first : first + count].argmax()
            assert best[place] == pytest.approx(products[first : first + count].max(), rel=1e-4)
        else:
            assert np.isnan(best[place])
            assert numbers[place] == 0


def test_of_rows_that_are_equally_near_the_first_counts() -> None:
    levels = np.tile(np.arange(DIMENSION, dtype=np.int8), (3, 1))
    levels[0] = -levels[0]
    rows = packed(levels, np.ones(3, dtype=np.float16))

    _, numbers = kernels.nearest(rows, spans_of([3]), np.ones(DIMENSION, dtype=np.float32), kernels.HALVES)

    assert numbers.tolist() == [1]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_passage_all_of_whose_rows_are_far_has_the_least_far(sign: int) -> None:
    levels = np.full((2, DIMENSION), -sign, dtype=np.int8) * np.array([[3], [2]], dtype=np.int8)
    rows = packed(levels, np.ones(2, dtype=np.float16))

    best, _ = kernels.nearest(rows, spans_of([2]), np.full(DIMENSION, sign, dtype=np.float32), kernels.HALVES)

    assert best.tolist() == [-2 * DIMENSION]


def test_arrays_that_may_not_be_written_to_are_read(generator: np.random.Generator) -> None:
    given: list[NDArray[Any]] = [
        generator.integers(-127, 128, (2, DIMENSION + 2)).astype(np.int8),
        spans_of([2]),
        np.ones(DIMENSION, dtype=np.float32),
    ]
    for array in given:
        array.flags.writeable = False

    kernels.nearest(*given, kernels.HALVES)


def test_an_index_without_rows_holds_nothing() -> None:
    rows = Ragged(1, np.uint16)
    spans = rows.spans(np.array([1, 2], dtype=np.int64))

    assert kernels.sums(rows.rows, spans, np.ones(1 << 16, dtype=np.float32)).tolist() == [0, 0]


def test_where_nothing_can_be_kept_a_loop_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = numba.njit

    def njit(*given: Any, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("no locator available")
        return real(*given, **options)

    monkeypatch.setattr(numba, "njit", njit)

    def doubled(number: int) -> int:
        return number * 2

    with caplog.at_level(logging.INFO, logger=kernels.__name__):
        assert kernels.compiled(types.int64)(doubled)(21) == 42
    assert "doubled is compiled at each start" in caplog.text
