"""What the pages of this area share: their blueprint, and how large a form they take."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import FileStorage

from kb.config import Config
from kb.services import rights
from webui import context, session

ENTRIES: tuple[tuple[str, str, str | None], ...] = (
    ("submission.submit", "submission.nav.submit", "hand-in"),
    ("submission.my", "submission.nav.my", "hand-in"),
)
"""Endpoint, text and needed right of each entry in the navigation."""

MEGABYTE = 1 << 20
ROOM = 2
"""A form may hold so many of the largest file; scripts send files one by one."""

MOST_FILES = 50
"""Files in one form."""

UPLOADS = ("submission.take_files", "submission.take_table", "submission.attach")
"""Endpoints that take files."""

blueprint = Blueprint("submission", __name__)


def most_bytes(config: Config) -> int:
    """The largest form that is taken in."""
    return ROOM * config.max_file_mb * MEGABYTE


def _allow() -> None:
    """Let those who may hand in send more than other forms hold, before anything reads the form."""
    if request.endpoint in UPLOADS and request.method == "POST" and rights.may(session.reader(), "hand-in"):
        request.max_content_length = most_bytes(context.kb().config)


@blueprint.record_once
def _before_all_else(state: BlueprintSetupState) -> None:
    # The token is looked for in the form before views run, so the limit is set before that.
    state.app.before_request_funcs.setdefault(None, []).insert(0, _allow)


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
