"""Titles proposed for real files are near those that the files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.bench_titles import RIGHT, case_of, similarity


@pytest.mark.shared
@pytest.mark.filterwarnings("default")
def test_four_of_five_proposed_titles_are_right_or_nearly(shared: Path) -> None:
    pages = sorted((shared / "docs" / "difficult" / "html").glob("*.html"))[::4]
    documents = sorted((shared / "docs" / "domain" / "fr").glob("*.pdf"))
    found = [case for path in (*pages, *documents) if (case := case_of(path))]
    assert len(found) >= 20
    right = [similarity(case.reference, case.proposed) >= RIGHT for case in found]
    assert sum(right) / len(right) >= 0.8
    by_looks = [similarity(case.reference, case.by_looks) >= RIGHT for case in found]
    assert sum(by_looks) / len(by_looks) >= 0.4
