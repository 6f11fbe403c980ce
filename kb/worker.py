"""The loop that closes gaps: documents that wait to be read, passages that wait for a vector, letters to be sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from kb.bootstrap import Kb
from kb.errors import KbError, NotReady
from kb.protocols import Progress
from kb.services.pipeline import Pipeline
from kb.values import Outcome

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LETTER_SECONDS = 5.0
"""How long the letter at hand may still take when the worker ends."""


class Worker:
    """Runs until it is told to stop, or until nothing is left to do."""

    def __init__(
        self, kb: Kb, *, report: Callable[[Outcome], None] | None = None, progress: Progress | None = None
    ) -> None:
        self._kb = kb
        self._report = report or (lambda _: None)
        self._progress = progress
        self._stop = threading.Event()
        self._pipeline = Pipeline(kb.reading, kb.models.current, readers=kb.config.readers)

    def stop(self) -> None:
        """End after the documents at hand."""
        self._stop.set()

    def drain(self, *, until: Callable[[], bool] = lambda: True) -> int:
        """Work until no gap is left and `until` holds; returns how many documents and batches were done.

        `until` waits for documents that another worker has taken on.
        """
        done = 0
        while not self._stop.is_set():
            if step := self._step():
                done += step
            elif self._kb.comparing.one() or self._kb.alerts.one() or self._kb.reviewing.remind():
                continue
            elif until():
                break
            else:
                self._stop.wait(IDLE_SECONDS)
        self._kb.models.save()
        return done

    def run(self) -> None:
        """Work for ever; when something is missing, locked or full, say so and try again, later each time.

        Letters are sent beside the rest: a new password must not wait for a thousand documents.
        """
        post = threading.Thread(target=self._send, name="post", daemon=True)
        if self._kb.mailing.able:
            post.start()
        self._work()
        if post.is_alive():
            post.join(timeout=LETTER_SECONDS)

    def send_due(self) -> int:
        """Send the letters that are due; returns how many were tried."""
        tried = 0
        while not self._stop.is_set() and self._kb.mailing.one():
            tried += 1
        return tried

    def _send(self) -> None:
        while not self._stop.wait(IDLE_SECONDS):
            try:
                self.send_due()
            except Exception:  # whatever one letter does, the next ones must go out
                log.exception("Letters wait after an error.")
                self._stop.wait(LONGEST_PAUSE_SECONDS)

    def _work(self) -> None:
        pause = IDLE_SECONDS
        while not self._stop.is_set():
            try:
                self.drain()
                pause = IDLE_SECONDS
            except NotReady as error:
                log.warning("%s", error)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except KbError:
                log.exception("The worker goes on after an error.")
            self._stop.wait(pause)

    def _step(self) -> int:
        """Close one gap; returns how many documents or batches were done."""
        self._kb.pulse.beat()
        if self._kb.reading.any_free():
            return self._pipeline.run(self._stop, self._report, self._progress)
        return 1 if self._kb.models.fill_one(self._progress) else 0
