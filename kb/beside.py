"""The worker beside the web server: a process of its own, because both would fight for one interpreter's lock."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from index.runtime import cores
from ingest.child import signal_at_parents_end
from kb.command import MakeShelf, made
from kb.config import Config
from kb.worker import Worker

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

log = logging.getLogger(__name__)

NICE = 10
"""How much the worker steps back for those who wait for a page."""

GRACE_SECONDS = 10.0
"""How long it may go on with its document when the server ends; what it had not ended is done again by the next."""

SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a worker that ended by itself is started again, twice as long each time."""

STEADY_SECONDS = 300.0
"""After so long a life the pause is short again."""


class Beside:
    """Keeps one worker running until it is stopped."""

    def __init__(self, config: Config, make_shelf: MakeShelf = None) -> None:
        """`make_shelf` is a function that another process can import."""
        self._given = (config, make_shelf, os.getpid())
        self._context = multiprocessing.get_context("spawn")
        self._stopping = threading.Event()
        self._process: SpawnProcess | None = None
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="worker", daemon=True)

    @property
    def pid(self) -> int | None:
        """The number of the process that works now; None between two of them."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def start(self) -> None:
        """Start the worker; another one follows when it ends by itself."""
        self._keeper.start()

    def stop(self) -> None:
        """Let the worker end its document, and end it when that takes too long."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None and process.is_alive():
            process.terminate()
            process.join(GRACE_SECONDS)
            process.kill()
        if self._keeper.is_alive():
            self._keeper.join()

    def _keep(self) -> None:
        pause = SHORTEST_PAUSE
        while process := self._begin():
            began = time.monotonic()
            process.join()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = SHORTEST_PAUSE
            log.warning("The worker ended by itself (exit code %s); another is started.", process.exitcode)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _begin(self) -> SpawnProcess | None:
        """Start a process, unless no more are wanted."""
        with self._lock:
            if self._stopping.is_set():
                return None
            self._process = self._context.Process(target=work, args=self._given, name="worker", daemon=True)
            self._process.start()
            return self._process


def work(config: Config, make_shelf: MakeShelf, parent: int) -> None:
    """Work for ever, as a process whose parent is `parent`: end with it, or when told by SIGTERM."""
    _end_with(parent)
    os.nice(NICE)
    # Half of the encoder's threads, so that a question finds a core free.
    config = config.model_copy(update={"encoder_threads": max(1, cores(config.encoder_threads) // 2)})
    kb = made(config, make_shelf)
    loop = Worker(kb)
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    # Ctrl+C reaches every process of a terminal; the server tells this one when it is time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        loop.run()
    finally:
        kb.close()


def _end_with(parent: int) -> None:
    """End well when the thread that started this process ends."""
    signal_at_parents_end(signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
