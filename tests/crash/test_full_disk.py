"""A disk without room: what was taken in stays, nothing is stored by halves, and it goes on when there is room."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kb import resources
from tests.crash import agreement

ROOT = Path(__file__).parents[2]
PATIENCE = 300


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    for name in ("capannori.pdf", "samso.pdf", "usurbil.pdf", "augustenborg.html"):
        shutil.copy(resources.SAMPLE / "files" / name, made / name)
    words = (resources.SAMPLE / "records.jsonl").read_text(encoding="utf-8")
    (made / "long.txt").write_text(words, encoding="utf-8")
    return made


def kb(data: Path, *arguments: str, most_bytes: int | None = None) -> tuple[int, str]:
    """Run the command; the system lets it write no file beyond `most_bytes`, as a quota or a full disk would."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes or 0, most_bytes or 0))

    given: dict[str, Callable[[], None]] = {} if most_bytes is None else {"preexec_fn": limit}
    environment = {"PATH": "/usr/bin:/bin", "KB_DATA": str(data), "KB_MODELS": str(data / "models")}
    command = [sys.executable, "-m", "tests.support.kb", *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False, **given
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("room", [20_000, 100_000, 400_000])
def test_a_full_disk_is_told_and_the_same_command_goes_on_when_there_is_room(
    tmp_path: Path, folder: Path, room: int
) -> None:
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    for data in (calm, rough):
        assert kb(data, "init")[0] == 0
    assert kb(calm, "import", str(folder))[0] == 0
    used = max(path.stat().st_size for path in rough.glob("kb.sqlite*"))
    code, said = kb(rough, "import", str(folder), most_bytes=max(used, room))
    assert (code, "disk is full" in said) == (5, True), said
    assert agreement.troubles(rough) == []
    code, said = kb(rough, "import", str(folder))
    assert code == 0, said
    assert agreement.state(rough) == agreement.state(calm)
