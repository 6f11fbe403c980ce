"""Readers and encoder at the same time: while one document is embedded, the next are read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby

from kb.errors import Crashed, KbError, NotReady
from kb.protocols import Embedder, Progress
from kb.services.belt import LOOK_SECONDS, Belt
from kb.services.embedding import PORTION, embed_together
from kb.services.reading import Claim, Embedded, Reading, Ready, tripped
from kb.values import Outcome

MOST_READERS = 4
"""Readers that are started by default: more than one encoder can keep up with anywhere."""

MOST_WAITING = 4_000_000
"""Characters that may wait for the encoder, about a thousand pages; a longer document waits alone."""

FEWEST_WEIGHT = MOST_WAITING // 64
"""What even an empty document counts, so that no more than 64 wait."""

Model = Callable[[], tuple[int, Embedder]]
"""The model in use, loaded when it is first asked for."""

Arrival = Ready | Outcome | Exception


class Pipeline:
    """Takes all that waits from received to searchable, several documents at a time."""

    def __init__(self, reading: Reading, model: Model, *, readers: int) -> None:
        """`readers` files are read at the same time; for 0 one for each core, but not more than four."""
        self._reading, self._model = reading, model
        self._readers = readers or min(MOST_READERS, _cores())
        self._hand: dict[int, Claim] = {}
        self._idle = threading.Condition()

    def run(self, stop: threading.Event, report: Callable[[Outcome], None], progress: Progress | None = None) -> int:
        """Work until nothing waits or `stop` is set; returns how many documents were done with.

        Raises:
            NotReady: something is missing, locked or full; what was in hand waits again.
        """
        self._put_back()
        belt = Belt[Arrival](MOST_WAITING, _weight)
        threads = [threading.Thread(target=self._read, args=(belt, stop), daemon=True) for _ in range(self._readers)]
        done = 0
        try:
            for thread in threads:
                belt.join()
                thread.start()
            while arrived := belt.take(_enough, stop.is_set):
                for outcome in self._outcomes(arrived, progress):
                    report(outcome)
                    done += 1
        except Exception:
            self._end(belt, threads)
            raise
        except BaseException:
            # Whoever interrupts does not wait for the files at hand; their readers die with this process.
            belt.close()
            raise
        self._end(belt, threads)
        return done

    def _end(self, belt: Belt[Arrival], threads: Sequence[threading.Thread]) -> None:
        """Let the readers finish their files, and put back whatever is still in hand."""
        belt.close()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        with suppress(KbError):
            self._put_back()

    def _put_back(self) -> None:
        """Let go of what an earlier end has left in hand, for the database may have been locked then."""
        for claim in self._claims():
            self._reading.put_back(claim)
            self._drop(claim)

    # --- a reader -----------------------------------------------------------------------------------

    def _read(self, belt: Belt[Arrival], stop: threading.Event) -> None:
        def stopped() -> bool:
            return belt.closed or stop.is_set()

        try:
            while not stopped():
                item = self._next()
                if item is None:
                    if not self._others_work():
                        break
                elif not belt.put(item):
                    break
        except Exception as error:
            belt.put(error)
        finally:
            belt.leave()

    def _next(self) -> Ready | Outcome | None:
        """The next document, read; None when there is none to be had."""
        claim = self._reading.take(besides=[one.document_id for one in self._claims()])
        if claim is None or isinstance(claim, Outcome):
            return claim
        with self._idle:
            self._hand[claim.document_id] = claim
        item = self._reading.prepare(claim, self._model)
        if isinstance(item, Outcome):
            self._drop(claim)
        return item

    def _claims(self) -> list[Claim]:
        with self._idle:
            return list(self._hand.values())

    def _drop(self, claim: Claim) -> None:
        with self._idle:
            self._hand.pop(claim.document_id, None)
            self._idle.notify_all()

    def _others_work(self) -> bool:
        """Wait a moment while documents are in hand; False when none is, and a reader may end."""
        with self._idle:
            if self._hand:
                self._idle.wait(LOOK_SECONDS)
                return True
            return False

    # --- the encoder --------------------------------------------------------------------------------

    def _outcomes(self, arrived: Sequence[Arrival], progress: Progress | None) -> Iterator[Outcome]:
        """What becomes of what readers brought; the first trouble that is not a document's own is raised."""
        for item in arrived:
            if isinstance(item, Outcome):
                yield item
            elif isinstance(item, Exception):
                raise item
        ready = [item for item in arrived if isinstance(item, Ready)]
        for _, group in groupby(ready, key=lambda item: item.model_id):
            for item, vectors in self._embedded(list(group), progress):
                outcome = self._close(item, vectors)
                self._drop(item.claim)
                if outcome is not None:
                    yield outcome

    def _close(self, item: Ready, vectors: Embedded | Crashed) -> Outcome | None:
        if isinstance(vectors, Crashed):
            return self._reading.fail(item.claim, vectors)
        return self._reading.publish(item, vectors)

    def _embedded(
        self, group: Sequence[Ready], progress: Progress | None
    ) -> Iterator[tuple[Ready, Embedded | Crashed]]:
        """The vectors of each document, embedded together; each by itself where together they fail."""
        step = self._reading.heartbeat(self._claims, progress)
        together = embed_together(group[0].embedder, [item.digest.passages for item in group], step)
        for number, item in enumerate(group):
            try:
                vectors = next(together)
            except NotReady:
                # Nothing is wrong with the documents: they wait until what is missing is there.
                raise
            except Exception as error:
                yield from self._alone(group[number:], error, progress)
                return
            yield item, vectors

    def _alone(
        self, group: Sequence[Ready], error: Exception, progress: Progress | None
    ) -> Iterator[tuple[Ready, Embedded | Crashed]]:
        """One document must not keep those beside it and after it from being read."""
        if len(group) > 1:
            for item in group:
                yield from self._embedded([item], progress)
            return
        yield group[0], tripped(group[0].claim, error)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _weight(item: Arrival) -> int:
    return max(FEWEST_WEIGHT, len(item.digest.text)) if isinstance(item, Ready) else 0


def _enough(items: Sequence[Arrival]) -> bool:
    """Whether what was taken fills a portion of the encoder."""
    return sum(len(item.digest.passages) for item in items if isinstance(item, Ready)) >= PORTION
