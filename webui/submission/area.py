"""What the pages of this area share: their blueprint, and how large a form they take."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, request
from werkzeug.datastructures import FileStorage

from kb.config import Config
from kb.services import rights
from webui import session
from webui.limits import MOST_FORM_BYTES

ENTRIES: tuple[tuple[str, str, str | None], ...] = (
    ("submission.submit", "submission.nav.submit", "hand-in"),
    ("submission.my", "submission.nav.my", "hand-in"),
)
"""Endpoint, text and needed right of each entry in the navigation."""

MEGABYTE = 1 << 20
ROOM = 2
"""A form may hold so many of the largest file; scripts send a few files at a time."""

MOST_FILES = 50
"""Files in one form."""

blueprint = Blueprint("submission", __name__)


def most_bytes(config: Config) -> int:
    """The largest form that is taken in."""
    return ROOM * config.max_file_mb * MEGABYTE


def allowed_bytes(config: Config) -> int:
    """The same, for whoever may hand in; everybody else gets what other forms hold."""
    return most_bytes(config) if rights.may(session.reader(), "hand-in") else MOST_FORM_BYTES


@contextmanager
def set_aside(files: list[FileStorage]) -> Iterator[list[tuple[Path, str]]]:
    """Files of a form as paths, each with its own name, for as long as they are needed."""
    with tempfile.TemporaryDirectory(prefix="kb-submitted-") as folder:
        kept = []
        for number, file in enumerate(files):
            path = Path(folder) / str(number)
            file.save(path)
            kept.append((path, plain_name(file.filename or "")))
        yield kept


def sent_files(name: str = "files") -> list[FileStorage]:
    """The files chosen in a form; a field left alone sends one without a name."""
    return [file for file in request.files.getlist(name) if file.filename]


def plain_name(name: str) -> str:
    """A file's name without folders and characters that nobody can read."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-255:].strip() or "document"
