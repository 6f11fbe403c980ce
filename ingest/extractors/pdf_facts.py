"""What a PDF says of itself, read with pypdf: metadata, outline, page labels; and a second opinion on its text."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from types import FrameType
from typing import TypeVar

from pypdf import PdfReader
from pypdf.generic import Destination

from ingest.extractors.pdf_headings import OutlineEntry
from kb.values import Notice

T = TypeVar("T")

_BUDGET_SECONDS = 8.0
"""pypdf can take minutes on single files; what it has not found by then is not worth waiting for."""


class _BudgetSpent(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Facts:
    """What the file says of itself, each part empty when it cannot be read."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    created: str | None = None
    modified: str | None = None
    outline: tuple[OutlineEntry, ...] = ()
    page_labels: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def read_facts(path: Path) -> Facts:
    """Metadata, outline and page labels; parts that cannot be read become one notice."""
    failed: list[str] = []
    reader = _attempt("document", partial(_open_or_none, path), None, failed)
    if reader is None:
        return Facts(notices=_notices(failed))
    facts = _attempt("metadata", partial(_metadata, reader), Facts(), failed)
    return replace(
        facts,
        outline=_attempt("outline", lambda: tuple(_outline(reader)), facts.outline, failed),
        page_labels=_attempt("page labels", partial(_page_labels, reader), facts.page_labels, failed),
        notices=_notices(failed),
    )


def second_opinion(path: Path, index: int) -> str:
    """Text of one page as pypdf reads it, empty when it cannot either."""
    return _attempt("page", partial(_page_text, path, index), "", [])


def page_count(path: Path) -> int:
    """Number of pages as pypdf counts them, 0 when it cannot open the file."""
    return _attempt("document", partial(_count_pages, path), 0, [])


def _notices(failed: list[str]) -> tuple[Notice, ...]:
    if not failed:
        return ()
    what = ", ".join(failed)
    return (Notice(code="facts-unreadable", message=f"The file's own {what} could not be read; its text was."),)


def _attempt(part: str, read: Callable[[], T], default: T, failed: list[str]) -> T:
    """Try to read a part; a hostile file may raise nearly anything, and none of it is worth the text."""
    try:
        with _budget():
            return read()
    except (MemoryError, KeyboardInterrupt):
        raise
    except (Exception, RecursionError):
        failed.append(part)
        return default


@contextmanager
def _budget() -> Iterator[None]:
    """Interrupt the body when it takes too long; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, _BUDGET_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _BudgetSpent


def _open(path: Path) -> PdfReader:
    reader = PdfReader(path, strict=False)
    if reader.is_encrypted:
        reader.decrypt("")
    return reader


def _open_or_none(path: Path) -> PdfReader | None:
    """`_open`, for a caller that has no reader to fall back on."""
    return _open(path)


def _page_text(path: Path, index: int) -> str:
    return _opened(path, path.stat().st_mtime_ns).pages[index].extract_text()


def _count_pages(path: Path) -> int:
    return len(_opened(path, path.stat().st_mtime_ns).pages)


@lru_cache(maxsize=1)
def _opened(path: Path, changed: int) -> PdfReader:  # noqa: ARG001 - a changed file is opened anew
    """Kept open between pages: a damaged file is scanned as a whole each time it is opened."""
    return _open(path)


def _metadata(reader: PdfReader) -> Facts:
    info: Mapping[str, object] = reader.metadata or {}
    title, author = _string(info.get("/Title")), _string(info.get("/Author"))
    created, modified = _string(info.get("/CreationDate")), _string(info.get("/ModDate"))
    xmp = reader.xmp_metadata
    if xmp:
        title = title or next(iter((xmp.dc_title or {}).values()), None)
        author = author or "; ".join(xmp.dc_creator or ())
        created = created or (xmp.xmp_create_date.date().isoformat() if xmp.xmp_create_date else None)
        modified = modified or (xmp.xmp_modify_date.date().isoformat() if xmp.xmp_modify_date else None)
    return Facts(title=title, authors=(author,) if author else (), created=created, modified=modified)


def _string(value: object) -> str | None:
    return str(value) if value else None


def _outline(reader: PdfReader) -> Iterator[OutlineEntry]:
    pending: list[tuple[object, int]] = [(item, 1) for item in reversed(reader.outline)]
    while pending:
        item, level = pending.pop()
        if isinstance(item, list):
            pending += [(child, level + 1) for child in reversed(item)]
        elif isinstance(item, Destination):
            number = reader.get_destination_page_number(item)
            yield OutlineEntry(str(item.title), level, None if number is None else number + 1)


def _page_labels(reader: PdfReader) -> tuple[str, ...]:
    """Printed labels, empty unless the file declares them."""
    return tuple(reader.page_labels) if "/PageLabels" in reader.root_object else ()
