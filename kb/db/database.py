"""Sessions: a read is one snapshot, a write is one transaction that begins by taking the write lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kb.db.counters import READ_ONCE
from kb.db.memo import STORE, Memos
from kb.errors import Busy, NoDatabase, StorageFull

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30


class Database:
    """The one place where transactions begin and end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        self._memos = Memos()
        self._writing = self._engine.execution_options(kb_write=True, **_writing_isolation(url))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session whose statements all see the same snapshot."""
        with _told(), Session(self._engine, info={STORE: self._memos, READ_ONCE: True}) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits when the block ends well and leaves nothing behind when it does not.

        Raises:
            Busy: another process kept the write lock for half a minute.
            StorageFull: the disk has no room.
        """
        with _told(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self) -> None:
        """Create the tables, or bring those of an older version up to date."""
        _make_folder(self.url)
        with _told(), self._writing.connect() as connection:
            config = _alembic(self.url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def require_current(self) -> None:
        """Raise `NoDatabase` unless the tables are there and of this version."""
        if _missing(self.url):
            raise NoDatabase("There is no knowledge base here yet: run 'kb init' first, or 'kb demo' for the samples.")
        with _told(), self._engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        head = _head()
        if found != head:
            raise NoDatabase(
                "The database is of another version than this program: run 'kb init' to bring it up to date.",
                found=found,
                wanted=head,
            )

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True, hide_parameters=True)
    # Values of people and of their searches must not come into logs with an error's text.
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _writing_isolation(url: str) -> dict[str, str]:
    """Where readers see a snapshot, writers wait for each other's rows instead of failing on them."""
    return {} if make_url(url).get_backend_name() == "sqlite" else {"isolation_level": "READ COMMITTED"}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        "synchronous = NORMAL",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when somebody else wrote in between,
    # so a writer takes the lock before it looks.
    writing = connection.get_execution_options().get("kb_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    """Say in one sentence what a database driver says in its own words."""
    try:
        yield
    except OperationalError as error:
        cause = str(error.orig)
        if "locked" in cause:
            raise Busy("The database is in use by another process; try again when it has finished.") from error
        if "disk is full" in cause or "disk I/O" in cause:
            raise StorageFull("The disk is full: nothing was stored. Make room and try again.") from error
        if "no such table" in cause or "no such column" in cause:
            raise NoDatabase("The database has no tables, or older ones: run 'kb init'.") from error
        if "unable to open" in cause or "connect" in cause.lower():
            raise NoDatabase(
                "The database cannot be opened; check KB_DATA and KB_DATABASE_URL ('kb config')."
            ) from error
        raise


def _sqlite_path(url: str) -> Path | None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def _make_folder(url: str) -> None:
    path = _sqlite_path(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)


@cache
def _head() -> str | None:
    """The version this program is for; its scripts are read once."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _missing(url: str) -> bool:
    path = _sqlite_path(url)
    return path is not None and not path.exists()


def _alembic(url: str) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
