"""Originals: whole or not there, and never lost to a sweep."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from kb.errors import NotFound, StorageFull, TooLarge
from kb.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", max_bytes=1 << 20)


def test_what_is_put_is_found_under_its_digest(files: Files) -> None:
    stored = files.put(io.BytesIO(b"good practice"))
    assert stored.sha256 == hashlib.sha256(b"good practice").hexdigest()
    assert stored.size == 13
    with files.open(stored.sha256) as stream:
        assert stream.read() == b"good practice"


def test_the_same_bytes_are_stored_once(files: Files, tmp_path: Path) -> None:
    assert files.put(io.BytesIO(b"x")) == files.put(io.BytesIO(b"x"))
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1


def test_too_large_a_file_leaves_nothing(tmp_path: Path) -> None:
    small = Files(tmp_path, max_bytes=10)
    with pytest.raises(TooLarge, match="KB_MAX_FILE_MB"):
        small.put(io.BytesIO(b"eleven bytes"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


class _FullDisk(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_said_and_leaves_nothing(files: Files, tmp_path: Path) -> None:
    with pytest.raises(StorageFull):
        files.put(_FullDisk())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_missing_original_is_not_found(files: Files) -> None:
    with pytest.raises(NotFound):
        files.open("0" * 64)


def test_a_sweep_takes_old_orphans_only(files: Files, tmp_path: Path) -> None:
    kept, orphan, arriving = (files.put(io.BytesIO(data)).sha256 for data in (b"kept", b"orphan", b"arriving"))
    old = time.time() - 7200
    for digest in (kept, orphan):
        os.utime(files.path(digest), (old, old))
    assert files.orphans({kept}) == 2
    assert files.sweep({kept}) == 1
    assert files.path(kept).exists()
    assert files.path(arriving).exists()
    assert not files.path(orphan).exists()
