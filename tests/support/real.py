"""The product with the encoder it is delivered with, and the sample collection in it."""

from __future__ import annotations

from pathlib import Path

from index.bundled import BUNDLED_NAME
from kb import resources
from kb.bootstrap import Kb, build
from kb.config import load
from kb.services.manifest import Entry, entries
from kb.worker import Worker


def real_kb(folder: Path, models: Path, **settings: object) -> Kb:
    """An initialised product in `folder`, without any record; its encoder lies in `models`, built on first use."""
    kb = build(load(data=folder, models=models, **settings))
    kb.database.upgrade()
    kb.models.add(BUNDLED_NAME)
    return kb


def sample() -> dict[str, Entry]:
    """The records of the sample collection by their keys."""
    return {str(entry.source): entry for entry in entries(resources.SAMPLE / "records.jsonl")}


def add(kb: Kb, *chosen: Entry) -> None:
    """Take records in as they are, searchable afterwards."""
    for entry in chosen:
        assert entry.fields is not None, entry.error
        kb.intake.add_record(entry.fields, entry.paths, source=entry.source)
    Worker(kb).drain()
