"""How a text becomes terms, and how a query becomes the terms each language would write."""

from __future__ import annotations

import pytest

from index.analysis import ALGORITHMS, fold, index_terms, query_terms, words


def test_terms_carry_their_language() -> None:
    assert index_terms("La raccolta", "it").strict == ("it:la", "it:raccolt")
    assert index_terms("Die Sammlungen", "de").strict == ("de:die", "de:sammlung")


def test_a_language_without_a_stemmer_keeps_its_words() -> None:
    assert index_terms("Skupljanje otpada", "hr").strict == ("hr:skupljanje", "hr:otpada")
    assert index_terms("Šumá", "und").strict == ("und:suma",)


@pytest.mark.parametrize("language", sorted(ALGORITHMS))
def test_every_stemmer_named_is_there(language: str) -> None:
    assert index_terms("parola", language).strict[0].startswith(f"{language}:")


@pytest.mark.parametrize(
    ("word", "plain"),
    [("qualità", "qualita"), ("straße", "strasse"), ("łódź", "lodz"), ("œuvre", "oeuvre"), ("ørsted", "orsted"),
     ("αέρας", "αερας"), ("plain", "plain")],
)  # fmt: skip
def test_folding(word: str, plain: str) -> None:
    assert fold(word) == plain


def test_whatever_holds_a_digit_is_the_same_in_every_language() -> None:
    assert index_terms("PM10", "it").strict == index_terms("PM10", "de").strict == ("*:pm10",)
    assert query_terms("PM10", ["it", "de", "fr"]).strict == ("*:pm10",)


def test_a_code_and_its_number_also_make_one_term() -> None:
    assert "*:iso14001" in index_terms("UNI EN ISO 14001", "it").strict
    assert "*:iso14001" in query_terms("iso 14001", ["it"]).strict
    assert not [term for term in index_terms("nel 2019", "it").strict if term.startswith("*:nel")]


def test_a_query_is_written_as_each_language_would() -> None:
    assert query_terms("Rifiuti rifiuti", ["de", "it"]).strict == ("de:rifiuti", "it:rif")
    assert query_terms("Energie", []).strict == ()


def test_a_misled_stem_is_kept_as_a_loose_term() -> None:
    terms = index_terms("odpadów", "pl")
    assert terms.strict == ("pl:odpad",)
    assert terms.loose == ("pl:odpadow",)
    assert query_terms("odpadow", ["pl"]).loose == ("pl:odpadow",)
    assert query_terms("odpadów", ["pl"]).strict == ("pl:odpad", "pl:odpadow")
    assert index_terms("raccolta", "it").loose == ()


def test_phrases_are_what_stands_in_quotation_marks() -> None:
    assert query_terms('il "bilancio partecipativo" comunale', ["it"]).phrases == (("it:bilanc", "it:partecip"),)
    assert query_terms("« eau potable »", ["fr", "it"]).phrases == (("fr:eau", "fr:potabl"), ("it:eau", "it:potabl"))
    assert query_terms('"solo" e "', ["it"]).phrases == ()


def test_words() -> None:
    assert words("L'acqua è CO₂-neutrale, 100%!") == ["L", "acqua", "è", "CO2", "neutrale", "100"]
    assert words("a_b") == ["a", "b"]
    assert words("\u00ad \u200b !?") == []
    assert len(words("x" * 500)[0]) == 40
