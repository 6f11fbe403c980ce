"""The loop that closes gaps: documents that wait to be read, passages that wait for a vector."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from kb.bootstrap import Kb
from kb.errors import KbError, NotReady
from kb.protocols import Progress
from kb.values import Outcome

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0


class Worker:
    """Runs until it is told to stop, or until nothing is left to do."""

    def __init__(
        self, kb: Kb, *, report: Callable[[Outcome], None] | None = None, progress: Progress | None = None
    ) -> None:
        self._kb = kb
        self._report = report or (lambda _: None)
        self._progress = progress
        self._stop = threading.Event()

    def stop(self) -> None:
        """End after the document at hand."""
        self._stop.set()

    def drain(self, *, until: Callable[[], bool] = lambda: True) -> int:
        """Work until no gap is left and `until` holds; returns how many documents and batches were done.

        `until` waits for documents that another worker has taken on.
        """
        done = 0
        while not self._stop.is_set():
            if self._step():
                done += 1
            elif until():
                break
            else:
                self._stop.wait(IDLE_SECONDS)
        self._kb.models.save()
        return done

    def run(self) -> None:
        """Work for ever; when something is missing or locked, say so and try again later."""
        while not self._stop.is_set():
            try:
                self.drain()
            except NotReady as error:
                log.warning("%s", error)
            except KbError:
                log.exception("The worker goes on after an error.")
            self._stop.wait(IDLE_SECONDS)

    def _step(self) -> bool:
        model_id, embedder = self._kb.models.current()
        outcome = self._kb.reading.read_one(model_id, embedder, self._progress)
        if outcome is not None:
            self._report(outcome)
            return True
        return self._kb.models.fill_one(self._progress) > 0
