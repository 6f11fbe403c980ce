"""Compounds: their parts are found, what only looks like one is left whole, and nothing typed takes long."""

from __future__ import annotations

import time

import pytest

from index.analysis import index_terms, query_terms
from index.compounds import parts
from index.snippets import snippet


@pytest.mark.parametrize(
    ("word", "language", "held"),
    [
        ("regenwassernutzungsanlage", "de", {"regenwasser", "regen", "wasser", "nutzung", "anlage", "nutzungsanlage"}),
        ("verkehrsberuhigung", "de", {"beruhigung"}),
        ("wärmeversorgung", "de", {"wärme", "versorgung"}),
        ("afvalinzameling", "nl", {"afval", "inzameling"}),
        ("regnvandshåndtering", "da", {"regn", "håndtering"}),
    ],
)
def test_a_compound_holds_its_parts_and_their_runs(word: str, language: str, held: set[str]) -> None:
    assert held <= set(parts(word, language))


@pytest.mark.parametrize(
    "word", ["wissenschaft", "verantwortung", "bürgerinnen", "möglichkeiten", "rathaus", "ss" * 20]
)
def test_what_only_looks_like_a_compound_stays_whole(word: str) -> None:
    assert parts(word, "de") == ()


def test_languages_that_write_words_apart_are_left_alone() -> None:
    assert parts("rainwater", "en") == parts("regenwasser", "it") == ()


def test_parts_are_terms_of_their_language_in_passage_and_query() -> None:
    passage = index_terms("Die Regenwassernutzungsanlagen der Schule", "de")
    assert set(query_terms("Regenwasser Nutzung", ["de", "it"]).strict) & set(passage.parts) == {
        "de:regenwass",
        "de:nutzung",
    }
    assert "de:regenwass" not in passage.strict
    assert "de:wass" in query_terms("Regenwasser", ["de", "it"]).parts


def test_a_word_found_by_its_part_is_marked() -> None:
    spans = snippet("Die Regenwassernutzung spart Geld.", "de", "Regenwasser", "de")
    assert [span.text for span in spans if span.marked] == ["Regenwassernutzung"]


def test_no_word_takes_long_to_divide() -> None:
    started = time.perf_counter()
    for word in ("wasser" * 6, "wasser" * 5000, "a" * 100_000, "nutzungs" * 5, "erenesn" * 6):
        parts(word, "de")
    assert time.perf_counter() - started < 3
