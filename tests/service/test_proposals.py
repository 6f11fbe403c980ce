"""What documents suggest of their record: kept with the passage that says so, never in the place of what was stated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from kb.bootstrap import Kb
from kb.db.entities import Document, Record
from kb.errors import NotFound
from kb.services.fields import parse
from kb.services.intake import PROVISIONAL
from kb.values import OPERATOR, VISITOR, Suggested
from kb.worker import Worker

Write = Callable[[str, str], Path]

TEXT = """# Rifiuti porta a porta

## Riassunto

Il Comune di Capannori raccoglie i rifiuti porta a porta e fa pagare quanto si getta. La raccolta è cominciata nel
2005 in una frazione. Oggi Capannori ricicla la maggior parte di ciò che raccoglie, e le famiglie ne sono contente.

## Obiettivi

Il progetto contribuisce agli SDG 11 e 12. Altri comuni della Toscana hanno seguito Capannori.
"""


@pytest.fixture
def record(kb: Kb, text_file: Write) -> int:
    """A record made of a bare file."""
    outcome = kb.intake.add_file(text_file("rifiuti.md", TEXT))
    Worker(kb).drain()
    return outcome.record_id or 0


def of(found: Sequence[Suggested], field: str) -> list[Suggested]:
    return [one for one in found if one.field == field]


def test_each_proposal_says_how_sure_it_is_and_where_it_comes_from(kb: Kb, record: int) -> None:
    found = kb.proposals.of_record(record, OPERATOR)
    (home,) = of(found, "municipality")
    assert (home.value, home.confidence) == ("Capannori (LU)", 0.95)
    assert [one.value for one in of(found, "country")] == ["IT"]
    assert sorted(one.value for one in of(found, "sdgs")) == ["11", "12"]
    (abstract,) = of(found, "abstract")
    assert abstract.value.startswith("Il Comune di Capannori raccoglie")
    with kb.database.read() as session:
        text = session.execute(select(Document.text).where(Document.id == home.document_id)).scalar_one() or ""
    assert text[home.char_from : home.char_to] == "Capannori"
    passages = {id_ for document in kb.catalog.record(record, OPERATOR).documents for id_, _ in document.passages}
    assert {one.passage_id for one in found} <= passages


def test_a_record_made_of_a_file_gets_what_is_certain_and_says_that_nobody_stated_it(kb: Kb, record: int) -> None:
    view = kb.catalog.record(record, VISITOR)
    assert str(view.place) == "Capannori, Toscana, IT"
    assert view.place.population == 44898
    assert "municipality" in view.details[PROVISIONAL]  # type: ignore[operator]
    # Goals that are named are not sure enough to be filled in.
    assert "sdgs" not in view.details


def test_what_a_person_stated_stays_and_nothing_else_is_proposed_for_it(kb: Kb, text_file: Write) -> None:
    stated = parse({"title": "Bins", "country": "DE", "municipality": "Bonn", "sdgs": [6]}, where="test")
    kb.intake.add_record(stated, [text_file("rifiuti.md", TEXT)], source="test")
    Worker(kb).drain()
    with kb.database.read() as session:
        record = session.execute(select(Record)).scalar_one()
    assert (record.title, record.country, record.municipality) == ("Bins", "DE", "Bonn")
    assert record.details["sdgs"] == ["6"]
    found = {one.field for one in kb.proposals.of_record(record.id, OPERATOR)}
    assert found & {"title", "country", "municipality", "sdgs"} == set()
    assert "abstract" in found


def test_reading_again_does_not_say_everything_twice(kb: Kb, record: int) -> None:
    found = [(one.field, one.value) for one in kb.proposals.of_record(record, OPERATOR)]
    with kb.database.write() as session:
        session.execute(select(Document)).scalar_one().recipe = "older"
    Worker(kb).drain()
    assert [(one.field, one.value) for one in kb.proposals.of_record(record, OPERATOR)] == found


def test_proposals_of_a_record_that_is_not_published_are_not_shown_to_visitors(kb: Kb, text_file: Write) -> None:
    outcome = kb.intake.add_file(text_file("rifiuti.md", TEXT), state="draft")
    Worker(kb).drain()
    with pytest.raises(NotFound):
        kb.proposals.of_record(outcome.record_id or 0, VISITOR)
