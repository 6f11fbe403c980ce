"""A small library for the tests of the web face: records in several languages, files of several kinds."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from kb.bootstrap import Kb
from kb.services.fields import State, parse
from kb.values import OPERATOR, RecordView
from kb.worker import Worker
from tests.support.tiny import tiny_kb

SCRIPT = "<script>alert('titolo')</script>"
WELLS = 23
"""Records that all speak of wells, so that they fill three pages of results."""

ENERGY = {
    "key": "wildpoldsried",
    "title": "Wildpoldsried: das Energiedorf im Allgäu",
    "summary": "Ein Dorf erzeugt siebenmal so viel Strom, wie es verbraucht.",
    "language": "de",
    "country": "DE",
    "region": "Bayern",
    "municipality": "Wildpoldsried",
    "start": 1999,
    "status": "under-way",
    "population": 2542,
    "sdgs": ["7", "13"],
    "themes": ["energy"],
    "partners": ["Siemens", "RWTH Aachen"],
    "challenge": "Das Dorf hing ganz von Heizöl und von Strom aus der Ferne ab.",
    "solution": "Die Windräder gehören den Bürgerinnen und Bürgern selbst.",
    "source_url": "https://www.wildpoldsried.de/index.shtml?a=1&b=2",
}
"""A practice with many fields and a PDF of three pages whose printed numbers begin with 9."""

PAGES = (
    "Der Gemeinderat befragte alle Haushalte nach ihren Wünschen für die nächsten zwanzig Jahre im Dorf. "
    "Mehr als zwei Drittel der Familien antworteten, und viele von ihnen kamen zu den Abenden im Gasthof. "
    "Aus den Antworten entstand ein Leitbild mit drei Säulen, das der Rat einstimmig beschlossen hat.",
    "Neun Windräder, Photovoltaik auf den Dächern und drei Biogasanlagen liefern den Strom des Dorfes. "
    "Die Anlagen gehören den Bürgerinnen und Bürgern, die dafür eine eigene Gesellschaft gegründet haben. "
    "Der Ertrag bleibt im Ort und bezahlt den Umbau der Schule, der Turnhalle und des alten Rathauses.",
    "Das Holz für die Fernwärme der Schule und der Sporthalle kommt aus dem eigenen Wald der Gemeinde. "
    "Ein Netz von drei Kilometern verbindet vierzig Häuser mit dem Kessel am Rand des kleinen Dorfes. "
    "Im Sommer steht der Kessel still, weil die Sonne auf den Dächern das warme Wasser bereiten kann.",
)


def pdf(path: Path, pages: Sequence[str], first_label: int = 1) -> Path:
    """A PDF with a few sentences a page, its pages labelled from `first_label`."""
    canvas = Canvas(str(path))
    canvas.addPageLabel(0, style="ARABIC", start=first_label)
    for words in pages:
        lines = canvas.beginText(72, 720)
        lines.textLines(textwrap.fill(words, 70))
        canvas.drawText(lines)
        canvas.showPage()
    canvas.save()
    return path


def build(folder: Path, **settings: object) -> Kb:
    """The library, read and searchable."""
    kb = tiny_kb(folder, passage_tokens=64, **settings)
    _add(kb, ENERGY, pdf(folder / "energiekonzept.pdf", PAGES, first_label=9))
    _add_files(kb, folder)
    for number in range(WELLS):
        _add(kb, _well(number))
    _add(kb, {"key": "script", "title": SCRIPT, "summary": "Un titolo <b>cattivo</b> & una piazza.", "language": "it"})
    _add_draft(kb, folder)
    Worker(kb).drain()
    return kb


def record(kb: Kb, key: str) -> RecordView:
    """The record of that key, with its passages, whoever may see it."""
    (found,) = [view for view in kb.catalog.latest(OPERATOR, 100) if view.key == key]
    return kb.catalog.record(found.record_id, OPERATOR)


def documents(kb: Kb) -> dict[str, int]:
    """Name of each file of the library → id of its document."""
    views = [record(kb, key) for key in ("orti", "wildpoldsried")]
    return {document.name: document.document_id for view in views for document in view.documents}


def _add(kb: Kb, row: dict[str, object], *paths: Path, state: State = "published") -> None:
    kb.intake.add_record(parse(row, where="test"), paths, source="test", state=state)


def _add_draft(kb: Kb, folder: Path) -> None:
    sentence = "Questa pagina segreta parla di un parco che nessuno deve ancora conoscere."
    row = {"key": "draft", "title": "Bozza segreta", "summary": "Un parco segreto.", "language": "it"}
    _add(kb, row, pdf(folder / "segreto.pdf", (sentence,)), state="draft")


def _add_files(kb: Kb, folder: Path) -> None:
    """A record with a web page, a plain text, one in an old code page, and a PDF that is none."""
    page, text, old, broken = (folder / name for name in ("pagina.html", "nota.txt", "vecchia.txt", "rotto.pdf"))
    words = "Gli orti sociali del quartiere. " * 8
    page.write_text(f"<html><body><h1>Orti</h1><p>{words}</p><script>alert(1)</script></body></html>")
    text.write_text("Gli orti sociali sono affidati ai pensionati del quartiere, perché li curino ogni giorno.\n" * 3)
    old.write_bytes(("Gli orti delle scuole insegnano ai bambini perché la terra è viva. " * 3).encode("windows-1252"))
    broken.write_bytes(b"%PDF-1.7\nno objects at all")
    signs = folder / "zeichen.txt"
    signs.write_text(
        "Il modulo chiede <b>nome</b> & <script>alert(2)</script> senza eseguire nulla di ciò che è scritto.\n"
    )
    row = {"key": "orti", "title": "Orti sociali", "language": "it", "country": "IT", "kind": "study"}
    _add(kb, row, page, text, old, broken, signs)


def _well(number: int) -> dict[str, object]:
    language, country = (("it", "IT"), ("de", "DE"), ("fr", "FR"))[number % 3]
    return {
        "key": f"well-{number}",
        "kind": "study" if number % 4 == 0 else "practice",
        "title": f"Pozzo {number}",
        "summary": f"pozzo fontana acquedotto {'acqua ' * (number + 1)}",
        "language": language,
        "country": country,
    }
