"""What the record page offers that nobody stated: documents like its own, and proposals, marked as such."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.services.fields import State
from kb.worker import Worker
from tests.support.tiny import tiny_kb
from webui.app import create_app

LINES = "\n\n".join(
    f"Nel trimestre {number} il Comune di Capannori ha dato {number + 3} bidoni marroni alla via {number * 7}, e le "
    f"famiglie hanno compostato circa {number * 11} chili la settimana."
    for number in range(1, 13)
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kb, list[int]]]:
    """A published file, a published version of it, and a version that is a draft."""
    folder = tmp_path_factory.mktemp("offered")
    kb = tiny_kb(folder)
    texts: list[tuple[str, str, State]] = [
        ("bidoni.txt", LINES, "published"),
        ("versione<b>.txt", LINES.replace("marroni", "verdi"), "published"),
        ("segreto.txt", LINES + "\n\nSegreto.", "draft"),
    ]
    records = [_add(kb, folder, *one) for one in texts]
    Worker(kb).drain()
    yield kb, records
    kb.close()


def _add(kb: Kb, folder: Path, name: str, text: str, state: State) -> int:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return kb.intake.add_file(path, state=state).record_id or 0


def page(kb: Kb, record_id: int) -> BeautifulSoup:
    client: FlaskClient = create_app(kb).test_client()
    response = client.get(f"/records/{record_id}")
    assert response.status_code == 200, response.text
    return BeautifulSoup(response.text, "lxml")


def test_what_a_visitor_may_see_of_the_documents_alike_is_shown_with_the_percentage(
    filled: tuple[Kb, list[int]],
) -> None:
    kb, (shown, version, _) = filled
    (one,) = page(kb, shown).select(".doubles li")
    assert one.a is not None
    assert str(one.a["href"]).split("?")[0] == f"/records/{version}"
    assert one.a.text == "versione<b>"
    assert "una versione dello stesso testo" in one.text
    assert "%" in one.text
    assert "segreto" not in str(page(kb, shown)).lower()


def test_proposals_are_marked_and_lead_to_the_passage(filled: tuple[Kb, list[int]]) -> None:
    kb, (shown, *_) = filled
    found = page(kb, shown)
    offers = {div.dt.text: div for div in found.select(".proposals dl > div") if div.dt}
    assert "Capannori (LU) (95 %)" in " ".join(offers["Comune"].text.split())
    (link,) = offers["Comune"].select("a")
    assert found.select_one(str(link["href"])) is not None
    assert "Nessuno le ha ancora confermate" in found.select_one(".proposals").text  # type: ignore[union-attr]


def test_a_record_of_which_nothing_was_found_shows_no_empty_section(tmp_path: Path) -> None:
    kb = tiny_kb(tmp_path)
    record = _add(kb, tmp_path, "x.txt", "Brown bins for every house.", "published")
    Worker(kb).drain()
    assert page(kb, record).select(".doubles, .versions") == []
    kb.close()
