"""The arithmetic of fusion, and the weights that ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.fusion import Fusion
from kb import resources
from kb.errors import InvalidSetting

WEIGHTS = Fusion(cosine=80.0, same=5.0, same_cosine=-10.0, same_lexical=4.0, other_lexical=3.0)


def score(cosine: float, lexical: float, *, same: bool, fusion: Fusion = WEIGHTS) -> float:
    found = fusion.scores(np.array([cosine], dtype=np.float32), np.array([lexical], dtype=np.float32), np.array([same]))
    return float(found[0])


def test_the_formula() -> None:
    assert score(0.5, 0.5, same=True) == pytest.approx(80 * 0.5 + 4 * 0.5 + 5 - 10 * 0.5)
    assert score(0.5, 0.5, same=False) == pytest.approx(80 * 0.5 + 3 * 0.5)


def test_no_candidates() -> None:
    empty = np.empty(0, dtype=np.float32)
    assert WEIGHTS.scores(empty, empty, np.empty(0, dtype=np.bool_)).shape == (0,)


@pytest.fixture(scope="module")
def shipped() -> Fusion:
    return Fusion.load(resources.SEARCH)


@pytest.mark.parametrize("same", [True, False])
def test_more_of_either_never_counts_against(shipped: Fusion, same: bool) -> None:
    assert score(0.9, 0.3, same=same, fusion=shipped) > score(0.8, 0.3, same=same, fusion=shipped)
    assert score(0.8, 0.9, same=same, fusion=shipped) > score(0.8, 0.3, same=same, fusion=shipped)


def test_a_missing_word_counts_against_the_own_language_only(shipped: Fusion) -> None:
    assert score(0.85, 0, same=True, fusion=shipped) < score(0.85, 0, same=False, fusion=shipped)
    assert score(0.85, 1, same=True, fusion=shipped) > score(0.85, 0, same=False, fusion=shipped)


@pytest.mark.parametrize("content", [None, "{", "{}", '{"weights": {"cosine": 1}}', '{"weights": []}'])
def test_weights_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "fusion.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidSetting, match=r"fusion\.json"):
        Fusion.load(tmp_path)
