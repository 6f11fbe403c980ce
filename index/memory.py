"""Giving memory back to the system after work that took much of it and freed it in pieces."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Return what is free to the system, where the C library can (glibc's `malloc_trim`); takes milliseconds.

    Filling the indexes frees rows of all sizes. What lies between those that stay is not given back by itself: a tenth
    of what a process holds of 100,000 passages.
    """
    if trim := _trim():
        trim(0)


@cache
def _trim() -> Any:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
