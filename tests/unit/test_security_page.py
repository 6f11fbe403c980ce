"""Every mitigation that `docs/security.md` names has a test, and the chapters that apply are all there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
CHAPTERS = ("V2", "V3", "V4", "V5", "V7", "V8", "V9", "V10", "V11", "V12", "V13", "V14")


def rows() -> list[str]:
    """The rows of the table of what holds."""
    return [line for line in PAGE.splitlines() if re.match(r"\| V\d", line)]


def test_every_test_that_is_named_exists() -> None:
    known = {
        f"{path.stem}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+::\w+)`", PAGE))
    assert len(named) > 60
    assert named - known == set()


def test_every_row_names_a_test_and_every_chapter_has_a_row() -> None:
    assert [row for row in rows() if "::" not in row] == []
    begun = " ".join(row.split("|")[1] for row in rows())
    assert [chapter for chapter in CHAPTERS if not re.search(rf"\b{chapter}\.", begun)] == []
