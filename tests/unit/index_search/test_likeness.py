"""Likeness: language does not count, long texts are bounded, and what is not held does no harm."""

from __future__ import annotations

import numpy as np
import pytest

from index.dense import FlatIndex
from index.likeness import MIDDLE, neighbours, resemblances, spread
from kb.protocols import Source, Vectors
from tests.contract.changes import DIMENSION, live, vectors

TOPICS = vectors(40, seed=7)
ACCENT = vectors(1, seed=8)[0]


def told(topics: Vectors, language: str) -> Vectors:
    """The same topics as that language would have them: all shifted in one direction."""
    shifted = topics + (0.9 * ACCENT if language == "de" else -0.9 * ACCENT)
    return (shifted / np.linalg.norm(shifted, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def index() -> FlatIndex:
    """Forty topics told in German under the ids from 100 and in Italian under those from 200."""
    index = FlatIndex(DIMENSION)
    for first, language in ((100, "de"), (200, "it")):
        rows = told(TOPICS, language)
        index.apply([live(first + n, first + n, vector=rows[n], language=language) for n in range(40)])
    return index


def test_the_source_is_placed_where_its_passages_lie(index: FlatIndex) -> None:
    _, stored = index.held(np.arange(100, 140))
    assert np.allclose(index.placed(told(TOPICS, "de"), ["de"] * 40), stored, atol=1e-2)
    assert not np.allclose(told(TOPICS, "de"), stored, atol=2e-2)


def test_a_language_the_index_does_not_hold_has_no_centre(index: FlatIndex) -> None:
    assert np.allclose(index.placed(TOPICS, ["xx"] * 40), TOPICS, atol=1e-6)


def test_the_same_topics_in_another_language_are_most_alike(index: FlatIndex) -> None:
    source = Source(told(TOPICS[:4], "de"), ("de",) * 4)
    groups = [np.arange(start, start + 4) for start in range(200, 240, 4)]
    scores = [one.score for one in resemblances(index, source, groups)]
    assert int(np.argmax(scores)) == 0
    assert max(scores) <= 1.0001


def test_groups_count_together_as_each_would_alone(index: FlatIndex) -> None:
    source = Source(told(TOPICS[:3], "de"), ("de",) * 3)
    groups = [np.array(ids, dtype=np.int64) for ids in ([200, 201, 202], [1], [215], [], [201, 230, 3])]
    together = resemblances(index, source, groups)
    alone = [resemblances(index, source, [group])[0] for group in groups]
    assert [one.score for one in together] == pytest.approx([one.score for one in alone], abs=1e-6)
    assert [{id_ for id_, _ in one.passages} for one in together] == [{200, 201, 202}, set(), {215}, set(), {201, 230}]
    _, (lone,) = index.held(np.array([215]))
    placed = index.placed(source.vectors, source.languages)
    middle = placed.mean(axis=0)
    expected = MIDDLE * middle @ lone / np.linalg.norm(middle) + (1 - MIDDLE) * (placed @ lone).mean()
    assert together[2].score == pytest.approx(float(expected), abs=1e-5)


def test_passages_come_with_their_best_match_first(index: FlatIndex) -> None:
    source = Source(told(TOPICS[[2]], "de"), ("de",))
    (found,) = resemblances(index, source, [np.arange(200, 204)])
    assert found.passages[0][0] == 202
    cosines = [cosine for _, cosine in found.passages]
    assert cosines == sorted(cosines, reverse=True)


def test_passages_that_are_not_held_do_not_count(index: FlatIndex) -> None:
    source = Source(told(TOPICS[[2]], "de"), ("de",))
    gone, part = resemblances(index, source, [np.array([1, 2]), np.array([1, 202])])
    assert (gone.score, gone.passages) == (0.0, ())
    assert [id_ for id_, _ in part.passages] == [202]


def test_neighbours_are_distinct_allowed_and_hold_the_counterpart(index: FlatIndex) -> None:
    source = Source(told(TOPICS[:3], "de"), ("de",) * 3)
    found = neighbours(index, source, 0, None).tolist()
    assert len(found) == len(set(found)) == 80
    allowed = np.array([202, 230])
    assert set(neighbours(index, source, 0, allowed).tolist()) == {202, 230}
    assert neighbours(FlatIndex(DIMENSION), source, 0, None).size == 0


@pytest.mark.parametrize(("count", "most", "chosen"), [(0, 8, []), (1, 8, [0]), (3, 8, [0, 1, 2]), (9, 3, [0, 4, 8])])
def test_what_is_chosen_is_spread_from_the_first_to_the_last(count: int, most: int, chosen: list[int]) -> None:
    assert spread(count, most) == chosen
