"""Originals, stored under the SHA-256 of their bytes: written once, never changed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kb.errors import NotFound, StorageFull, TooLarge

CHUNK = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where there is no more room: on the disk, for this user, for this process."""
ORPHAN_AGE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is on disk for good: its digest in hexadecimal and its size in bytes."""

    sha256: str
    size: int


class Files:
    """A folder of originals."""

    def __init__(self, root: Path, *, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes

    def path(self, sha256: str) -> Path:
        """Where the bytes of that digest lie, or would."""
        return self._root / sha256[:2] / sha256[2:]

    def open(self, sha256: str) -> BinaryIO:
        """Open an original for reading; raises `NotFound` when it is not there."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound("The original file is missing from the store: restore it from a backup.") from error

    def put(self, source: BinaryIO) -> Stored:
        """Store a stream: hash while copying, flush to disk, then rename into place.

        Raises:
            TooLarge: the stream has more bytes than the setting allows; nothing is kept.
            StorageFull: the disk has no room; nothing is kept.
        """
        incoming = self._root / ".incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(handle, "wb") as target:
                stored = self._copy(source, target)
            self._keep(Path(name), stored.sha256)
        except OSError as error:
            if error.errno in FULL:
                raise StorageFull("The disk is full: nothing was stored. Make room and try again.") from error
            raise
        finally:
            Path(name).unlink(missing_ok=True)
        return stored

    def _copy(self, source: BinaryIO, target: BinaryIO) -> Stored:
        digest, size = hashlib.sha256(), 0
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > self._max_bytes:
                limit = self._max_bytes // (1 << 20)
                raise TooLarge(f"The file has more than {limit} MB: split it, or raise KB_MAX_FILE_MB.")
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
        return Stored(digest.hexdigest(), size)

    def _keep(self, written: Path, sha256: str) -> None:
        final = self.path(sha256)
        final.parent.mkdir(exist_ok=True)
        written.replace(final)
        _sync_folder(final.parent)
        _sync_folder(self._root)

    def sweep(self, known: Collection[str], *, older_than: float = ORPHAN_AGE_SECONDS) -> int:
        """Delete originals that no row names and that are not just arriving; returns how many."""
        border = time.time() - older_than
        orphans = [path for path in self._all() if path.stat().st_mtime < border and not self._named(path, known)]
        for path in orphans:
            path.unlink()
        return len(orphans)

    def orphans(self, known: Collection[str]) -> int:
        """How many files no row names."""
        return sum(1 for path in self._all() if not self._named(path, known))

    def _all(self) -> list[Path]:
        return [path for path in self._root.glob("*/*") if path.is_file()]

    @staticmethod
    def _named(path: Path, known: Collection[str]) -> bool:
        return path.parent.name + path.name in known

    def free_bytes(self) -> int:
        """Room left on the disk that holds the originals."""
        self._root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
