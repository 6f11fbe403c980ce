"""How a process that answers for long is set, once it is warm."""

from __future__ import annotations

import gc
import sys

SWITCH_SECONDS = 0.000125
"""How long a thread may keep the interpreter while others wait for it.

A search lets go of its lock dozens of times, and would wait 5 ms for it whenever another computes. Its own threads wait
for it too: the one that encodes before it begins, and the one that looks words up.
"""

NEW_OBJECTS = 20_000
"""Objects after which the youngest are looked through: a search makes thousands, hardly one of them in a circle."""


def settle() -> None:
    """Keep what there is out of all later garbage collections, and have those less often.

    A million objects live as long as the process: looking through them would hold up an answer every few seconds.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
