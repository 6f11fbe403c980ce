"""Cleaning mends what typesetting did to words and nothing else."""

from __future__ import annotations

import time

import pytest

from ingest.cleaning import Lexicon, clean, join_lines, unwrap


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (
            "e\ufb03cienza ra\ufb00orzata, o\ufb03ce, \ufb01ume, \ufb02usso",
            "efficienza rafforzata, office, fiume, flusso",
        ),
        ("CO₂ e 25 m² – ½ ora", "CO₂ e 25 m² – ½ ora"),
        ("soste\u00adni\u00adbile", "sostenibile"),
        ("zero\u200bwidth\u2060 and\ufeff bom", "zerowidth and bom"),
        ("citta\u0300", "città"),
        ("a\x00b\x1fc\x7fd\ufffee", "abcde"),
        ("due\u00a0 spazi\t e\nriga", "due spazi e riga"),
        ("\u202eabc\u202c", "abc"),
        ("\uf0b7 punto", "punto"),
        ("Introduzione ............................ 12", "Introduzione … 12"),
        ("ecc... fine", "ecc... fine"),
        ("म\u200dन", "म\u200dन"),
    ],
)
def test_characters_are_cleaned(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("mobilità sosteni-", "bile in città", "mobilità sostenibile in città"),
        ("mobilità sosteni\u00ad", "bile", "mobilità sostenibile"),
        ("die EEG-", "Förderung", "die EEG-Förderung"),
        ("CO2-", "neutral", "CO2-neutral"),
        ("2015-", "2016", "2015-2016"),
        ("la e-", "mobility", "la e-mobility"),
        ("Stadt-", "und Raumplanung", "Stadt- und Raumplanung"),
        ("NACHHAL-", "TIGKEIT", "NACHHALTIGKEIT"),
        ("un trattino -", "e poi", "un trattino - e poi"),
        ("www.comune-", "torino.it", "www.comune-torino.it"),
        ("fine riga", "nuova riga", "fine riga nuova riga"),
        ("fine riga ", "  nuova", "fine riga nuova"),
    ],
)
def test_lines_are_joined(left: str, right: str, joined: str) -> None:
    assert join_lines(left, right) == joined


def test_a_hyphen_stays_where_the_document_writes_it_elsewhere() -> None:
    lexicon = Lexicon.of(["il climat-air-énergie e il piano socio-économique"])
    assert join_lines("stratégie climat-air-", "energie", lexicon) == "stratégie climat-air-energie"
    assert join_lines("socio-", "économique", lexicon) == "socio-économique"


def test_a_hyphen_goes_where_the_document_writes_one_word_elsewhere() -> None:
    lexicon = Lexicon.of(["UmweltBildung ist Umweltbildung", "Umweltbildung"])
    assert join_lines("Umwelt-", "bildung", lexicon) == "Umweltbildung"


def test_unwrapping_makes_one_clean_line() -> None:
    assert unwrap(["Il Comune ha pian-", "tato  40", " alberi. "]) == "Il Comune ha piantato 40 alberi."


def test_a_paragraph_of_very_many_lines_is_joined_in_linear_time() -> None:
    started = time.monotonic()
    assert len(unwrap(["il Comune ha deciso di piantare alberi lungo tutte le vie"] * 30_000)) > 1_000_000
    assert time.monotonic() - started < 5
