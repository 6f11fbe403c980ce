"""A product with the tiny encoder, and short ways to fill it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.bootstrap import Kb
from kb.services.fields import parse
from kb.values import Outcome
from kb.worker import Worker

Describe = Callable[..., Outcome]


@pytest.fixture
def describe(kb: Kb) -> Describe:
    """Add a described record and read it: describe(title=…, solution=…, state=…)."""

    def add(state: str = "published", **fields: object) -> Outcome:
        given = {"title": "Untitled", "language": "en", **fields}
        (outcome,) = kb.intake.add_record(parse(given, where="test"), source="test", state=state)  # type: ignore[arg-type]
        Worker(kb).drain()
        return kb.reading.outcomes([outcome.document_id or 0])[0]

    return add


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file and return its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
