"""From an uploaded file to passages in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.pipeline import RECIPE, read_and_digest
from ingest.sandbox import Limits


def test_a_pdf_becomes_passages_with_headings_and_pages(make_pdf: Callable[..., Path], column: Any) -> None:
    prose = ["Il Comune ha deciso di piantare alberi lungo tutte le strade del centro", "storico e nei cortili."]
    heading = (70, 800, "Alberi in ogni strada", "Helvetica-Bold", 18)
    path = make_pdf([heading, *column(prose)], [(70, 800, "Risultati", "Helvetica-Bold", 18), *column(prose)])
    extraction, digest = read_and_digest(
        path,
        "piano.pdf",
        limits=Limits(),
        count_tokens=lambda texts: [len(t.split()) + 4 for t in texts],
        max_tokens=64,
    )
    assert extraction.page_count == 2
    assert [(p.heading, p.page_from, p.language) for p in digest.passages] == [
        (("Alberi in ogni strada",), 1, "it"),
        (("Risultati",), 2, "it"),
    ]
    assert RECIPE
