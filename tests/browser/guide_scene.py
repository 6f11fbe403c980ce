"""What the pictures of the guides show: a library of real texts, and the people who work with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from kb import resources
from kb.bootstrap import Kb
from kb.services.fields import parse
from kb.services.notebook import Question
from kb.services.steps import Decision
from kb.values import NewAccount, Role
from kb.worker import Worker
from tests.support import cases
from tests.support.people import PASSWORD, Person
from tests.support.tiny import tiny_kb

PUBLISHED = (
    "capannori-porta-a-porta-rifiuti-zero",
    "magliano-alpi-comunita-energetica",
    "castelbuono-asine-raccolta-rifiuti",
    "usurbil-puerta-a-puerta",
    "wildpoldsried-energiedorf",
    "samso-renewable-energy-island",
    "ljubljana-door-to-door-zero-waste",
    "isle-of-eigg-community-buyout-electric",
    "bielsko-biala-odbior-sprzed-posesji",
    "kisielice-gmina-samowystarczalna-energetycznie",
)
"""Records of the sample collection."""

PEOPLE: tuple[tuple[Role, str], ...] = (
    ("administrator", "Ada Neri"),
    ("curator", "Carla Verdi"),
    ("contributor", "Anna Rossi"),
    ("member", "Marta Bianchi"),
    ("member", "Luca Gallo"),
)
"""The last of them asks to hand in."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the library holds for the pictures in one language."""

    double: tuple[str, str]
    upload: str
    garden: str
    asked: str
    vain: tuple[str, ...]
    collection: str


TOLD = {
    "it": Told(
        double=("capannori", "Capannori: la raccolta porta a porta, frazione per frazione"),
        upload="bologna-beni-comuni.docx",
        garden="Orti di quartiere affidati ai pensionati",
        asked="Aggiungi quanto è costato e chi lo ha pagato.",
        vain=("pedaggio per i camion in centro", "vernici chiare per tetti freschi"),
        collection="Rifiuti: comuni che hanno fatto da sé",
    ),
    "en": Told(
        double=("samso", "Samsø: an island that lives on its own wind"),
        upload="augustenborg.html",
        garden="Neighbourhood gardens kept by pensioners",
        asked="Please add what it cost and who paid for it.",
        vain=("toll for lorries in the centre", "pale paint for cool roofs"),
        collection="Waste: towns that did it themselves",
    ),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """The library as a server shows it in one language."""

    kb: Kb
    site: str
    language: str
    people: dict[str, Person]
    cases: dict[str, int]
    folder: Path

    def open(self, page: Page, path: str) -> None:
        """Go to a page in the language of the scene."""
        page.goto(f"{self.site}{path}{'&' if '?' in path else '?'}lang={self.language}", wait_until="networkidle")

    def case(self, name: str) -> int:
        """Number of the record that plays a part in this language: `double`, `upload` or `garden`."""
        return self.cases[f"{name}.{self.language}"]


def build(folder: Path) -> Kb:
    """The published part of the library."""
    kb = tiny_kb(folder)
    for line in (resources.SAMPLE / "records.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["key"] in PUBLISHED:
            files = [resources.SAMPLE / row.pop("file")] if "file" in row else []
            kb.intake.add_record(parse(row, where="sample"), files, source="sample", state="published")
    Worker(kb).drain()
    return kb


def open_accounts(kb: Kb) -> dict[str, Person]:
    """First name → person; one of them asks to hand in."""
    known = {name.split()[0].lower(): _person(kb, role, name) for role, name in PEOPLE}
    kb.profiles.wish(known["luca"].account_id, known["luca"].reader)
    return known


def fill(kb: Kb, folder: Path, people: dict[str, Person]) -> dict[str, int]:
    """Add what is handed in, sent back, collected and searched in vain; returns the records by part and language."""
    found = {}
    broken = folder / "verbale.pdf"
    broken.write_bytes(b"%PDF-1.7\nno objects at all")
    cases.hand_in(kb, people["anna"], broken, state="draft", title="Verbale", language="it", read=False)
    for language, told in TOLD.items():
        found[f"upload.{language}"] = _uploaded(kb, told, people["anna"])
        found[f"garden.{language}"] = _sent_back(kb, told, language, people)
        found[f"double.{language}"] = _double(kb, folder, told, language, people["anna"])
        kb.collections.create(f"guide-{language}", told.collection, people["carla"].reader, records=[1, 2, 3])
        for text in told.vain:
            kb.notebook.search(
                Question(text=text, language=language, narrowed=False, hits=0, probability=0.01, answered=False)
            )
    kb.notebook.flush()
    return found


def _person(kb: Kb, role: Role, name: str) -> Person:
    email = f"{name.split(maxsplit=1)[0].lower()}@comune.example"
    where = "Comune di Esempio"
    new = NewAccount(email=email, name=name, organisation=where, role=role, password=PASSWORD, verified=True)
    return Person(account_id=kb.accounts.add(new).account_id, email=email, role=role)


def _uploaded(kb: Kb, told: Told, anna: Person) -> int:
    outcome = kb.intake.add_file(resources.SAMPLE / "files" / told.upload, state="draft")
    return cases.belongs(kb, outcome.record_id or 0, anna)


def _sent_back(kb: Kb, told: Told, language: str, people: dict[str, Person]) -> int:
    record_id = cases.hand_in(kb, people["anna"], title=told.garden, language=language, summary=f"{told.garden}.")
    carla, reviewed = people["carla"], cases.version(kb, record_id)
    kb.reviewing.assign(record_id, carla.account_id, carla.reader)
    kb.reviewing.assess(record_id, reviewed, cases.MET, carla.reader)
    kb.reviewing.decide(record_id, cases.version(kb, record_id), Decision("return", told.asked), carla.reader)
    return record_id


def _double(kb: Kb, folder: Path, told: Told, language: str, anna: Person) -> int:
    """A record that tells what a published one tells, waiting for review."""
    source, title = told.double
    copy = folder / f"{source}-{language}.md"
    copy.write_text((resources.SAMPLE / "sources" / f"{source}.md").read_text(encoding="utf-8"), encoding="utf-8")
    return cases.hand_in(kb, anna, copy, title=title, language=language)
