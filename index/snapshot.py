"""Copies on disk that make the next start faster, and folders that die with the process that works in them."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.manifest import publish, read_manifest, seal, verify
from kb.errors import KbError

KEPT = 2
GENERATION = re.compile(r"gen-(\d+)")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that was found whole: its folder and the feed's cursor it was taken at."""

    folder: Path
    seq: int


class Lease:
    """A folder that belongs to this process; the kernel tells others, by a lock on a file beside it, when it is dead.

    A process id would not do: two containers that share a disk both have a process 1.
    """

    def __init__(self, root: Path, prefix: str) -> None:
        """Make a folder `<root>/<prefix>-<random>` and hold it."""
        root.mkdir(parents=True, exist_ok=True)
        self._lock = -1
        while self._lock < 0:
            self.folder = root / f"{prefix}-{secrets.token_hex(6)}"
            self._lock = _held(_lock_of(self.folder), create=True)
        self.folder.mkdir()

    def release(self) -> None:
        """Remove the folder, if it is still there under its name, and let go of it."""
        if self._lock >= 0:
            _discard(self.folder)
            os.close(self._lock)
            self._lock = -1


def sweep(root: Path) -> None:
    """Remove the folders of processes that are no more."""
    for path in root.glob("*.lock"):
        if (lock := _held(path, create=False)) >= 0:
            _discard(path.with_suffix(""))
            os.close(lock)


def write(root: Path, seq: int, save: Callable[[Path], None], **facts: object) -> Path:
    """Let `save` fill a folder aside, flush it to disk, name it `gen-<seq>` in one step, and keep the newest two.

    `facts` go into its manifest beside `seq` and the checksums; `identity` among them is what `newest` asks for.
    """
    lease, target = Lease(root, ".tmp"), root / f"gen-{seq:012d}"
    try:
        save(lease.folder)
        seal(lease.folder, seq=seq, **facts)
        if target.exists() and not _is_of(target, facts.get("identity")):
            shutil.rmtree(target)  # Of another encoder or format: this process made all of it anew from the feed.
        if not target.exists():
            publish(lease.folder, target)
    except OSError:
        if not target.exists():  # Otherwise another process took the same snapshot a moment earlier.
            raise
    finally:
        lease.release()
    for old in _generations(root)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(root: Path, identity: str) -> Snapshot | None:
    """The newest snapshot of this identity that verifies; damaged ones are removed, for they are of use to nobody."""
    for folder in _generations(root):
        try:
            facts = verify(folder, checksums=True)
        except (KbError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            continue
        if facts.get("identity") == identity:
            return Snapshot(folder, int(facts["seq"]))
    return None


def _is_of(folder: Path, identity: object) -> bool:
    try:
        return (read_manifest(folder) or {}).get("identity") == identity
    except KbError:
        return False


def _generations(root: Path) -> list[Path]:
    """Finished snapshots, newest first."""
    found: Iterator[Path] = (path for path in root.glob("gen-*") if GENERATION.fullmatch(path.name))
    return sorted(found, key=lambda path: int(path.name.removeprefix("gen-")), reverse=True)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _held(path: Path, *, create: bool) -> int:
    """A descriptor that holds the lock on `path`, or −1 when somebody else does or the file went meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if create else 0), 0o600)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return -1


def _discard(folder: Path) -> None:
    """Remove a folder and then its lock: the other way round, a crash between would leave it for ever."""
    shutil.rmtree(folder, ignore_errors=True)
    _lock_of(folder).unlink(missing_ok=True)
