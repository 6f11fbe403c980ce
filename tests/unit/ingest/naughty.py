"""Extractors that misbehave, for the sandbox to survive; loaded by its child process only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from kb.values import Block, Extraction


def sleep(path: Path, name: str) -> Extraction:
    """Start a grandchild that would outlive everyone, tell its number, and never end."""
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(name)
        out.sendall(str(grandchild.pid).encode())
    time.sleep(600)
    raise AssertionError


def spin(path: Path, name: str) -> Extraction:
    while True:
        pass


def hoard(path: Path, name: str) -> Extraction:
    kept = []
    while True:
        kept.append(bytearray(16 * 1024 * 1024))


def segfault(path: Path, name: str) -> Extraction:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def bad_alloc(path: Path, name: str) -> Extraction:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def quit_halfway(path: Path, name: str) -> Extraction:
    os.write(1, b'{"block": {"kind": "paragraph", "text": "half"}}\n')
    os._exit(0)


def lie(path: Path, name: str) -> Extraction:
    os.write(1, b'{"block": {"kind": "exploit", "text": 5}}\n')
    time.sleep(600)
    raise AssertionError


def chatter(path: Path, name: str) -> Extraction:
    """Print to both streams, more than a pipe holds."""
    print("noise on standard output" * 10_000)  # noqa: T201
    os.write(2, b"noise on standard error" * 10_000)
    return Extraction(media_type="text/plain", blocks=(Block(kind="paragraph", text="heard"),))


def write_file(path: Path, name: str) -> Extraction:
    Path(name).write_text("escaped")
    raise AssertionError


def tell_environment(path: Path, name: str) -> Extraction:
    text = " ".join(sorted(os.environ))
    return Extraction(media_type="text/plain", blocks=(Block(kind="paragraph", text=text),))
