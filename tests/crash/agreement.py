"""What must hold of a data folder after every kill, and what of it may never get less."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.crash.life import product

Rows = list[tuple[object, ...]]

NEVER = {
    "a document that waits has passages": (
        "SELECT d.name FROM document d JOIN passage p ON p.document_id = d.id WHERE d.status != 'searchable'"
    ),
    "a document can be searched and has no passage": (
        "SELECT name FROM document d WHERE status = 'searchable' "
        "AND NOT EXISTS (SELECT 1 FROM passage p WHERE p.document_id = d.id)"
    ),
    "a passage has no vector": (
        "SELECT p.id FROM passage p WHERE NOT EXISTS (SELECT 1 FROM embedding e WHERE e.passage_id = p.id)"
    ),
    "a vector that is live has no passage": (
        "SELECT passage_id FROM embedding e WHERE live "
        "AND NOT EXISTS (SELECT 1 FROM passage p WHERE p.id = e.passage_id)"
    ),
    "the same bytes are there twice": "SELECT sha256 FROM document GROUP BY sha256 HAVING count(*) > 1",
    "the same record is there twice": "SELECT key FROM record GROUP BY key HAVING count(*) > 1",
    "a record has no document": (
        "SELECT key FROM record r WHERE NOT EXISTS (SELECT 1 FROM document d WHERE d.record_id = r.id)"
    ),
    "a record is shown of which nothing has been read": (
        "SELECT key FROM record r WHERE state != 'draft' AND NOT EXISTS "
        "(SELECT 1 FROM document d WHERE d.record_id = r.id AND d.status NOT IN ('received', 'failed'))"
    ),
    "two rows of the feed have one number": "SELECT seq FROM embedding GROUP BY model_id, seq HAVING count(*) > 1",
    "a passage is not where it says": (
        "SELECT p.id FROM passage p JOIN document d ON d.id = p.document_id "
        "WHERE substr(d.text, p.char_from + 1, p.char_to - p.char_from) != p.text"
    ),
}
"""What may never be found, and the query that would find it."""


@dataclass(frozen=True)
class Progress:
    """What has been promised so far: documents received, and those that can be searched."""

    received: frozenset[str]
    searchable: frozenset[str]

    def kept_by(self, later: Progress) -> bool:
        return self.received <= later.received and self.searchable <= later.searchable


def rows(data: Path, query: str) -> Rows:
    with closing(sqlite3.connect(f"file:{data}/kb.sqlite?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def progress(data: Path) -> Progress:
    received = rows(data, "SELECT sha256, status FROM document")
    return Progress(
        frozenset(str(sha256) for sha256, _ in received),
        frozenset(str(sha256) for sha256, status in received if status == "searchable"),
    )


def troubles(data: Path) -> list[str]:
    """Everything that is wrong in SQL, in the files, and between them and the indexes."""
    found = [f"{what}: {bad[:3]}" for what, query in NEVER.items() if (bad := rows(data, query))]
    kb = product(data)
    found += [f"{one.subject}: {one.message}" for one in kb.checks.everything() if one.level == "error"]
    kb.close()
    return found


def state(data: Path) -> dict[str, object]:
    """All that matters of a data folder, without the numbers that depend on the order of events."""
    documents = "SELECT r.key, r.state, r.title, d.name, d.sha256, d.status, d.failure_code, d.attempts, d.lease_owner"
    passages = (
        "SELECT d.sha256, p.ordinal, p.text, p.heading, p.language, p.page_from, p.page_to, p.char_from, p.char_to"
    )
    joined = "FROM embedding e JOIN passage p ON p.id = e.passage_id JOIN document d ON d.id = p.document_id"
    return {
        "documents": rows(data, f"{documents} FROM record r JOIN document d ON d.record_id = r.id ORDER BY 1, 5"),
        "passages": rows(data, f"{passages}, e.live, hex(e.data), hex(e.sentences) {joined} ORDER BY 1, 2"),
        "vectors": rows(data, "SELECT live, count(*) FROM embedding GROUP BY live"),
        "files": sorted(path.name for path in (data / "files").glob("??/*")),
    }
