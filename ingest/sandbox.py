"""Reading a file in a child process that cannot take this one with it."""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest import compound, incoming
from ingest.recognition.program import PASSED_ON, SECONDS, VARIABLE
from kb.errors import Crashed, IngestError, KbError, MissingFile, OutOfMemory, TimedOut, TooLarge
from kb.protocols import Keep
from kb.values import Block, Extraction, Member, Notice, Proposal, RecognisedPage

logger = logging.getLogger(__name__)

EXTRACT = "ingest.extractors:extract"
"""What the child calls; another `module:function` of the same shape can take its place."""

_ROOT = Path(__file__).resolve().parent.parent
# -I keeps the environment and the working folder out, so the package's own folder is added by hand.
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from ingest.child import main; sys.exit(main(sys.argv[1:]))"
_MAX_CHARS = 64 * 1024 * 1024
_MAX_LINE = 16 * 1024 * 1024
_NOISE_BYTES = 4096
_OFFICE_FILE_MB = 1024
"""What LibreOffice may write into a file of its folder; nothing else writes any."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# Each arena of the C library reserves address space, which is what the memory limit counts.
_ENVIRONMENT = {**dict.fromkeys(_ONE_THREAD, "1"), "MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8", "no_proxy": "*"}
_NO_MEMORY_SIGNS = (b"bad_alloc", b"out of memory", b"Cannot allocate memory", b"MemoryError", b"memory allocation")
# How the PDF library ends itself when an allocation fails.
_ABORTS = (signal.SIGABRT, signal.SIGTRAP, signal.SIGILL)
_BY_CODE = {error.code: error for error in IngestError.__subclasses__()} | {MissingFile.code: MissingFile}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one file may take; `memory_mb` is address space, `seconds` is time on the wall.

    Each page whose text is recognised, by the program `tesseract`, may take `page_seconds` more.
    """

    memory_mb: int = 1024
    seconds: float = 120.0
    page_seconds: float = 180.0
    tesseract: str | None = None


class _Head(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    media_type: str
    page_count: int | None
    page_labels: tuple[str, ...]
    proposal: Proposal
    notices: tuple[Notice, ...]
    members: tuple[Member, ...]
    recognised: tuple[RecognisedPage, ...] = ()
    lacking: int = 0
    count: int


class _Failure(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    code: str
    message: str
    facts: dict[str, str | int | float | bool | None] = {}


class _Message(BaseModel):
    """One line from the child: exactly one of its fields."""

    model_config = ConfigDict(strict=True, extra="forbid")

    block: Block | None = None
    opened: str | None = None
    part: str | None = None
    closed: incoming.Closed | None = None
    end: _Head | None = None
    error: _Failure | None = None
    recognising: bool = False


@dataclass(slots=True)
class _Run:
    """What is known of a child while it runs."""

    process: subprocess.Popen[bytes]
    seconds: float
    noise: bytearray = field(default_factory=bytearray)
    timed_out: bool = False
    ended: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def expire(self) -> None:
        """Kill the child when its time is used up, which may have been made longer meanwhile."""
        while (left := self.started + self.seconds - time.monotonic()) > 0:
            if self.ended.wait(left):
                return
        self.timed_out = True
        self.kill()

    def drain(self, stream: IO[bytes]) -> None:
        """Keep the last of what the child complains, so that it never waits for a reader."""
        while chunk := stream.read1(_NOISE_BYTES):  # type: ignore[attr-defined]
            self.noise += chunk
            del self.noise[:-_NOISE_BYTES]


def read(path: Path, name: str, limits: Limits, *, target: str = EXTRACT, keep: Keep | None = None) -> Extraction:
    """Read a file, which its submitter called `name`, in a child process; `keep` stores the members of a container.

    Raises:
        MissingFile: there is no such file.
        IngestError: as the extractor raised it, or `TimedOut`, `OutOfMemory` or `Crashed`.
    """
    if not path.is_file():
        raise MissingFile(f"There is no file {path}. Check the path.", path=str(path))
    if not os.access(path, os.R_OK):
        raise MissingFile(f"The file {path} may not be read. Check its permissions.", path=str(path))
    what = [str(path.resolve()), name, target]
    with _scratch(path) as folder, _running(what, limits, folder, is_kept=keep is not None) as run:
        extraction = _receive(run, limits, keep)
    if extraction is None:
        raise _end(run, limits)
    return extraction


def _scratch(path: Path) -> AbstractContextManager[str | None]:
    """A folder for what needs LibreOffice, which cannot do without one; None for everything else."""
    with path.open("rb") as file:
        is_old = file.read(len(compound.SIGNATURE)) == compound.SIGNATURE
    return tempfile.TemporaryDirectory(prefix="kb-read-", ignore_cleanup_errors=True) if is_old else nullcontext()


@contextmanager
def _running(what: list[str], limits: Limits, folder: str | None, *, is_kept: bool) -> Iterator[_Run]:
    """A child with its clock running; afterwards it and all it started are gone."""
    seconds, file_mb = max(1, math.ceil(limits.seconds)), _OFFICE_FILE_MB if folder else 0
    arguments = [*what, str(limits.memory_mb), str(seconds), str(file_mb), "send" if is_kept else "list"]
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, str(_ROOT), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**_ENVIRONMENT, **_recognition(limits), **({"TMPDIR": folder} if folder else {})},
        cwd="/",
        start_new_session=True,
    )
    run = _Run(process, limits.seconds)
    clock = threading.Thread(target=run.expire, daemon=True)
    drain = threading.Thread(target=run.drain, args=(process.stderr,), daemon=True)
    clock.start()
    drain.start()
    try:
        yield run
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    finally:
        # Before the child is waited for its number cannot belong to another process.
        run.ended.set()
        run.kill()
        process.wait()
        drain.join()
        clock.join()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def _recognition(limits: Limits) -> dict[str, str]:
    """What the child has to know to recognise text."""
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    if limits.tesseract is not None:
        known[VARIABLE] = limits.tesseract
    return {"PATH": os.environ.get("PATH", os.defpath), SECONDS: str(limits.page_seconds), **known}


