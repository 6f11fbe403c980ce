"""The migrations make the schema, and each transaction is what it says."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, func, select, text

from kb.db import Database
from kb.db.database import MIGRATIONS
from kb.db.entities import Document, Entity, Record, Term
from kb.errors import NoDatabase


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/kb.sqlite")
    made.upgrade()
    yield made
    made.close()


def record(key: str) -> Record:
    return Record(key=key, kind="practice", state="draft", title=key)


def count(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(Record)).scalar_one()


def test_all_migrations_together_equal_the_entities(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Entity.metadata) == []
    engine.dispose()


def test_a_missing_or_older_database_is_said(tmp_path: Path, database: Database) -> None:
    with pytest.raises(NoDatabase, match="kb init"):
        Database(f"sqlite:///{tmp_path}/none.sqlite").require_current()
    database.require_current()
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(NoDatabase, match="another version"):
        database.require_current()


def test_sqlite_runs_in_wal_mode_with_foreign_keys(database: Database) -> None:
    with database.read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(record("a"))
        session.flush()
        raise RuntimeError
    assert count(database) == 0


def test_a_read_sees_one_snapshot(database: Database) -> None:
    with database.read() as session:
        before = session.execute(select(func.count()).select_from(Record)).scalar_one()
        with database.write() as writing:
            writing.add(record("a"))
        session.expire_all()
        assert session.execute(select(func.count()).select_from(Record)).scalar_one() == before
    assert count(database) == before + 1


def test_two_writers_take_turns(database: Database) -> None:
    """A write that began by reading would fail as soon as the other had committed."""

    def add(prefix: str) -> None:
        for number in range(50):
            with database.write() as session:
                session.execute(select(func.count()).select_from(Record)).scalar_one()
                session.add(record(f"{prefix}{number}"))

    threads = [threading.Thread(target=add, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 100


def test_deleting_a_record_deletes_its_documents(database: Database) -> None:
    with database.write() as session:
        row = record("a")
        session.add(row)
        session.flush()
        session.add(Document(record_id=row.id, name="a.pdf", sha256="0" * 64, size=1))
    connection = sqlite3.connect(database.url.removeprefix("sqlite:///"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("INSERT INTO document (record_id) VALUES (99)")
    connection.close()
    with database.write() as session:
        session.execute(text("DELETE FROM record"))
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Document)).scalar_one() == 0


def test_an_older_database_is_filled_with_what_its_details_say(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    url = f"sqlite:///{path}"
    _upgrade(url, "0001")
    stated = {"lau": "046007", "themes": ["waste", "energy"], "sdgs": ["11"], "status": "completed", "start": 2005}
    connection = sqlite3.connect(path)
    for number in range(1_203):  # more than two batches
        connection.execute(
            "INSERT INTO record (key, kind, state, title, summary, language, country, region, details, created_at,"
            " updated_at) VALUES (?, 'practice', 'published', 't', '', 'it', 'IT', 'Toscana', ?, ?, ?)",
            (f"r{number}", json.dumps(stated if number else {}), "2024-01-01", "2024-01-01"),
        )
    connection.commit()
    connection.close()
    database = Database(url)
    database.upgrade()
    with database.read() as session:
        rows = list(session.execute(select(Record).order_by(Record.id)).scalars())
        assert [(row.region_key, row.population) for row in (rows[0], rows[-1])] == [("ITI1", None), ("ITI1", 44898)]
        assert {(row.status, row.band, row.start_year) for row in rows[1:]} == {("completed", "15000-50000", 2005)}
        assert session.execute(select(func.count()).select_from(Term)).scalar_one() == 3 * 1_202
    database.close()


def test_passages_outlive_the_coming_of_containers(tmp_path: Path) -> None:
    """A table that is copied to change its rules would take all passages with it."""
    database = Database(f"sqlite:///{tmp_path}/kb.sqlite")
    _upgrade(database.url, "0004")
    with database.write() as session:
        session.execute(
            text(
                "INSERT INTO record (id, key, kind, state, title, summary, language, details, created_at, updated_at) "
                "VALUES (1, 'a', 'study', 'draft', 'a', '', 'und', '{}', '2021-01-01', '2021-01-01')"
            )
        )
        session.execute(
            text(
                "INSERT INTO document (id, record_id, name, sha256, size, media_type, status, attempts, language, "
                "language_confidence, page_labels, proposal, notices, created_at) "
                "VALUES (1, 1, 'a', 'a', 1, '', 'searchable', 0, 'und', 0, '[]', '{}', '[]', '2021-01-01')"
            )
        )
        session.execute(
            text(
                "INSERT INTO passage (document_id, ordinal, heading, text, language, char_from, char_to, sentences) "
                "VALUES (1, 0, '[]', 'a', 'und', 0, 1, '[]')"
            )
        )
    database.upgrade()
    with database.write() as session:
        assert session.execute(text("SELECT count(*) FROM passage")).scalar() == 1
        session.execute(text("UPDATE document SET status = 'unpacked'"))
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    database.close()


def test_the_migration_can_be_taken_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kb.sqlite"
    _upgrade(url, "head")
    _upgrade(url, "0001", down=True)
    _upgrade(url, "head")


def _upgrade(url: str, revision: str, *, down: bool = False) -> None:
    """Bring a database to a revision."""
    engine = create_engine(url)
    with engine.connect() as connection:
        config = AlembicConfig()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.commit()
    engine.dispose()
