"""Amounts are read where they are clearly ones; a wrong amount for each inhabitant would be worse than none."""

from __future__ import annotations

import pytest

from kb.amounts import euros, number


@pytest.mark.parametrize(
    ("text", "language", "amount"),
    [
        ("Circa 1,2 milioni di euro per i primi cinque anni", "it", 1_200_000),
        ("€ 350.000 dal Comune", "it", 350_000),
        ("1.200.000 €", "de", 1_200_000),
        ("EUR 2.5 million from the region", "en", 2_500_000),
        ("350 000 €", "fr", 350_000),
        ("1,2 million d'euros", "fr", 1_200_000),
        ("1,5 Mio. Euro", "de", 1_500_000),
        ("800 mil euros", "es", 800_000),
        ("3 mil millones de euros", "es", 3_000_000_000),
        ("500 k€", "fr", 500_000),
        ("€1.2m from the city", "en", 1_200_000),
        ("€1,250,000 (funds of 2007-2013)", "en", 1_250_000),
        ("3 Millionen Euro", "de", 3_000_000),
    ],
)
def test_an_amount_is_read_as_its_language_writes_it(text: str, language: str, amount: float) -> None:
    assert euros(text, language) == pytest.approx(amount)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "it"),
        ("Nessun costo dichiarato per i 44.898 abitanti", "it"),
        ("5 million", "en"),
        ("12 € per abitante", "it"),
        ("3 euro al kg", "it"),
        ("50 000 euros par an", "fr"),
        ("40 € pro Jahr", "de"),
        ("tra 100.000 e 200.000 euro", "it"),
        ("2-3 milioni di euro", "it"),
        ("2 bis 3 Mio. €", "de"),
        ("€1m from the state and €2m from the city", "en"),
        ("€ 1.200", "en"),
        ("1,200 €", "und"),
        ("9" * 400 + " €", "it"),
    ],
)
def test_what_leaves_a_doubt_is_no_amount(text: str, language: str) -> None:
    assert euros(text, language) is None


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("3.200", "it", 3_200),
        ("3,200", "en", 3_200),
        ("3 200", "fr", 3_200),
        ("3,2", "fr", 3.2),
        ("-12", "de", -12),
        ("82", "und", 82),
        ("3.2", "it", None),
        ("circa 82", "it", None),
        ("82 %", "it", None),
        ("12/2013", "it", None),
    ],
)
def test_a_value_is_a_number_or_nothing(text: str, language: str, value: float | None) -> None:
    assert number(text, language) == value


def test_long_texts_are_read_at_once() -> None:
    """The mutant that looks at all that stands before an amount takes seconds."""
    assert euros("1 " * 1_490 + "€", "it") == 1
    assert euros("7" * 2_000 + " e 5 €", "it") is None
