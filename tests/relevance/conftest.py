"""The sample collection in a real product: real encoder, real indexes, loaded once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundled import BUNDLED_NAME
from kb import resources
from kb.bootstrap import Kb, build
from kb.config import load
from kb.services.manifest import entries
from kb.worker import Worker


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where encoders lie; built on first use and shared with later runs when `KB_MODELS` says where."""
    return Path(os.environ.get("KB_MODELS") or tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def sample(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    """The 120 sample records, searchable."""
    kb = build(load(data=tmp_path_factory.mktemp("sample"), models=models_folder))
    kb.database.upgrade()
    kb.models.add(BUNDLED_NAME)
    for entry in entries(resources.SAMPLE / "records.jsonl"):
        assert entry.fields is not None, entry.error
        kb.intake.add_record(entry.fields, entry.paths, source=entry.source)
    Worker(kb).drain()
    yield kb
    kb.close()
