"""The promise, on the sample collection: ask in one language, find the place that did it in another."""

from __future__ import annotations

from statistics import mean

import pytest

from kb import places
from kb.bootstrap import Kb
from kb.values import VISITOR, Filters, Query

pytestmark = pytest.mark.encoder

DOOR_TO_DOOR = {
    "capannori-porta-a-porta-rifiuti-zero": "it",
    "ljubljana-door-to-door-zero-waste": "en",
    "grand-besancon-redevance-incitative": "fr",
    "witzenhausen-biotonne-holsystem": "de",
    "usurbil-puerta-a-puerta": "es",
    "bielsko-biala-odbior-sprzed-posesji": "pl",
}

QUESTIONS = {
    "Come ha fatto un paese di montagna a produrre più energia di quanta ne consuma?": "wildpoldsried-energiedorf",
    "mense scolastiche biologiche con orto comunale": "mouans-sartoux-cantines-bio-regie-agricole",
    "chiudere il centro alle auto": "pontevedra-ciudad-sin-coches",
    "autobus gratis per tutti": "dunkerque-bus-gratuits",
    "tassa sui parcheggi aziendali per finanziare il tram": "nottingham-workplace-parking-levy",
    "isola alimentata da eolico e acqua pompata": "el-hierro-gorona-del-viento",
    "quartiere senza auto con case passive": "freiburg-vauban-autoreduziert",
    "divieto di bruciare carbone nelle stufe domestiche": "krakow-zakaz-paliw-stalych",
    "referendum contro i pesticidi nei frutteti": "mals-pestizidfreie-gemeinde",
    "fossati e tetti verdi per l'acqua piovana in un quartiere popolare": "malmo-augustenborg-stormwater",
    "viale trafficato trasformato in corridoio verde contro il caldo": "lyon-rue-garibaldi-adaptation-chaleur",
    "bilancio partecipativo": "sopot-budzet-obywatelski",
    "perché è fallito il car sharing elettrico?": "paris-autolib-autopartage-arret",
    "Bürger kümmern sich gemeinsam um Plätze und Parks": "bologna-beni-comuni-patti-collaborazione",
    "communauté énergétique sur le toit de la mairie": "magliano-alpi-comunita-energetica",
    "reviving an almost abandoned Alpine hamlet": "ostana-rigenerazione-borgo-alpino",
    "red de carriles bici como un metro": "pesaro-bicipolitana",
    "jak ograniczyć marnowanie żywności w mieście": "milano-hub-quartiere-spreco-alimentare",
}
"""Question → the record that answers, told in another language than it was asked."""

TOO = {
    "autobus gratis per tutti": {"hasselt-gratis-bus-stopgezet"},
    "bilancio partecipativo": {"lisboa-orcamento-participativo", "cluj-napoca-bugetare-participativa"},
    "viale trafficato trasformato in corridoio verde contro il caldo": {"medellin-corredores-verdes"},
}
"""Records that answer some of the questions as well."""

FLOOR = 0.65
"""Mean reciprocal rank below which quality has dropped; it was .69 among 120 records, .82 among the first 36."""

SEEN = 20
"""Records on the first two pages."""

LIKE_FLOOR = 0.6
"""Part of the questions whose answer stays among the first three when like places come first."""


def keys(kb: Kb, text: str, **given: object) -> list[str]:
    hits = kb.search.search(Query(text=text, limit=SEEN, **given), VISITOR).hits  # type: ignore[arg-type]
    return [kb.catalog.record(hit.record_id, VISITOR).key for hit in hits]


def rank(found: list[str], wanted: set[str]) -> int:
    """The place of the first of those wanted, counted from 1; beyond all that was asked for when there is none."""
    return next((place for place, key in enumerate(found, start=1) if key in wanted), 5 * SEEN)


def test_every_sample_document_is_searchable(sample: Kb) -> None:
    counts = sample.catalog.counts(VISITOR)
    assert counts["records"] == 120
    assert counts["languages"] == 20
    assert sample.reading.pending() == 0
    assert [finding for finding in sample.checks.everything() if finding.level == "error"] == []


def test_the_same_practice_is_found_in_all_six_languages(sample: Kb) -> None:
    found = keys(sample, "raccolta differenziata porta a porta")
    assert found[0] == "capannori-porta-a-porta-rifiuti-zero"
    assert set(DOOR_TO_DOOR) <= set(found), "the six that did it are on the first pages, whatever they wrote in"


def test_questions_find_their_answer_in_another_language(sample: Kb) -> None:
    ranks = {
        question: rank(keys(sample, question), {wanted, *TOO.get(question, ())})
        for question, wanted in QUESTIONS.items()
    }
    assert mean(1 / place for place in ranks.values()) >= FLOOR, {q: place for q, place in ranks.items() if place > 1}


def test_a_filter_by_language_keeps_meaning(sample: Kb) -> None:
    query = Query(text="raccolta differenziata porta a porta", filters=Filters(languages=("de",)))
    hits = sample.search.search(query, VISITOR).hits
    assert "waste" in sample.catalog.record(hits[0].record_id, VISITOR).details["themes"]
    assert {hit.language for hit in hits} == {"de"}


@pytest.mark.parametrize("place", ["Ostana", "Milano", "Capannori", "Pesaro"])
def test_like_places_order_the_answers_and_bring_in_nothing_else(sample: Kb, place: str) -> None:
    """Places weighed four times as much turn this red: the topic is what is asked for."""
    mine = sample.browsing.profile(places.municipality(place), VISITOR)
    found = keys(sample, "raccolta differenziata porta a porta", sort="likeness", place=mine)
    assert len(set(found) - set(keys(sample, "raccolta differenziata porta a porta"))) <= 1
    first = [keys(sample, question, sort="likeness", place=mine)[:3] for question in QUESTIONS]
    answered = [
        bool({wanted, *TOO.get(question, ())} & {*best})
        for (question, wanted), best in zip(QUESTIONS.items(), first, strict=True)
    ]
    assert mean(answered) >= LIKE_FLOOR


def test_a_pdf_answer_names_its_page(sample: Kb) -> None:
    hits = sample.search.search(Query(text="colgadores para las bolsas en el portal"), VISITOR).hits
    best = hits[0].passages[0]
    assert best.media_type == "application/pdf"
    assert best.page_from is not None
    assert 1 <= best.page_from <= 4
