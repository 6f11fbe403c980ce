"""A document that needs OCR says so, and is read when the recogniser appears; recognition that finds nothing ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kb import console
from kb.bootstrap import Kb
from kb.db.entities import Document
from kb.errors import IngestError, NeedsOcr, TimedOut
from kb.protocols import Keep
from kb.sentences import notice
from kb.services import recognition
from kb.services.reading import Reading
from kb.values import OPERATOR, Block, Extraction, Outcome, RecognisedPage
from kb.worker import Worker
from webui.app import create_app

SCAN = NeedsOcr("The pages are pictures.", pages=3)
TEXT = (Block(kind="paragraph", text="Il Comune pianta alberi lungo le strade del centro.", page_from=1, page_to=1),)
PARTLY = Extraction(media_type="application/pdf", blocks=TEXT, page_count=2, lacking=1)
WHOLE = Extraction(
    media_type="application/pdf",
    blocks=TEXT,
    page_count=2,
    recognised=(RecognisedPage(page=2, language="it", confidence=0.9),),
)


class Machine:
    """What is installed, and what reading the file gives."""

    def __init__(self, kb: Kb) -> None:
        self.kb = kb
        self.abilities: frozenset[str] = frozenset()
        self.gives: Extraction | IngestError = SCAN
        self.readings = 0

    def extract(self, path: Path, name: str, keep: Keep | None = None) -> Extraction:
        self.readings += 1
        if isinstance(self.gives, IngestError):
            raise self.gives
        return self.gives

    def work(self) -> list[Outcome]:
        tools = replace(self.kb.tools, extract=self.extract, abilities=lambda: self.abilities)
        reading = Reading(self.kb.database, self.kb.files, tools, lease_seconds=60)
        outcomes: list[Outcome] = []
        Worker(replace(self.kb, reading=reading), report=outcomes.append).drain()
        return outcomes

    @property
    def document(self) -> Document:
        with self.kb.database.read() as session:
            return session.get_one(Document, 1)


@pytest.fixture
def machine(kb: Kb, tmp_path: Path) -> Machine:
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"%PDF-1.4 as far as the machine is concerned")
    kb.intake.add_file(path)
    return Machine(kb)


def test_a_scan_waits_until_the_recogniser_appears(machine: Machine) -> None:
    (outcome,) = machine.work()
    assert (outcome.status, outcome.code) == ("failed", "needs-ocr")
    assert machine.document.lacking == 3
    assert machine.work() == []
    machine.abilities, machine.gives = frozenset({"tesseract-5", "ita"}), WHOLE
    (outcome,) = machine.work()
    assert (outcome.status, outcome.code) == ("searchable", None)
    (view,) = machine.kb.catalog.record(1, OPERATOR).documents
    assert (view.lacking, view.recognised) == (0, WHOLE.recognised)
    assert (view.failure_code, machine.work()) == (None, [])


def test_what_text_there_is_is_searchable_meanwhile(machine: Machine) -> None:
    machine.gives = PARTLY
    (outcome,) = machine.work()
    assert (outcome.status, outcome.code, outcome.passages) == ("searchable", "needs-ocr", 1)
    assert outcome.message
    assert machine.kb.catalog.record(1, OPERATOR).documents[0].lacking == 1


def test_each_ability_is_tried_once(machine: Machine) -> None:
    machine.abilities = frozenset({"tesseract-5", "ita"})
    machine.work()
    assert (machine.readings, len(machine.work())) == (1, 0)
    machine.abilities = frozenset({"tesseract-5", "ell"})
    machine.work()
    machine.abilities = frozenset({"tesseract-5", "ita"})
    assert (machine.work(), machine.readings) == ([], 2)


@pytest.mark.parametrize("accident", [TimedOut("It took too long."), SCAN])
def test_a_failure_on_the_second_reading_keeps_the_text_and_ends(machine: Machine, accident: IngestError) -> None:
    machine.gives = PARTLY
    machine.work()
    machine.abilities, machine.gives = frozenset({"tesseract-5"}), accident
    machine.work()
    (view,) = machine.kb.catalog.record(1, OPERATOR).documents
    assert (view.status, view.lacking, len(view.passages)) == ("searchable", 1, 1)
    assert accident.code in [notice.code for notice in view.notices]
    assert machine.work() == []


def test_the_recogniser_is_asked_for_once_a_minute() -> None:
    now, asked = [0.0], []

    def ask() -> frozenset[str]:
        asked.append(now[0])
        return frozenset({str(len(asked))})

    abilities = recognition.remembered(ask, clock=lambda: now[0])
    assert abilities() == abilities() == {"1"}
    now[0] = recognition.LOOK_SECONDS + 1
    assert abilities() == {"2"}


def test_the_command_line_tells_it_in_the_language_asked_for(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.gives = replace(PARTLY, notices=(notice("page-needs-ocr", 2),))
    machine.work()
    view = machine.kb.catalog.record(1, OPERATOR)
    console.say_record(view, "it")
    told = " ".join(capsys.readouterr().out.split())
    assert "alcune pagine sono immagini" in told
    assert "La pagina 2 è un’immagine" in told
    outcome = Outcome(source="scan.pdf", status="failed", code="needs-ocr", message="The pages are pictures.")
    for language, words in (("de", "Bilder"), ("en", "The pages are pictures.")):
        console.say_outcomes([outcome], language)
        assert words in " ".join(capsys.readouterr().out.split())


def test_the_record_page_tells_it_too(machine: Machine) -> None:
    machine.gives = replace(PARTLY, notices=(notice("page-needs-ocr", 2),))
    machine.work()
    page = create_app(machine.kb).test_client().get("/records/1?lang=it").get_data(as_text=True)
    assert "alcune pagine sono immagini" in page
    assert "La pagina 2 è un’immagine" in page
