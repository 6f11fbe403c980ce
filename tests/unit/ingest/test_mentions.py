"""Goals, places and abstracts that a text names, and what only looks like one."""

from __future__ import annotations

import pytest

from ingest import placenames
from ingest.abstracts import LONGEST, abstract
from ingest.goals import goals


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It serves SDG 11 and SDGs 12, 13 and 15.3.", ["11", "12", "13", "15"]),
        ("Agenda 2030: l'Obiettivo 13 riguarda il clima", ["13"]),
        ("gli Obiettivi di sviluppo sostenibile (OSS) n. 7 e 11", ["7", "11"]),
        ("die Agenda 2030, Ziel 7", ["7"]),
        ("les objectifs de développement durable 6 et 14", ["6", "14"]),
        ("Cele zrównoważonego rozwoju 11 i 13", ["11", "13"]),
        ("Ziel 2020: minus 20 %; SDG 18; Policy Objective 1; SDG 100; SDGs 2030", []),
        ("Obiettivo 2 del piano: ridurre i costi", []),
    ],
)
def test_goals_are_told_from_other_aims(text: str, numbers: list[str]) -> None:
    assert [one.value for one in goals(text)] == numbers


def homes(text: str) -> list[str]:
    return [str(one.home) for one in placenames.municipalities(text)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Il Comune di Capannori ha tolto i cassonetti.", ["Capannori (LU)"]),
        ("La sindaca di San Giovanni in Persiceto ha firmato.", ["San Giovanni in Persiceto (BO)"]),
        ("Un regolamento dell'amministrazione comunale di L'Aquila", ["L'Aquila (AQ)"]),
        ("Si è fatto a Castro (LE) e non altrove.", ["Castro (LE)"]),
        ("Magliano Alpi (Cuneo): la comunità energetica", ["Magliano Alpi (CN)"]),
        ("Pesaro: la Bicipolitana", ["Pesaro (PU)"]),
        ("A Bologna si è deciso. Chi vive a Bologna partecipa.", ["Bologna (BO)"]),
        # Several are called Castro; nothing says which.
        ("Il comune di Castro ha aderito.", []),
        # Words and people that have a municipality's name.
        ("Una Massa di rifiuti, il Re e il Sole, il signor Conte, la Rosa.", []),
        ("Vita: a Vita nuova, a vita comune", []),
        ("la provincia di residenza, il comune di origine, la città (NO)", []),
    ],
)
def test_municipalities_are_told_from_words_and_people(text: str, named: list[str]) -> None:
    assert homes(text) == named


def test_a_municipality_once_named_is_counted_wherever_it_is_written() -> None:
    text = "Il Comune di Capannori. Capannori ricicla; i capannoresi e Capannori-est."
    (one,) = placenames.municipalities(text)
    assert [text[mention.start : mention.end] for mention in one.mentions] == ["Capannori", "Capannori"]


def test_countries_are_known_by_the_name_of_the_texts_language_and_in_english() -> None:
    text = "In Germania, nei Paesi Bassi e in Germania; Sweden. Chi dice Deutschland scrive in tedesco."
    assert [one.value for one in placenames.countries(text, "it")] == ["DE", "NL", "DE", "SE"]


def test_regions_are_known_by_the_name_they_have_at_home() -> None:
    text = "Baden-Württemberg und die Emilia-Romagna"
    assert [one.value for one in placenames.regions(text)] == ["DE1", "ITH5"]


def test_an_abstract_is_what_the_document_calls_one() -> None:
    prose = "The town collects waste at the door. Every household has its own bins and pays by weight. " * 4
    passages = [(["1. Contents"], "1 Start 3\n2 Bins 7\n3 Costs 12"), (["Report", "2. Zusammenfassung"], prose)]
    found = abstract(passages)
    assert found is not None
    assert (found.row, found.named) == (1, True)
    opening = abstract([([], "Riassunto: Il comune raccoglie i rifiuti porta a porta. Tutti pagano quanto gettano.")])
    assert opening is not None
    assert opening.start == len("Riassunto: ")


def test_without_one_the_first_running_text_stands_for_it_whole_sentences_long() -> None:
    prose = "The town collects waste at the door, and pays by weight. " * 40
    found = abstract([([], "Mayor Smith, 2020"), ([], prose)])
    assert found is not None
    assert (found.row, found.named) == (1, False)
    assert found.end <= LONGEST
    assert prose[: found.end].endswith("weight.")
    assert abstract([([], "Figures 1 2 3"), ([], "12 13 14 15. 16 17")]) is None
