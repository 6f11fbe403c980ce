"""Reading the letters of a picture: Tesseract is asked, a page at a time, and what it is unsure of is told."""

from __future__ import annotations

from collections.abc import Callable


class Announcement:
    """Told of each page before it is recognised, by whoever limits the time of a process that reads a file."""

    def __init__(self) -> None:
        self.tell: Callable[[], None] = lambda: None


announcement = Announcement()
