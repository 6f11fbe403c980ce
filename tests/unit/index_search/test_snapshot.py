"""A snapshot is there whole or not at all, and what dead processes left goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index import snapshot
from index.snapshot import Lease

WRITER = """
import os, sys
from pathlib import Path
from index import snapshot
root, when = Path(sys.argv[1]), sys.argv[2]

def save(folder):
    (folder / "rows").write_text("new")
    if when == "saving":
        os.kill(os.getpid(), 9)

if when == "renaming":
    snapshot.publish = lambda *_: os.kill(os.getpid(), 9)
snapshot.write(root, 2, save, identity="a")
"""


def saving(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "rows").write_text(text) and None


def read(root: Path) -> str | None:
    found = snapshot.newest(root, "a")
    return found and (found.folder / "rows").read_text()


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_there_may_be_none(tmp_path: Path) -> None:
    assert snapshot.newest(tmp_path / "nowhere", "a") is None


def test_the_newest_is_taken_and_two_are_kept(tmp_path: Path) -> None:
    for seq in (8, 9, 10):
        snapshot.write(tmp_path, seq, saving(str(seq)), identity="a")
    assert read(tmp_path) == "10"
    assert names(tmp_path) == ["gen-000000000009", "gen-000000000010"]


def test_the_same_seq_twice_is_harmless(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 1, saving("first"), identity="a")
    snapshot.write(tmp_path, 1, saving("second"), identity="a")
    assert read(tmp_path) == "first"
    assert names(tmp_path) == ["gen-000000000001"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "rows").write_text("2 "),
        lambda folder: (folder / "rows").write_text("3"),
        lambda folder: (folder / "rows").unlink(),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "manifest.json").write_bytes(b"\xff\x00"),
    ],
)
def test_a_damaged_one_gives_way_to_an_older_one(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    for seq in (1, 2):
        snapshot.write(tmp_path, seq, saving(str(seq)), identity="a")
    damage(tmp_path / "gen-000000000002")
    assert read(tmp_path) == "1"
    snapshot.write(tmp_path, 2, saving("again"), identity="a")
    assert read(tmp_path) == "again"


def test_another_identity_is_passed_over(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 1, saving("a"), identity="a")
    snapshot.write(tmp_path, 2, saving("b"), identity="b")
    assert read(tmp_path) == "a"


def test_another_identity_gives_way_at_the_same_seq(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 1, saving("b"), identity="b")
    snapshot.write(tmp_path, 1, saving("a"), identity="a")
    assert read(tmp_path) == "a"
    assert names(tmp_path) == ["gen-000000000001"]


@pytest.mark.parametrize("when", ["saving", "renaming"])
def test_killed_while_writing_the_older_one_stays_and_nothing_else(tmp_path: Path, when: str) -> None:
    snapshot.write(tmp_path, 1, saving("old"), identity="a")
    killed = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path), when], check=False, cwd=Path.cwd())
    assert killed.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 3, "the killed writer had not begun"
    assert read(tmp_path) == "old"
    snapshot.sweep(tmp_path)
    assert names(tmp_path) == ["gen-000000000001"]


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "rows").write_text("half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        snapshot.write(tmp_path, 1, fail, identity="a")
    assert names(tmp_path) == []


def test_the_folders_of_the_living_are_not_swept(tmp_path: Path) -> None:
    mine = Lease(tmp_path, "live")
    command = "import sys; from pathlib import Path; from index import snapshot; snapshot.sweep(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", command, str(tmp_path)], check=True, cwd=Path.cwd())
    snapshot.sweep(tmp_path)
    assert mine.folder.is_dir()
    mine.release()
    mine.release()
    assert names(tmp_path) == []


def test_the_folders_of_the_dead_are_swept(tmp_path: Path) -> None:
    command = (
        "import os, sys; from pathlib import Path; from index.snapshot import Lease;"
        "Lease(Path(sys.argv[1]), 'live'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", command, str(tmp_path)], check=True, cwd=Path.cwd())
    assert len(names(tmp_path)) == 2
    snapshot.sweep(tmp_path)
    assert names(tmp_path) == []
    assert os.path.isdir(tmp_path)
