"""Every readable file of the domain's corpus becomes searchable, whatever its format and language."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from kb.bootstrap import Kb
from kb.db.entities import Document, Passage
from kb.services.manifest import entries
from kb.worker import Worker

pytestmark = pytest.mark.shared


def test_every_file_of_the_domain_becomes_searchable(kb: Kb, shared: Path) -> None:
    found = entries(shared / "docs" / "domain")
    for entry in found:
        kb.intake.add_file(entry.paths[0])
    Worker(kb).drain()
    with kb.database.read() as session:
        failed = session.execute(select(Document.name, Document.failure_code).where(Document.status != "searchable"))
        assert failed.all() == []
        assert session.execute(select(func.count()).select_from(Document)).scalar_one() == len(found)
        rows = session.execute(select(Document.text, Passage.text, Passage.char_from, Passage.char_to).join(Passage))
        assert all(text[start:end] == passage for text, passage, start, end in rows if text is not None)
        languages = session.execute(select(Document.language).distinct()).scalars().all()
    assert set(languages) == {"de", "en", "fr", "it"}
    assert [one for one in kb.checks.everything() if one.level == "error"] == []


def test_pdf_passages_name_pages_that_the_file_has(kb: Kb, shared: Path) -> None:
    for path in sorted((shared / "docs" / "domain" / "fr").glob("*pasapas.pdf")):
        kb.intake.add_file(path)
    Worker(kb).drain()
    pages = (Passage.page_from >= 1) & (Passage.page_from <= Passage.page_to) & (Passage.page_to <= Document.page_count)
    with kb.database.read() as session:
        passages = session.execute(select(func.count()).select_from(Passage)).scalar_one()
        placed = session.execute(select(func.count()).select_from(Passage).join(Document).where(pages)).scalar_one()
    assert placed == passages > 0
