"""Whatever is done to a file, reading it ends in its text or in a documented error.

`make fuzz` draws many more examples than the gate does, and other ones each time.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from ingest import mediatype, sandbox
from ingest.extractors import MODULES
from kb.errors import Crashed, IngestError
from tests.conftest import SHARED
from tests.fuzz.mutations import Damage, damaged, damages
from tests.fuzz.seeds import packed, seeds

ROOT = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES") or 40)
SLOW = 8
"""How many times fewer examples of what another program has to read: LibreOffice takes seconds for one."""
TYPES = sorted(set(MODULES) - {mediatype.PPT, mediatype.XLS})
"""Only LibreOffice can make a file of the other two, and what reads DOC reads them."""
LONG_RUN = "FUZZ_EXAMPLES" in os.environ
SECONDS = 120
FEWEST_TO_JUDGE = 20
"""Examples below which chance, or a busy machine, decides how they end."""
UNBREAKABLE = (mediatype.TEXT, mediatype.MARKDOWN, mediatype.HTML)
"""What can be read whatever is done to it."""
LIVES = 250
"""Files one process reads before another takes its place, so that a leak does not become somebody else's failure."""

CODES = {error.code for error in IngestError.__subclasses__()} - {Crashed.code}
chosen = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not LONG_RUN,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Tried:
    """How the files ended, and how many were still taken for their type."""

    ends: Counter[str] = field(default_factory=Counter)
    met: int = 0


class Reader:
    """The reading process, started again when it has ended or read enough."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._read = folder, 0
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, media_type: str, name: str, data: bytes) -> dict[str, Any]:
        path = self._folder / "damaged"
        path.write_bytes(data)
        process = self._running()
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{media_type}\t{path}\t{name}\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], SECONDS)
        line = process.stdout.readline() if ready else ""
        if line:
            return dict(json.loads(line))
        self.close()
        return {"code": "timed-out"} if not ready else {"ended": str(process.returncode)}

    def _running(self) -> subprocess.Popen[str]:
        self._read += 1
        if self._process is None or self._read % LIVES == 0:
            self.close()
            command = [sys.executable, "-m", "tests.fuzz.reader"]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def reader() -> Iterator[Reader]:
    with tempfile.TemporaryDirectory() as folder:
        made = Reader(Path(folder))
        try:
            yield made
        finally:
            made.close()


@pytest.mark.parametrize("media_type", TYPES)
def test_there_is_a_file_of_each_type_to_damage(media_type: str, tmp_path: Path) -> None:
    found = seeds(media_type, SHARED)
    if not found:
        pytest.skip("needs the shared corpus beside the checkout")
    for name, data in found:
        path = tmp_path / "seed"
        path.write_bytes(data)
        assert mediatype.detect(path, name) == media_type


@pytest.mark.parametrize("media_type", TYPES)
def test_a_damaged_file_is_read_or_refused(media_type: str) -> None:
    found = seeds(media_type, SHARED)
    if not found:
        pytest.skip("needs the shared corpus beside the checkout")
    tried = Tried()
    with reader() as read:
        for seed in found:
            _damage_and_read(read, media_type, seed, tried)
    # What is no longer of its type, or always ends in the same way, has not tried its extractor. A package is told by
    # its first member, which most damages hit: of such types few are left.
    if tried.ends.total() >= FEWEST_TO_JUDGE:
        assert tried.met >= (tried.ends.total() - tried.ends["timed-out"]) / 40
        assert len(tried.ends) > 1 or media_type in UNBREAKABLE
    sys.stderr.write(f"{media_type}: {dict(tried.ends)}\n")


def _damage_and_read(read: Reader, media_type: str, seed: tuple[str, bytes], tried: Tried) -> None:
    name, data = seed
    is_slow = media_type in mediatype.OLD_OFFICE or media_type.startswith("image/")

    @settings(chosen, max_examples=EXAMPLES // SLOW if is_slow else EXAMPLES)
    @given(changes=damages(packed=data[:2] == b"PK"))
    def holds(changes: list[Damage]) -> None:
        bad = damaged(data, changes)
        outcome = read(media_type, name, bad)
        if "ended" in outcome:
            outcome = _confirmed(bad, name)
        if trace := outcome.get("trace"):
            note(trace)
        assert "trace" not in outcome
        code = outcome["code"]
        assert code is None or code in CODES
        tried.ends[code or "read"] += 1
        tried.met += bool(outcome.get("met"))

    holds()


def _confirmed(data: bytes, name: str) -> dict[str, Any]:
    """How a file that ended the reading process ends in the product's own sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged"
        path.write_bytes(data)
        try:
            sandbox.read(path, name, sandbox.Limits(seconds=SECONDS))
        except IngestError as error:
            return {"code": error.code}
    return {"code": None}


@chosen
@given(changes=damages(packed=True))
def test_a_package_of_no_known_kind_is_refused(changes: list[Damage]) -> None:
    """The archive reader and the detection by content, without any extractor behind them."""
    data = damaged(packed({"a.xml": "<a/>", "word/document.xml": "<w/>", "content.xml": "<c/>"}), changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.bin"
        path.write_bytes(data)
        assert _code(path) in {None, *CODES}


def _code(path: Path) -> str | None:
    try:
        mediatype.detect(path, path.name)
    except IngestError as error:
        return error.code
    return None
