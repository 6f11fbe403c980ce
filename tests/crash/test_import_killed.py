"""An import that is killed at any moment and run again ends as one that was left in peace."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb import resources
from tests.crash.agreement import rows, state

ROOT = Path(__file__).parents[2]
KILLS = 5
PATIENCE = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real files of three formats, the same bytes twice, and two that cannot be read."""
    made = tmp_path_factory.mktemp("files")
    for path in sorted((resources.SAMPLE / "files").iterdir()):
        shutil.copy(path, made / path.name)
    shutil.copy(made / "usurbil.pdf", made / "z-copy.pdf")
    (made / "empty.txt").touch()
    (made / "noise.txt").write_bytes(random.Random(21).randbytes(5000))
    return made


def start(data: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "KB_DATA": str(data), "KB_MODELS": str(data / "models")}
    command = [sys.executable, "-m", "tests.support.kb", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(data: Path, *arguments: str) -> tuple[int, str]:
    with start(data, *arguments) as process:
        out, errors = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in errors, errors
        return process.returncode, out


SEARCHABLE = "SELECT count(*) FROM document WHERE status = 'searchable'"


def searchable(data: Path) -> int:
    ((count,),) = rows(data, SEARCHABLE)
    return int(str(count))


def progress(data: Path, query: str = SEARCHABLE) -> Iterator[int]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ((count,),) = rows(data, query)
        yield int(str(count))
        time.sleep(0.005)
    raise AssertionError("the import made no progress")


def kill_at_work(data: Path, folder: Path, pause: float) -> bool:
    """Start the import, let it finish at least one more document, wait a moment, kill it; False when it was done."""
    before = searchable(data)
    with start(data, "import", str(folder)) as process:
        for count in progress(data):
            if count > before or process.poll() is not None:
                break
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL


def test_killed_at_any_moment_it_ends_in_the_same_state(tmp_path: Path, folder: Path) -> None:
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    for data in (calm, rough):
        assert run(data, "init") == (0, "")
    code, _ = run(calm, "import", str(folder), "--json")
    assert code == 6, "two files cannot be read, and that is said"

    chance = random.Random(2026)
    worked = []
    while len(worked) < KILLS and kill_at_work(rough, folder, chance.uniform(0, 0.25)):
        worked.append(searchable(rough))
    # The killed processes had done work, and there was work left when they died: else this proves nothing.
    assert len(worked) >= 3
    assert worked == sorted(worked)
    assert 0 < worked[0] < searchable(calm)

    assert run(rough, "import", str(folder), "--json")[0] == 6
    assert state(rough) == state(calm)
    code, findings = run(rough, "check", "--json")
    assert code == 0, findings


def test_killed_while_it_takes_files_in_nothing_is_lost_or_doubled(tmp_path: Path, folder: Path) -> None:
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    for data in (calm, rough):
        run(data, "init")
    run(calm, "import", str(folder))
    received = []
    for wanted in (1, 4, 9):
        with start(rough, "import", str(folder)) as process:
            for count in progress(rough, "SELECT count(*) FROM document"):
                if count >= wanted or process.poll() is not None:
                    break
            process.kill()
            process.communicate()
        received.append(len(rows(rough, "SELECT id FROM document")))
    assert received[0] < len(rows(calm, "SELECT id FROM document")), "the kill came when all was already in"
    run(rough, "import", str(folder))
    assert state(rough) == state(calm)
