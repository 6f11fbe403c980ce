"""A bounded queue between many readers and one encoder, which takes what is there in one go."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")
LOOK_SECONDS = 0.5
"""How long somebody who waits may not notice that all have been told to stop."""


class Belt(Generic[Item]):
    """Holds items up to a total weight; what is heavier than that travels alone."""

    def __init__(self, most: int, weigh: Callable[[Item], int]) -> None:
        self._most, self._weigh = most, weigh
        self._items: deque[Item] = deque()
        self._changed = Condition()
        self._givers = 0
        self.closed = False

    def join(self) -> None:
        """Announce one more who will put things on, and `leave` at last."""
        with self._changed:
            self._givers += 1

    def leave(self) -> None:
        """One who put things on has ended."""
        with self._changed:
            self._givers -= 1
            self._changed.notify_all()

    def put(self, item: Item) -> bool:
        """Put an item on as soon as there is room; False when the belt was closed before."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._has_room(self._weigh(item)))
            if not self.closed:
                self._items.append(item)
                self._changed.notify_all()
            return not self.closed

    def _has_room(self, weight: int) -> bool:
        return not self._items or weight + sum(map(self._weigh, self._items)) <= self._most

    def take(self, enough: Callable[[list[Item]], bool], stopped: Callable[[], bool]) -> list[Item]:
        """Wait for an item, and take those behind it until there is `enough`; empty when all givers have left."""
        with self._changed:
            while not self._items and self._givers and not stopped():
                self._changed.wait(LOOK_SECONDS)
            taken: list[Item] = []
            while self._items and not stopped() and not enough(taken):
                taken.append(self._items.popleft())
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Take nothing more; whoever waits for room goes on at once."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
