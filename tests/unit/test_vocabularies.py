"""The vocabularies of the domain, complete and labelled in the languages of the interface."""

from __future__ import annotations

import pytest

from kb import facets, vocabulary

SIZES = {
    "aalborg": 10,
    "criteria": 9,
    "instruments": 9,
    "kinds": 2,
    "population-bands": 6,
    "promoter-kinds": 12,
    "scales": 7,
    "sdgs": 17,
    "statuses": 4,
    "study-types": 4,
    "territories": 9,
    "themes": 9,
}


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_every_term_has_an_italian_and_an_english_name(name: str, size: int) -> None:
    terms = vocabulary.terms(name)
    assert len(terms) == size
    assert all(labels["it"] and labels["en"] for labels in terms.values())


FACETS = [facet.vocabulary for facet in facets.FACETS if facet.vocabulary]


@pytest.mark.parametrize("name", FACETS)
def test_what_narrows_a_search_is_named_in_five_languages(name: str) -> None:
    missing = [
        code for code, labels in vocabulary.terms(name).items() if not set(labels) >= {"it", "en", "fr", "de", "es"}
    ]
    assert missing == []


def test_a_label_falls_back_to_english_and_then_to_its_code() -> None:
    assert vocabulary.label("sdgs", "11", "de") == "Nachhaltige Städte und Gemeinden"
    assert vocabulary.label("themes", "waste", "fi") == "Waste"
    assert vocabulary.label("themes", "unknown", "it") == "unknown"


def test_every_criterion_is_explained_in_five_languages_and_belongs_to_one_of_two_sets() -> None:
    for terms in vocabulary.terms("criteria").values():
        assert terms["group"] in ("admissibility", "qualification")
        assert all(terms[f"help.{code}"] for code in ("it", "en", "fr", "de", "es"))
