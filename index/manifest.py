"""What a finished folder says of itself, so that an unfinished or damaged one is never taken for it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kb.errors import DamagedModel, NoModel

MANIFEST = "manifest.json"
FORMAT = 1


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def construction(folder: Path) -> Iterator[Path]:
    """A place to build beside `folder`, for one process at a time; sweeps what a killed builder left there.

    The system releases the lock when its holder ends, however it ends.
    """
    prefix = f".tmp-{folder.name}-"
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left_over in folder.parent.glob(f"{prefix}*"):
            shutil.rmtree(left_over)
        building = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        try:
            yield building
        finally:
            shutil.rmtree(building, ignore_errors=True)


def seal(folder: Path, **facts: object) -> None:
    """Flush every file of `folder` to disk and write their sizes and checksums, with `facts`, into its manifest."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        path.chmod(0o644)  # safetensors and tempfile make files only their owner can read.
        _flush(path)
        files[path.relative_to(folder).as_posix()] = {"size": path.stat().st_size, "sha256": hash_file(path)}
    content = {"format": FORMAT, **facts, "files": files}
    (folder / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    _flush(folder / MANIFEST)
    for path in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        _flush(path)


def publish(built: Path, folder: Path) -> None:
    """Give a sealed folder its name, in one step that a crash cannot halve."""
    built.chmod(0o755)
    built.rename(folder)
    _flush(folder.parent)


def replace(built: Path, folder: Path, **facts: object) -> None:
    """Seal `built` with `facts` and publish it in the place of what `folder` holds."""
    seal(built, **facts)
    shutil.rmtree(folder, ignore_errors=True)
    publish(built, folder)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of `folder`; None when it has none.

    Raises:
        DamagedModel: it is there and cannot be read.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(folder, f"{MANIFEST} is not JSON") from error
    return content if isinstance(content, dict) and "files" in content else None


def verify(folder: Path, *, checksums: bool = False) -> dict[str, Any]:
    """Compare `folder` with its manifest: sizes always, contents when `checksums`; returns the manifest.

    Raises:
        NoModel: there is no such folder.
        DamagedModel: a file is missing, has another size or another content.
    """
    if not folder.is_dir():
        raise NoModel(f"There is no encoder in {folder}. 'kb init' prepares the bundled one.", folder=str(folder))
    manifest = read_manifest(folder)
    if manifest is None:
        raise _damaged(folder, f"{MANIFEST} is missing")
    for name, facts in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise _damaged(folder, f"{name} is missing")
        if path.stat().st_size != facts["size"]:
            raise _damaged(folder, f"{name} has {path.stat().st_size} bytes instead of {facts['size']}")
        if checksums and hash_file(path) != facts["sha256"]:
            raise _damaged(folder, f"{name} has another content than was stored")
    return manifest


def _damaged(folder: Path, what: str) -> DamagedModel:
    return DamagedModel(
        f"The encoder in {folder} is damaged: {what}. Delete that folder; 'kb init' prepares the bundled encoder.",
        folder=str(folder),
    )


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
