"""What texts have in common, whatever file they came in."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ingest import shingles
from ingest.shingles import shared

TEXT = " ".join(f"word{number % 97} and{number % 89}" for number in range(400))


def share_of_shorter(one: str, other: str) -> float:
    first, second = shingles.shingles(one), shingles.shingles(other)
    _, of_first, of_second = shared(first, second)
    return of_first if first.size <= second.size else of_second


def test_layout_case_and_typography_do_not_tell_texts_apart() -> None:
    plain = 'The town\'s office said: "efficient" flats, 50 m2.'
    printed = "THE TOWN’S\n\nOFFICE SAID “eﬃcient” flats — 50 m²"
    assert shingles.text_hash(plain) == shingles.text_hash(printed)
    assert shingles.text_hash(plain) != shingles.text_hash(plain.replace("50", "51"))


def test_a_text_without_words_is_like_no_other() -> None:
    assert shingles.text_hash(" – … ") == ""
    assert shingles.shingles("three words only").size == 0


def test_a_part_is_wholly_in_the_text_it_is_from() -> None:
    words = TEXT.split()
    part = " ".join(words[200:400])
    resemblance, of_part, of_whole = shared(shingles.shingles(part), shingles.shingles(TEXT))
    assert of_part == 1.0
    assert resemblance == of_whole < 0.6


def test_one_changed_word_spoils_no_more_runs_than_it_is_in() -> None:
    words = TEXT.split()
    words[300] = "другое"
    lost = shingles.shingles(TEXT).size * (1 - share_of_shorter(TEXT, " ".join(words)))
    assert round(lost) <= shingles.RUN


def test_the_order_of_words_counts() -> None:
    assert share_of_shorter("one two three four five six", "six five four three two one") == 0


def test_sketches_share_what_the_texts_share() -> None:
    rng = np.random.default_rng(1)
    words = [f"w{number}" for number in rng.integers(0, 5_000, 8_000)]
    whole, half = shingles.shingles(" ".join(words)), shingles.shingles(" ".join(words[:4_000]))
    met = np.intersect1d(shingles.sketch(whole), shingles.sketch(half)).size
    assert shingles.sketch(half).size == met
    assert met * shingles.KEPT == pytest.approx(half.size, rel=0.15)


def test_scripts_without_spaces_have_runs_too() -> None:
    assert share_of_shorter("東京都の環境政策について", "東京都の環境政策") == 1.0


def test_another_process_finds_the_same_runs() -> None:
    code = "from ingest.shingles import shingles; print(shingles('one two three four five').tolist())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(shingles.shingles("one two three four five").tolist())
