"""Who may open a document, and where it opens."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import update

from kb.bootstrap import Kb
from kb.db.entities import Record
from kb.errors import NotFound
from kb.services.catalog import RECORD_TYPE
from kb.services.documents import PART, Opened, Where
from kb.services.fields import parse
from kb.values import OPERATOR, VISITOR, Reader
from kb.worker import Worker
from tests.support import people
from tests.support.tiny import tiny_kb
from tests.web.library import pdf

PAGES = 130
TEXT = (
    "Gemeinde Maßnahme Ergebnis Haushalt Familie Windrad Biogas Schule Wärme Radweg Wasser Garten Markt Straße Wald "
    "Boden Dach Sonne Bericht Beschluss Frühling Herbst Winter Sommer Kosten Träger Verein Bürger Rathaus Strom"
)
"""What every page says something else with, because what all pages share is left out as a running head."""


@pytest.fixture(scope="module")
def long_kb(tmp_path_factory: pytest.TempPathFactory) -> Kb:
    """A PDF of many pages, each about one passage, and a draft."""
    folder = tmp_path_factory.mktemp("long")
    kb = tiny_kb(folder, passage_tokens=64)
    member = people.add(kb, "member", "anna")
    chance = random.Random(1)
    pages = [". ".join(" ".join(chance.sample(TEXT.split(), 8)) for _ in range(5)) + "." for _ in range(PAGES)]
    long = pdf(folder / "lang.pdf", pages, first_label=9)
    other = pdf(folder / "entwurf.pdf", ["Ein Entwurf, den außer seiner Verfasserin niemand lesen soll. " * 4])
    kb.intake.add_record(
        parse({"key": "long", "title": "Bericht", "summary": "Ein Bericht der Gemeinde."}, where="t"),
        (long,),
        source="t",
    )
    draft = parse({"key": "draft", "title": "Entwurf"}, where="t")
    kb.intake.add_record(draft, (other,), source="t", state="draft")
    with kb.database.write() as session:
        session.execute(update(Record).where(Record.key == "draft").values(submitter_id=member.account_id))
    Worker(kb).drain()
    return kb


def _document(kb: Kb, key: str, *, own: bool = False) -> int:
    (found,) = [view for view in kb.catalog.latest(OPERATOR, 10) if view.key == key]
    (id_,) = [one.document_id for one in found.documents if (one.media_type == RECORD_TYPE) is own]
    return id_


def _open(kb: Kb, **where: int | None) -> Opened:
    return kb.documents.open(_document(kb, "long"), VISITOR, Where(**where))


def _ordinals(opened: Opened) -> list[int]:
    return [passage.ordinal for _, passage in opened.document.passages]


def test_a_draft_is_opened_only_for_its_people(long_kb: Kb) -> None:
    draft = _document(long_kb, "draft")
    anna, other = people.add(long_kb, "member", "anna"), people.add(long_kb, "member", "other")
    for reader in (anna.reader, Reader(role="curator", account_id=99)):
        assert long_kb.documents.open(draft, reader, Where()).document.passages
    for reader in (VISITOR, other.reader):
        with pytest.raises(NotFound):
            long_kb.documents.open(draft, reader, Where())


def test_what_is_no_document_is_not_found(long_kb: Kb) -> None:
    for id_ in (0, -1, 10**25, 9_999, _document(long_kb, "long", own=True)):
        with pytest.raises(NotFound):
            long_kb.documents.open(id_, OPERATOR, Where())


def test_the_parts_hold_every_passage_once_and_in_order(long_kb: Kb) -> None:
    first = _open(long_kb)
    assert first.parts >= 3
    assert len(first.document.passages) == PART
    ordinals = [n for part in range(1, first.parts + 1) for n in _ordinals(_open(long_kb, part=part))]
    assert ordinals == list(range(len(ordinals)))
    for part in (-1, first.parts + 1):
        with pytest.raises(NotFound):
            _open(long_kb, part=part)


def test_it_opens_at_the_cited_passage_and_its_page(long_kb: Kb) -> None:
    last_id, last = _open(long_kb, part=2).document.passages[-1]
    opened = _open(long_kb, passage_id=last_id)
    assert (opened.part, opened.cited, opened.page) == (2, last_id, last.page_from)
    assert opened.before == opened.document.passages[-2][0]
    assert opened.after == _open(long_kb, part=3).document.passages[0][0]
    assert _open(long_kb, passage_id=_open(long_kb).document.passages[0][0]).before is None


def test_it_opens_at_a_page_and_never_beyond_the_last(long_kb: Kb) -> None:
    opened = _open(long_kb, page=100)
    assert opened.page == 100
    assert any(passage.page_from == 100 for _, passage in opened.document.passages)
    beyond = _open(long_kb, page=10**20)
    assert (beyond.page, beyond.part) == (1, beyond.parts)


def test_a_passage_that_is_gone_leaves_the_page(long_kb: Kb) -> None:
    foreign, _ = long_kb.documents.open(_document(long_kb, "draft"), OPERATOR, Where()).document.passages[0]
    for passage_id in (foreign, 0, -5, 10**25):
        opened = _open(long_kb, passage_id=passage_id, page=70)
        assert (opened.cited, opened.before, opened.page) == (None, None, 70)


def test_a_document_without_text_opens_empty(kb: Kb, tmp_path: Path) -> None:
    path = tmp_path / "leer.txt"
    path.write_text("Noch nicht gelesen, aber schon da.")
    kb.intake.add_record(parse({"key": "long", "title": "Neu"}, where="t"), (path,), source="t")
    opened = _open(kb, page=4)
    assert (opened.document.passages, opened.part, opened.parts, opened.page) == ((), 1, 1, None)
