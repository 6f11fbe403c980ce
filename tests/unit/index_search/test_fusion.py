"""The arithmetic of fusion, and the weights that ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.evidence import NAMES, Evidence
from index.fusion import Fusion
from kb import resources
from kb.errors import InvalidSetting

WEIGHTS = Fusion(
    cosine=40.0,
    sentence=70.0,
    other_sentence=20.0,
    letters=8.0,
    same=5.0,
    same_cosine=-10.0,
    same_lexical=4.0,
    same_best=2.0,
    pairs=6.0,
    other_lexical=3.0,
)


def evidence(
    cosine: float = 0.8,
    *,
    sentence: float = 0.8,
    lexical: float = 0.3,
    letters: float = 0.3,
    pairs: float = 0.1,
    length: int = 60,
    same: bool,
) -> Evidence:
    return Evidence(
        cosines=np.array([cosine], dtype=np.float32),
        sentences=np.array([sentence], dtype=np.float32),
        lexical=np.array([lexical], dtype=np.float32),
        letters=np.array([letters], dtype=np.float32),
        pairs=np.array([pairs], dtype=np.float32),
        same=np.array([same]),
        length=length,
    )


def score(fusion: Fusion, one: Evidence) -> float:
    return float(fusion.scores(one)[0])


def test_the_formula() -> None:
    common = 40 * 0.8 + 70 * 0.9 + 8 * 0.5
    own, other = (evidence(0.8, sentence=0.9, lexical=0.5, letters=0.5, same=same) for same in (True, False))
    assert score(WEIGHTS, own) == pytest.approx(common + 5 - 10 * 0.8 + 4 * 0.5 + 2 * 0.5**4 + 6 * 0.1)
    assert score(WEIGHTS, other) == pytest.approx(common + 20 * (0.9 - 0.8) + 3 * 0.5)


def test_the_sentence_counts_for_more_the_more_a_query_asks() -> None:
    near = [evidence(0.8, sentence=0.9, length=letters, same=False) for letters in (15, 30, 45, 200)]
    assert [score(WEIGHTS, one) - score(WEIGHTS, near[0]) for one in near] == pytest.approx([0, 1, 2, 2], abs=1e-5)


def test_each_column_has_a_name_and_each_name_a_weight() -> None:
    assert evidence(same=True).columns().shape == (1, len(NAMES))
    assert tuple(Fusion.__dataclass_fields__) == NAMES


def test_no_candidates() -> None:
    empty = np.empty(0, dtype=np.float32)
    none = Evidence(
        cosines=empty,
        sentences=empty,
        lexical=empty,
        letters=empty,
        pairs=empty,
        same=np.empty(0, dtype=np.bool_),
        length=0,
    )
    assert WEIGHTS.scores(none).shape == (0,)


@pytest.fixture(scope="module")
def shipped() -> Fusion:
    return Fusion.load(resources.SEARCH)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("name", ["cosine", "sentence", "lexical", "letters", "pairs"])
def test_more_of_anything_never_counts_against(shipped: Fusion, name: str, same: bool) -> None:
    more, less = (evidence(**{name: value}, same=same) for value in (0.9, 0.6))  # type: ignore[arg-type]
    assert score(shipped, more) >= score(shipped, less)


def test_a_missing_word_counts_more_against_the_own_language(shipped: Fusion) -> None:
    lost = [
        score(shipped, evidence(lexical=1, same=same)) - score(shipped, evidence(lexical=0, same=same))
        for same in (True, False)
    ]
    assert lost[0] > lost[1]


@pytest.mark.parametrize("content", [None, "{", "{}", '{"weights": {"cosine": 1}}', '{"weights": []}'])
def test_weights_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "fusion.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidSetting, match=r"fusion\.json"):
        Fusion.load(tmp_path)
