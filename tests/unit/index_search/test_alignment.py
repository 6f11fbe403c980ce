"""A translation tells the same sentences in the same order; a text on the same subject does not."""

from __future__ import annotations

import numpy as np
import pytest

from index.alignment import MOST, longest_rise, pooled, told_again
from index.neutral import unit
from kb.protocols import Vectors


def sentences(count: int, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, 32)).astype(np.float32))


def near(vectors: Vectors, seed: int = 9) -> Vectors:
    return unit(vectors + 0.02 * np.random.default_rng(seed).normal(size=vectors.shape).astype(np.float32))


def test_a_translation_is_told_again_whole() -> None:
    own = sentences(20, 1)
    assert told_again(own, near(own), 0.85) == 1.0


def test_so_is_the_translation_of_a_part() -> None:
    own = sentences(30, 1)
    assert told_again(own, near(own[10:18]), 0.85) == 1.0
    assert told_again(near(own[10:18]), own, 0.85) == 1.0


def test_the_same_sentences_in_another_order_are_no_translation() -> None:
    own = sentences(20, 1)
    assert told_again(own, near(own)[::-1], 0.85) == pytest.approx(1 / 20)


def test_sentences_that_are_not_near_have_no_counterpart() -> None:
    assert told_again(sentences(20, 1), sentences(20, 2), 0.85) == 0.0
    assert told_again(sentences(0, 1), sentences(3, 2), 0.85) == 0.0


def test_long_texts_are_compared_in_as_many_pieces_as_fit() -> None:
    own = sentences(3 * MOST + 7, 1)
    assert len(pooled(own)) == MOST
    assert told_again(own, near(own), 0.85) == 1.0


def test_the_longest_rise_need_not_be_in_one_piece() -> None:
    assert longest_rise([5, 1, 2, 9, 3, 4]) == 4
    assert longest_rise([3, 2, 1]) == 1
    assert longest_rise([]) == 0