def _receive(run: _Run, limits: Limits, keep: Keep | None) -> Extraction | None:
    """The extraction, None when the child ended before it was complete."""
    blocks: list[Block] = []
    size = 0
    messages = _messages(run)
    shelf = incoming.Shelf(messages, keep)
    for message in messages:
        if message.block:
            blocks.append(message.block)
            size += len(message.block.text)
            if size > _MAX_CHARS:
                raise TooLarge("The file holds more text than a document can have. Divide it and submit the parts.")
        elif message.opened is not None:
            if not shelf.receive(message.opened):
                return None
        elif message.recognising:
            run.seconds += limits.page_seconds
        elif message.error:
            raise _failure(message.error, limits)
        elif message.end and message.end.count == len(blocks):
            return _whole(message.end, blocks, shelf.completed(message.end.members))
    return None


def _whole(head: _Head, blocks: list[Block], members: tuple[Member, ...]) -> Extraction:
    return Extraction(
        media_type=head.media_type,
        blocks=tuple(blocks),
        page_count=head.page_count,
        page_labels=head.page_labels,
        proposal=head.proposal,
        notices=head.notices,
        members=members,
        recognised=head.recognised,
        lacking=head.lacking,
    )


def _messages(run: _Run) -> Iterator[_Message]:
    """Valid messages; a broken line ends them, as does the end of the stream."""
    stream = run.process.stdout
    while stream and (line := stream.readline(_MAX_LINE)):
        try:
            yield _Message.model_validate_json(line)
        except ValidationError:
            run.noise += b"invalid message: " + line[:200]
            run.kill()
            return


def _failure(failure: _Failure, limits: Limits) -> KbError:
    if failure.code == OutOfMemory.code:
        return _out_of_memory(limits)
    return _BY_CODE.get(failure.code, Crashed)(failure.message, **failure.facts)


def _end(run: _Run, limits: Limits) -> KbError:
    """Why a child ended without a result."""
    code = run.process.returncode
    if run.timed_out or code == -signal.SIGXCPU:
        return TimedOut(
            f"Reading the file took longer than {run.seconds:g} seconds. "
            "Divide it, or save it again in a simpler form, or raise the limit.",
            seconds=run.seconds,
        )
    noise = bytes(run.noise)
    logger.debug("the reading process ended with %s: %s", code, noise.decode("utf-8", "replace"))
    if _was_short_of_memory(code, noise):
        return _out_of_memory(limits)
    return Crashed(
        f"Reading the file ended the process that read it ({_describe(code)}). The file is damaged or unusual: "
        "save it again from its program, or as PDF, and submit that.",
        exit=code,
    )


def _was_short_of_memory(code: int, noise: bytes) -> bool:
    # The kernel kills with SIGKILL what the machine has no room for.
    if code == -signal.SIGKILL:
        return True
    return (code == 1 or -code in _ABORTS) and any(sign in noise for sign in _NO_MEMORY_SIGNS)


def _out_of_memory(limits: Limits) -> OutOfMemory:
    return OutOfMemory(
        f"Reading the file took more than {limits.memory_mb} MB of memory. "
        "Divide it, or save it again in a simpler form, or raise the limit.",
        memory_mb=limits.memory_mb,
    )


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
