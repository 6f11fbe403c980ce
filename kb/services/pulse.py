"""The sign of life of workers: a file in the data folder whose time says when one last looked for work."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


class Pulse:
    """Says that a worker is there, and when one last was; asks nothing of the database."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def beat(self) -> None:
        """A worker is there; on a disk that takes nothing any more, other things complain."""
        with suppress(OSError):
            self._path.touch()

    def last(self) -> datetime | None:
        """When a worker last was there; None when none ever was."""
        try:
            return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except OSError:
            return None
