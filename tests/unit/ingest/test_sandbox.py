"""The sandbox returns or raises whatever the extractor does, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ingest.extractors import extract
from ingest.sandbox import Limits, read
from kb.errors import Crashed, Empty, IngestError, MissingFile, OutOfMemory, TimedOut

NAUGHTY = "tests.unit.ingest.naughty:"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.txt"
    path.write_text("Primo paragrafo.\n\nSecondo paragrafo.")
    return path


def provoke(file: Path, what: str, error: type[IngestError], limits: Limits) -> IngestError:
    with pytest.raises(error) as caught:
        read(file, "plan.txt", limits, target=NAUGHTY + what)
    return caught.value


def test_what_the_extractor_returns_arrives_whole(make_pdf: Callable[..., Path]) -> None:
    path = make_pdf([(70, 700, "Città più verdi: 40 alberi all’anno.")], title="Piano del verde urbano")
    assert read(path, "sample.pdf", Limits()) == extract(path, "sample.pdf")


def test_the_extractors_own_errors_come_back_as_themselves(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    with pytest.raises(Empty, match="empty"):
        read(tmp_path / "empty.pdf", "empty.pdf", Limits())


def test_a_missing_file_is_told_without_starting_a_process(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"nowhere\.pdf"):
        read(tmp_path / "nowhere.pdf", "nowhere.pdf", Limits())


def test_a_file_named_relative_to_the_working_folder_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert len(read(Path(file.name), file.name, Limits()).blocks) == 2


def test_the_wall_clock_ends_the_whole_family(file: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        started = time.monotonic()
        with pytest.raises(TimedOut, match="2 seconds"):
            read(file, str(tmp_path / "s"), Limits(seconds=2), target=NAUGHTY + "sleep")
        assert time.monotonic() - started < 10
        connection, _ = listener.accept()
        with connection:
            grandchild = int(connection.recv(20))
    assert _is_gone(grandchild)


def _is_gone(process: int) -> bool:
    """Whether a process has ended; one that init has not yet collected has."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_endless_work_times_out(file: Path) -> None:
    provoke(file, "spin", TimedOut, Limits(seconds=1))


def test_too_much_memory_is_told_as_such(file: Path) -> None:
    error = provoke(file, "hoard", OutOfMemory, Limits(memory_mb=256))
    assert "256 MB" in error.message


def test_a_failed_allocation_in_a_library_is_lack_of_memory(file: Path) -> None:
    provoke(file, "bad_alloc", OutOfMemory, Limits())


def test_too_little_memory_to_even_start_is_told_as_such(file: Path) -> None:
    with pytest.raises(OutOfMemory):
        read(file, "plan.txt", Limits(memory_mb=40))


def test_a_crash_names_its_signal_and_what_to_do(file: Path) -> None:
    error = provoke(file, "segfault", Crashed, Limits())
    assert "SIGSEGV" in error.message
    assert "submit" in error.message


@pytest.mark.parametrize("what", ["quit_halfway", "lie"])
def test_half_an_answer_is_no_answer(file: Path, what: str) -> None:
    started = time.monotonic()
    provoke(file, what, IngestError, Limits(seconds=30))
    assert time.monotonic() - started < 10


def test_noise_neither_blocks_nor_breaks_the_answer(file: Path) -> None:
    extraction = read(file, "plan.txt", Limits(seconds=20), target=NAUGHTY + "chatter")
    assert [block.text for block in extraction.blocks] == ["heard"]


def test_the_child_cannot_write_files(file: Path, tmp_path: Path) -> None:
    with pytest.raises(Crashed):
        read(file, str(tmp_path / "escaped"), Limits(), target=NAUGHTY + "write_file")
    assert not (tmp_path / "escaped").exists() or not (tmp_path / "escaped").read_text()


def test_the_child_sees_none_of_our_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_SECRET", "hunter2")
    extraction = read(file, "plan.txt", Limits(), target=NAUGHTY + "tell_environment")
    assert "KB_SECRET" not in extraction.blocks[0].text
    assert "OMP_NUM_THREADS" in extraction.blocks[0].text


def test_no_process_or_stream_is_left_behind(file: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        read(file, "plan.txt", Limits())
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_reader_starts_without_the_libraries_of_the_encoder(file: Path) -> None:
    named = (
        "import sys, ingest.child, ingest.extractors as e; e.extract(__import__('pathlib').Path(sys.argv[1]), 'a.txt')"
    )
    tell = "; print([one for one in ('numpy', 'sqlalchemy', 'torch', 'faiss') if one in sys.modules])"
    told = subprocess.run([sys.executable, "-c", named + tell, str(file)], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_a_reader_ends_with_the_process_that_started_it(file: Path, tmp_path: Path) -> None:
    """A worker that is killed leaves nobody behind who reads on."""
    program = (
        "import sys; from pathlib import Path; from ingest.sandbox import Limits, read; "
        f"read(Path(sys.argv[1]), 'plan.txt', Limits(), target={NAUGHTY + 'spin'!r})"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(file)], stderr=subprocess.DEVNULL) as worker:
        readers: list[psutil.Process] = []
        while not readers and worker.poll() is None:
            readers = [one for one in psutil.Process(worker.pid).children() if "spin" in " ".join(one.cmdline())]
            time.sleep(0.05)
        # Not before it has come to its work.
        while readers[0].cpu_times().user < 0.5:
            time.sleep(0.05)
        worker.kill()
    assert _is_gone(readers[0].pid)
