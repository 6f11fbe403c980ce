"""What judges nominees follows the feed as what nominates them does, and says the same as the arithmetic spelt out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.neutral import centres, unit
from index.overlap import OverlapIndex, letters, pairs
from index.sentences import SentenceIndex
from kb.protocols import Vectors
from kb.values import Change
from tests.contract.changes import DIMENSION, LANGUAGES, gone, live, vectors
from tests.contract.follower import FollowerContract

QUERY = vectors(1, seed=99)


def ids(*numbers: int) -> Any:
    return np.array(numbers, dtype=np.int64)


class _SecondStageContract(FollowerContract):
    """It has no search of its own: asked about all it holds, and about what it does not."""

    def ask(self, index: Any, limit: int = 1000, allowed: Any = None) -> list[int]:
        asked = np.arange(1, 100, dtype=np.int64) if allowed is None else allowed
        known = self.known(index, asked)
        found: list[int] = asked[known].tolist()
        return found[:limit]

    def known(self, index: Any, asked: Any) -> Any:
        raise NotImplementedError


class TestSentences(_SecondStageContract):
    @pytest.fixture
    def index(self) -> SentenceIndex:
        return SentenceIndex(DIMENSION)

    @pytest.fixture
    def load(self) -> Callable[[Path], SentenceIndex]:
        return lambda saved: SentenceIndex.load(saved, DIMENSION)

    def known(self, index: SentenceIndex, asked: Any) -> Any:
        return ~np.isnan(index.nearest(QUERY, asked).cosines)


class TestLetters(_SecondStageContract):
    @pytest.fixture
    def index(self) -> OverlapIndex:
        return OverlapIndex(letters)

    @pytest.fixture
    def load(self) -> Callable[[Path], OverlapIndex]:
        return lambda saved: OverlapIndex.load(saved, letters)

    def known(self, index: OverlapIndex, asked: Any) -> Any:
        return index.shares(index.wanted("raccolta Sammlung collecte", "it"), asked) > 0


def divided(number: int, count: int) -> Change:
    """A passage in turn in each language, with `count` sentences."""
    rows = vectors(count, seed=1000 + number)
    language = LANGUAGES[number % len(LANGUAGES)]
    return replace(live(number, number, language=language, text="x"), sentences=rows.astype("<f2").tobytes())


def spelt_out(changes: list[Change]) -> dict[int, Vectors]:
    """Cosines of the query with every sentence of every passage, centred by language."""
    rows = {
        change.passage_id: unit(np.frombuffer(change.sentences, dtype="<f2").reshape(-1, DIMENSION).astype(np.float32))
        for change in changes
    }
    by_language: dict[str, list[Vectors]] = {}
    for change in changes:
        by_language.setdefault(change.language, []).append(rows[change.passage_id])
    held = {language: np.concatenate(parts) for language, parts in by_language.items()}
    found = centres({code: part.sum(axis=0) for code, part in held.items()}, {code: len(held[code]) for code in held})
    return {
        change.passage_id: ((rows[change.passage_id] - found[change.language].offset) @ QUERY[0])
        / found[change.language].length
        for change in changes
    }


def test_the_nearest_sentence_is_that_of_plain_arithmetic() -> None:
    changes = [divided(number, count=1 + number % 7) for number in range(1, 60)]
    index = SentenceIndex(DIMENSION)
    index.apply(changes)
    index.apply([gone(100, 7), gone(101, 30)])
    kept = [change for change in changes if change.passage_id not in (7, 30)]
    wanted = spelt_out(kept)
    asked = ids(*(change.passage_id for change in reversed(kept)))
    near = index.nearest(QUERY, asked)
    for row, id_ in enumerate(asked.tolist()):
        assert near.cosines[row] == pytest.approx(wanted[id_].max(), abs=0.01)
        assert wanted[id_][near.numbers[row]] == pytest.approx(wanted[id_].max(), abs=0.01)


def test_what_came_and_went_leaves_no_trace() -> None:
    kept = [divided(number, 3) for number in range(1, 20)]
    passing = [divided(number, 5) for number in range(20, 900)]
    index, plain = SentenceIndex(DIMENSION), SentenceIndex(DIMENSION)
    plain.apply(kept)
    index.apply([*kept, *passing])
    index.apply([gone(1000 + change.seq, change.passage_id) for change in passing])
    asked = index.ids()
    assert asked.tolist() == plain.ids().tolist()
    assert index.nearest(QUERY, asked).cosines.tolist() == plain.nearest(QUERY, asked).cosines.tolist()


def test_a_passage_of_one_sentence_is_that_sentence() -> None:
    index = SentenceIndex(DIMENSION)
    index.apply([live(1, 1, vector=QUERY, language="it", text="x")])
    near = index.nearest(QUERY, ids(1))
    assert near.cosines[0] > 0.99


def test_names_are_found_in_another_script() -> None:
    index = OverlapIndex(letters)
    index.apply(
        [
            live(1, 1, language="bg", text="Община Любляна събира отпадъците разделно"),
            live(2, 2, language="bg", text="Община Варна строи велоалеи покрай морето"),
            live(3, 3, language="el", text="Ο δήμος Αθηναίων φυτεύει δέντρα"),
        ]
    )
    shares = index.shares(index.wanted("raccolta differenziata a Lubiana, Ljubljana", "it"), ids(1, 2, 3, 4))
    assert shares[0] == shares.max() > 0
    assert shares[3] == 0


def test_a_text_has_all_of_its_own_letters() -> None:
    index = OverlapIndex(letters)
    index.apply([live(1, 1, language="it", text="PM10 e qualità dell'aria"), live(2, 2, language="it", text="bosco")])
    assert index.shares(index.wanted("Qualita dell'aria: PM10", "it"), ids(1))[0] == pytest.approx(1)
    assert index.shares(index.wanted("!?", "it"), ids(1, 2)).tolist() == [0, 0]
    assert letters("", "it").size == 0


def test_words_side_by_side_in_the_same_language_are_a_pair() -> None:
    index = OverlapIndex(pairs)
    index.apply(
        [
            live(1, 1, language="it", text="Il comune cura il verde urbano."),
            live(2, 2, language="it", text="Il verde di un tram urbano"),
            live(3, 3, language="es", text="El verde urbano"),
        ]
    )
    shares = index.shares(index.wanted("la cura del verde urbano", "it"), ids(1, 2, 3))
    assert shares[0] == pytest.approx(1)
    assert shares[1:].tolist() == [0, 0]


def test_a_title_and_a_text_are_no_pair() -> None:
    index = OverlapIndex(pairs)
    index.apply([live(1, 1, language="it", title="Piano verde", text="Urbano quanto basta")])
    assert index.shares(index.wanted("verde urbano", "it"), ids(1)).tolist() == [0]


def test_records_are_told_by_their_passages_where_those_are_all() -> None:
    index = OverlapIndex(letters)
    passages = {1: 7, 2: 7, 3: 8, 4: 9}
    index.apply([replace(live(id_, id_, language="it", text="x"), record_id=owner) for id_, owner in passages.items()])
    told = {asked: index.owners(ids(*asked)) for asked in [(1, 2), (1, 2, 4), (1, 3), (3, 99), ()]}
    assert {asked: found if found is None else found.tolist() for asked, found in told.items()} == {
        (1, 2): [7],
        (1, 2, 4): [7, 9],
        (1, 3): None,
        (3, 99): None,
        (): [],
    }
