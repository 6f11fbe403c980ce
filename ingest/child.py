"""The child process that reads one file: limits first, then blocks as JSON lines on standard output."""

from __future__ import annotations

import base64
import ctypes
import json
import logging
import os
import resource
import select
import signal
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from ingest.recognition import announcement
from kb.errors import IngestError, MissingFile, OutOfMemory
from kb.values import Extraction

if TYPE_CHECKING:
    # NumPy, which it brings, is half of what starting a reader takes, and no reader needs it.
    from kb.protocols import Extractor

_PART_BYTES = 1 << 20
_NO_ROOM = ("failed to map segment", "cannot allocate memory", "std::bad_alloc", "can't start new thread")


def main(arguments: list[str]) -> int:
    """Read `path`, called `name`, with `target` (`module:function`) under the limits given.

    `file_mb` is how large files may be that it writes; `contents` says whether the members of a container are sent.
    """
    path, name, target, memory_mb, seconds, file_mb, contents = arguments
    out = sys.stdout
    # Libraries that print would break the lines; whatever they print belongs to the noise.
    sys.stdout = sys.stderr
    _die_with_parent(out.fileno())
    # A search and the encoder go first; a reader takes what they leave.
    os.nice(5)
    _limit(int(memory_mb), int(seconds), int(file_mb))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # Each page to be recognised makes the parent wait longer.
    announcement.tell = lambda: _write(out, {"recognising": True})
    for line in _lines(lambda: _target(target)(Path(path), name), Path(path), send=contents == "send"):
        _write(out, line)
    return 0


def signal_at_parents_end(number: signal.Signals) -> None:
    """Have this process signalled when the thread that started it ends."""
    # PR_SET_PDEATHSIG of prctl(2), which only Linux has.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, number)


def _die_with_parent(out: int) -> None:
    """End with the thread that started this process: nobody else would end a reader that hangs."""
    signal_at_parents_end(signal.SIGKILL)
    # A parent that died before that line is told by its end of the pipe.
    pipe = select.poll()
    pipe.register(out, 0)
    if any(event & select.POLLERR for _, event in pipe.poll(0)):
        sys.exit(1)


def _limit(memory_mb: int, seconds: int, file_mb: int) -> None:
    size = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    # The soft limit ends the process with SIGXCPU, which tells the parent why.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_mb * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _target(target: str) -> Extractor:
    module, function = target.split(":")
    return cast("Extractor", getattr(import_module(module), function))


def _lines(read: Callable[[], Extraction], path: Path, *, send: bool) -> Iterator[dict[str, object]]:
    try:
        extraction = read()
        yield from _extraction(extraction, _contents(path, extraction) if send and extraction.members else ())
    except (IngestError, MissingFile) as error:
        yield {"error": {"code": error.code, "message": error.message, "facts": error.facts}}
    except (MemoryError, ImportError, OSError, RuntimeError) as error:
        if not _is_lack_of_memory(error):
            raise
        yield {"error": {"code": OutOfMemory.code, "message": "", "facts": {}}}


def _is_lack_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _NO_ROOM)


def _extraction(extraction: Extraction, contents: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    for block in extraction.blocks:
        yield {"block": asdict(block)}
    yield from contents
    head = {field: value for field, value in _fields(extraction) if field != "blocks"}
    yield {"end": {**head, "count": len(extraction.blocks)}}


def _fields(extraction: Extraction) -> Iterator[tuple[str, object]]:
    yield "media_type", extraction.media_type
    yield "page_count", extraction.page_count
    yield "page_labels", extraction.page_labels
    yield "proposal", asdict(extraction.proposal)
    yield "notices", [asdict(notice) for notice in extraction.notices]
    yield "members", [asdict(member) for member in extraction.members]
    yield "recognised", [asdict(page) for page in extraction.recognised]
    yield "lacking", extraction.lacking


def _contents(path: Path, extraction: Extraction) -> Iterator[dict[str, object]]:
    """The bytes of each member between a line with its name and one that says whether they are complete."""
    from ingest.extractors import contents  # noqa: PLC0415 - only containers need it

    for name, opened in contents(path, extraction.media_type):
        yield {"opened": name}
        try:
            with opened() as stream:
                while part := stream.read(_PART_BYTES):
                    yield {"part": base64.b64encode(part).decode("ascii")}
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, RuntimeError, zlib.error):
            yield {"closed": {"is_whole": False}}
        else:
            yield {"closed": {"is_whole": True}}


def _write(out: IO[str], line: dict[str, object]) -> None:
    out.write(json.dumps(line, ensure_ascii=True) + "\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
