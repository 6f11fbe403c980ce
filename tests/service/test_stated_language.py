"""A curator's word on a document's language: kept when it is read again, and followed by all that is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from kb.bootstrap import Kb
from kb.db.entities import Document
from kb.errors import InvalidInput, NotFound
from kb.services.fields import check
from kb.services.languages import READ_AGAIN
from kb.services.reading import Claim
from kb.values import OPERATOR, Filters, Query
from kb.worker import Worker
from tests.support import people

FRENCH = "La commune a planté des arbres le long de toutes les rues du centre pour que les étés y soient moins chauds. "
GERMAN = "Die Stadt hat entlang aller Straßen der Innenstadt Bäume gepflanzt, damit die Sommer dort kühler werden. "


@pytest.fixture
def bilingual(kb: Kb, text_file: Callable[[str, str], Path]) -> int:
    """A document in French with a part in German."""
    path = text_file("zweisprachig.md", f"# Arbres\n\n{FRENCH * 6}\n\n# Bäume\n\n{GERMAN * 3}")
    outcome = kb.intake.add_file(path, state="published")
    Worker(kb).drain()
    return outcome.document_id or 0


def languages(kb: Kb, document_id: int) -> list[str]:
    (record,) = kb.catalog.latest(OPERATOR)
    (document,) = kb.catalog.record(record.record_id, OPERATOR).documents
    assert document.document_id == document_id
    return [document.language, *(passage.language for _, passage in document.passages)]


def test_each_passage_of_a_bilingual_document_has_its_own_language(kb: Kb, bilingual: int) -> None:
    found = languages(kb, bilingual)
    assert found[0] == "fr"
    assert set(found[1:]) == {"fr", "de"}


@pytest.mark.parametrize(("stated", "said"), [(None, "und"), ("fr", "fr")])
def test_what_one_file_is_written_in_is_no_statement_about_the_next(
    kb: Kb, text_file: Callable[[str, str], Path], stated: str | None, said: str
) -> None:
    anna = people.add(kb, "contributor", "anna").reader
    record = kb.editing.begin(check({"title": "Arbres", "language": stated, "solution": FRENCH * 4}), anna)
    Worker(kb).drain()
    assert kb.catalog.record(record, anna).language == "fr"
    kb.editing.attach(record, 1, [(text_file("a.txt", "Parco solare"), "a.txt")], anna)
    claim = kb.reading.take()
    assert isinstance(claim, Claim)
    assert (claim.name, claim.language) == ("a.txt", said)


def test_what_is_stated_holds_for_the_passages_and_the_index(kb: Kb, bilingual: int) -> None:
    assert kb.languages.state(bilingual, "ca") >= 1
    assert languages(kb, bilingual)[0] == "ca"
    assert set(languages(kb, bilingual)[1:]) == {"ca", "de"}
    (hit,) = kb.search.search(Query(text="arbres rues centre", filters=Filters(languages=("ca",))), OPERATOR).hits
    assert {passage.language for passage in hit.passages} & {"ca", "de"}
    assert not kb.search.search(Query(text="arbres", filters=Filters(languages=("fr",))), OPERATOR).hits


def test_reading_it_again_keeps_what_was_stated_until_it_is_taken_back(kb: Kb, bilingual: int) -> None:
    kb.languages.state(bilingual, "ca")
    with kb.database.write() as session:
        session.execute(update(Document).values(recipe=READ_AGAIN))
    Worker(kb).drain()
    assert languages(kb, bilingual)[0] == "ca"
    assert set(languages(kb, bilingual)[1:]) == {"ca", "de"}
    kb.languages.detect_again(bilingual)
    Worker(kb).drain()
    assert languages(kb, bilingual)[0] == "fr"


def test_what_is_no_language_and_what_is_no_document_are_refused(kb: Kb, bilingual: int) -> None:
    with pytest.raises(InvalidInput):
        kb.languages.state(bilingual, "Italian")
    with pytest.raises(NotFound):
        kb.languages.state(bilingual + 1, "it")
