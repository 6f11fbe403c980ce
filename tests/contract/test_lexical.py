"""The Tantivy index keeps the contract of an index by words."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import lexical
from index.lexical import WordIndex
from kb.values import Change
from tests.contract.changes import gone, live, many
from tests.contract.lexical import WORDS, LexicalIndexContract


def in_turn(texts: Mapping[str, str], times: int) -> list[Change]:
    """Passages with these texts by language, one after the other, so many times; each is longer than the one before."""
    return [
        live(number, number, language=language, text=f"{text} {'altro ' * number}")
        for number, (language, text) in enumerate([*texts.items()] * times, start=1)
    ]


class TestTantivy(LexicalIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> WordIndex:
        (tmp_path / "work").mkdir()
        return WordIndex(tmp_path / "work")

    @pytest.fixture
    def load(self, tmp_path: Path) -> Callable[[Path], WordIndex]:
        return lambda folder: WordIndex.load(folder, Path(tempfile.mkdtemp(dir=tmp_path)))

    @pytest.mark.parametrize("picked", [0, 1000])
    @pytest.mark.parametrize("records", [None, [13, 14, 40, 69]])
    def test_filtered_scores_are_those_of_the_whole(
        self, index: WordIndex, monkeypatch: pytest.MonkeyPatch, picked: float, records: list[int] | None
    ) -> None:
        monkeypatch.setattr(lexical, "PICKED", picked)
        index.apply([replace(change, record_id=change.passage_id + 10) for change in many(60)])
        whole = dict(zip(*(part.tolist() for part in index.search(WORDS, 100)), strict=True))
        allowed = np.array([3, 4, 30, 59], dtype=np.int64)
        owners = None if records is None else np.array(records, dtype=np.int64)
        asked = index.ask(index.query(WORDS, None), 3, allowed, records=owners)
        best = sorted(allowed.tolist(), key=lambda id_: (-whole[id_], id_))[:3]
        assert [whole[id_] for id_ in asked.ids.tolist()] == pytest.approx([whole[id_] for id_ in best])
        assert asked.scores.tolist() == pytest.approx([whole[id_] for id_ in asked.ids.tolist()])
        shares = [whole[id_] / max(whole.values()) for id_ in allowed.tolist()]
        assert index.shares(asked, allowed).tolist() == pytest.approx(shares)

    @pytest.mark.parametrize("picked", [0, 1000])
    def test_what_no_allowed_passage_can_have_is_not_looked_for_and_changes_nothing(
        self, index: WordIndex, monkeypatch: pytest.MonkeyPatch, picked: float
    ) -> None:
        monkeypatch.setattr(lexical, "PICKED", picked)
        texts = {
            "it": "raccolta dei rifiuti PM10",
            "de": "Sammlung der Abfälle PM10",
            "fr": "collecte des ordures PM10",
        }
        index.apply(in_turn(texts, 20))
        allowed = np.array([4, 5, 7, 29, 31], dtype=np.int64)
        words = index.query(" ".join(texts.values()) + ' "collecte des ordures" "Sammlung der Abfälle"', "fr")
        assert words is not None
        fewer = words.among({"it", "de"})
        assert {language for language, _ in words.parts} == {"it", "de", "fr", "*"}
        assert {language for language, _ in fewer.parts} == {"it", "de", "*"}

        every, some = (index.ask(words, 4, allowed, languages=codes) for codes in (None, {"it", "de"}))

        assert some.ids.tolist() == every.ids.tolist()
        assert some.scores.tolist() == pytest.approx(every.scores.tolist())
        assert some.best == every.best > some.scores.max()
        assert index.shares(some, allowed).tolist() == pytest.approx(index.shares(every, allowed).tolist())

    @pytest.mark.parametrize("one_by_one", [0, 1000])
    def test_ids_are_found_as_a_set_or_one_by_one(
        self, index: WordIndex, monkeypatch: pytest.MonkeyPatch, one_by_one: int
    ) -> None:
        index.apply([replace(change, record_id=change.passage_id + 100) for change in many(60)])
        whole = dict(zip(*(part.tolist() for part in index.search(WORDS, 100)), strict=True))
        monkeypatch.setattr(lexical, "ONE_BY_ONE", one_by_one)
        ids = np.arange(1, 60, 2, dtype=np.int64)
        shares = [whole.get(id_, 0) / max(whole.values()) for id_ in ids.tolist()]
        assert index.shares(index.ask(index.query(WORDS, None), 1), ids).tolist() == pytest.approx(shares)
        index.apply([gone(100 + id_, id_) for id_ in ids.tolist()])
        assert not set(index.search(WORDS, 100)[0].tolist()).intersection(ids.tolist())

    def test_each_passage_is_asked_for_all_that_its_language_can_have(self, index: WordIndex) -> None:
        texts = {
            "it": "raccolta dei rifiuti PM 10 quartiere",
            "de": "Sammlung im Quartier, PM 10",
            "fr": "le quartier solaire",
            "und": "PM 10",
            "ro": "cu totul altceva",
        }
        index.apply(in_turn(texts, 8))
        question = '"quartiere solare" raccolta rifiuti quartier Sammlung PM10'
        whole = dict(zip(*(part.tolist() for part in index.search(question, 100)), strict=True))

        shares = index.shares(index.ask(index.query(question, "it"), 1), index.ids())

        expected = [whole.get(id_, 0) / max(whole.values()) for id_ in index.ids().tolist()]
        assert shares.tolist() == pytest.approx(expected)
        assert min(shares) == 0

    def test_few_allowed_among_many_better_ones_are_found(
        self, index: WordIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lexical, "PICKED", 1000)
        better = [live(number, number, language="it", text="raccolta") for number in range(1, 400)]
        index.apply([*better, live(400, 400, language="it", text="raccolta " + "altro " * 50)])
        allowed = np.array([400, 401], dtype=np.int64)
        assert index.search("raccolta", 1, allowed)[0].tolist() == [400]

    def test_what_is_replayed_at_once_is_one_segment(self, index: WordIndex) -> None:
        changes = many(60)
        for start in range(0, 60, 10):
            index.apply(changes[start : start + 10])

        assert index.ids().size == 60
        assert index._searcher.num_segments == 1

        index.apply([gone(100, changes[3].passage_id), replace(changes[4], seq=101, text="tramvia")])
        assert index.search("tramvia", 5)[0].tolist() == [changes[4].passage_id]
        assert changes[3].passage_id not in index.ids().tolist()

    def test_saving_while_segments_merge(
        self, index: WordIndex, load: Callable[[Path], WordIndex], tmp_path: Path
    ) -> None:
        for number in range(1, 40):
            index.apply([live(number, number, language="it", text="raccolta"), gone(number, number - 1)])
            saved = tmp_path / f"saved{number}"
            saved.mkdir()
            index.save(saved)
            assert self.found(load(saved), "raccolta") == [number]
