"""What is noted of a question: its words, and nothing that names or reaches a person."""

from __future__ import annotations

import pytest

from kb.services.notebook import LONGEST, masked
from webui.charts import MOST_BARS, chart


@pytest.mark.parametrize(
    ("asked", "noted"),
    [
        ("scrivere a anna.rossi@comune.example oggi", "scrivere a … oggi"),
        ("chiamare +39 055 123456", "chiamare …"),
        ("chiamare 055/2345678", "chiamare …"),
        ("tel. (0471) 123-456.", "tel. …."),
        ("di RSSMRA85T10A562S", "di …"),
        ("fondi 2014-2020, 50 000 abitanti, 25/11/2026", "fondi 2014-2020, 50 000 abitanti, 25/11/2026"),
        ("ISTAT 048017, SDG 11, 1.200.000 euro", "ISTAT 048017, SDG 11, 1.200.000 euro"),
        ("x" * 900, "x" * LONGEST),
    ],
)
def test_what_names_or_reaches_a_person_is_masked(asked: str, noted: str) -> None:
    assert masked(asked) == noted


def test_bars_are_as_long_as_their_numbers_and_none_is_drawn_for_nothing() -> None:
    drawn = chart("Temi", "themes", [("a" * 80, 10), ("b", 5), *((str(n), 0) for n in range(30))])
    assert [bar.width for bar in drawn.bars[:3]] == [350.0, 175.0, 0.0]
    assert (len(drawn.bars), len(drawn.rows)) == (MOST_BARS, 32)
    assert len(drawn.bars[0].name) <= 30
    assert chart("Temi", "themes", []).height == 0
