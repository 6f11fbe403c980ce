"""Waiting for a database that another process keeps locked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from kb.errors import Busy

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

BUSY_TURNS = 20
"""Times that a locked database is waited for, half a minute each, before the work behind the call is given up."""


def patiently(call: Callable[[], Answer]) -> Answer:
    """Call again while another process keeps the database locked, for what is to be written was dear to make.

    Raises:
        Busy: it was locked for ten minutes.
    """
    for turn in range(1, BUSY_TURNS):
        try:
            return call()
        except Busy as error:
            log.warning("%s (waited %d of %d times)", error, turn, BUSY_TURNS)
    return call()
