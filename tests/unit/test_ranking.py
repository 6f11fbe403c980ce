"""Columns of passages and records say what one would find passage by passage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ranking import COUNTED, Listing, Ranking
from kb.values import Candidate


def candidate(passage_id: int, record_id: int, score: float) -> Candidate:
    return Candidate(
        passage_id=passage_id,
        score=score,
        probability=1 / (1 + math.exp(-score)),
        cosine=0.5,
        lexical=0.25,
        same_language=passage_id % 2 == 0,
        record_id=record_id,
        sentence=passage_id % 3,
        sentence_cosine=0.75,
    )


@st.composite
def rankings(draw: st.DrawFn) -> list[Candidate]:
    """Passages with distinct ids of a few records, best first."""
    scores = sorted(draw(st.lists(st.floats(-9, 9), max_size=30)), reverse=True)
    return [candidate(number, draw(st.integers(1, 6)), score) for number, score in enumerate(scores, start=1)]


@given(rankings())
def test_what_goes_in_comes_out(candidates: list[Candidate]) -> None:
    ranking = Ranking.of(candidates)
    assert list(ranking) == candidates == [ranking[place] for place in range(len(ranking))]
    assert list(ranking[1:4]) == candidates[1:4]
    assert list(ranking.take(np.arange(len(candidates))[::-1])) == candidates[::-1]


@given(rankings())
def test_a_record_has_its_passages_and_what_several_say_adds_up(candidates: list[Candidate]) -> None:
    listing = Listing.of(Ranking.of(candidates))
    own = {id_: [one for one in candidates if one.record_id == id_] for id_ in (one.record_id for one in candidates)}
    assert listing.ids.tolist() == list(own)
    assert listing.passages == len(candidates)
    for ranked in listing:
        passages = own[ranked.record_id]
        assert list(ranked.passages) == passages
        assert ranked.score == pytest.approx(math.log(math.fsum(math.exp(one.score) for one in passages[:COUNTED])))
        assert ranked.likeliest == passages[0].probability


def test_records_are_taken_in_the_order_asked_for() -> None:
    candidates = [candidate(1, 7, 3.0), candidate(2, 5, 2.0), candidate(3, 7, 1.0), candidate(4, 9, 0.0)]
    listing = Listing.of(Ranking.of(candidates))
    assert [one.record_id for one in listing.take([2, 0])] == [9, 7]
    assert [one.passage_id for one in listing.take([2, 0])[1].passages] == [1, 3]
    assert [one.record_id for one in listing[1:]] == [5, 9]


def test_passages_belong_to_the_records_named_and_others_are_left_out() -> None:
    ranking = Ranking.of([candidate(1, 7, 3.0), candidate(2, 5, 2.0)])
    assert [(one.passage_id, one.record_id) for one in ranking.belonging({2: 8, 3: 9})] == [(2, 8)]
    assert list(ranking.belonging({})) == []
