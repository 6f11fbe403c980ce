"""The memory that a process takes, or with all that it starts, sampled while they run."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.25


def own_peak_mb() -> float:
    """The most memory this process had at once; `getrusage` counts what the one that started it had, too."""
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(peak) / 1024


class Watch:
    """Samples the sum of proportional set sizes: what is shared counts once; the largest sum is kept."""

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self.most_processes = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            sizes = list(self._sizes())
            self.peak_mb = max(self.peak_mb, sum(sizes) / (1 << 20))
            self.most_processes = max(self.most_processes, len(sizes))
            time.sleep(SAMPLE_SECONDS)

    def _sizes(self) -> list[int]:
        sizes = []
        with suppress(psutil.NoSuchProcess):
            for process in (self._process, *self._process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    sizes.append(process.memory_full_info().pss)
        return sizes
