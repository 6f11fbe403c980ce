"""The Tantivy index keeps the contract of an index by words."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import lexical
from index.lexical import WordIndex
from tests.contract.changes import gone, live, many
from tests.contract.lexical import WORDS, LexicalIndexContract


class TestTantivy(LexicalIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> WordIndex:
        (tmp_path / "work").mkdir()
        return WordIndex(tmp_path / "work")

    @pytest.fixture
    def load(self, tmp_path: Path) -> Callable[[Path], WordIndex]:
        return lambda folder: WordIndex.load(folder, Path(tempfile.mkdtemp(dir=tmp_path)))

    def test_filtered_scores_are_those_of_the_whole(self, index: WordIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        index.apply(many(60))
        whole = dict(zip(*(part.tolist() for part in index.search(WORDS, 100)), strict=True))
        allowed = np.array([3, 4, 30, 59], dtype=np.int64)
        for few in (0, 1000):
            monkeypatch.setattr(lexical, "FEW", few)
            ids, scores = index.search(WORDS, 3, allowed)
            best = sorted(allowed.tolist(), key=lambda id_: (-whole[id_], id_))[:3]
            assert [whole[id_] for id_ in ids.tolist()] == pytest.approx([whole[id_] for id_ in best])
            assert scores.tolist() == pytest.approx([whole[id_] for id_ in ids.tolist()])

    def test_saving_while_segments_merge(
        self, index: WordIndex, load: Callable[[Path], WordIndex], tmp_path: Path
    ) -> None:
        for number in range(1, 40):
            index.apply([live(number, number, language="it", text="raccolta"), gone(number, number - 1)])
            saved = tmp_path / f"saved{number}"
            saved.mkdir()
            index.save(saved)
            assert self.found(load(saved), "raccolta") == [number]
