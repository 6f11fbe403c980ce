"""A table with one row a record, alone or in an archive with its files: every row is checked before any is stored."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import sentences
from kb.errors import IngestError, InvalidManifest, KbError, MissingFile
from kb.services import manifest
from kb.services.fields import RecordFields
from kb.services.manifest import Entry
from webui import context, session
from webui.limits import largest_form, limited
from webui.submission.area import allowed_bytes, blueprint, most_bytes, sent_files, set_aside
from webui.texts import plural, text

MOST_ROWS = 500
MOST_MEMBERS = 1_000
TABLES = (".csv", ".jsonl", ".ndjson")

Rows = list[tuple[RecordFields, Sequence[tuple[Path, str]]]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that cannot be taken, and why."""

    row: str
    reason: str


@blueprint.get("/submit/table")
@session.needs("contributor")
def table() -> str:
    """The form for a table."""
    return _page()


@blueprint.post("/submit/table")
@largest_form(allowed_bytes)
@limited("upload")
@session.needs("contributor")
def take_table() -> str | BaseResponse | tuple[str, int]:
    """Make a draft of every row, or, where any is wrong, of none."""
    language, sent = context.language(), sent_files("table")
    if not sent:
        return _page(hint=text("submission.table.none", language)), 400
    with set_aside(sent[:1]) as ((path, name),):
        try:
            entries, folder = _entries(path, name)
            rows, wrong = _checked(entries, folder)
            if wrong:
                return _page(wrong=wrong), 400
            records = context.kb().editing.begin_many(rows, context.reader())
        except (InvalidManifest, IngestError, MissingFile) as error:
            return _page(hint=sentences.tell(error.code, language) or error.message.replace(str(path.parent), "")), 400
    session.notify(plural("submission.table.taken", len(records), language))
    return redirect(url_for("submission.my"))


def _page(*, hint: str | None = None, wrong: Sequence[Wrong] = ()) -> str:
    names = ", ".join(RecordFields.model_fields)
    return render_template("submission/table.html", hint=hint, wrong=wrong, names=names, most=MOST_ROWS)


def _entries(path: Path, name: str) -> tuple[list[Entry], Path | None]:
    """The rows of a table, and the folder of its files where it came in an archive."""
    ending = Path(name.lower()).suffix
    if ending == ".zip":
        folder = path.parent / "unpacked"
        return manifest.entries(_unpacked(path, folder)), folder
    if ending not in TABLES:
        raise InvalidManifest(text("submission.table.ending", context.language()))
    return manifest.entries(path.rename(path.parent / f"table{ending}")), None


def _unpacked(path: Path, folder: Path) -> Path:
    """Unpack an archive within limits; returns the one table in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > most_bytes(context.kb().config):
                raise InvalidManifest(text("submission.table.too-much", context.language()))
            # `extract` drops leading slashes and every `..`; links become small files.
            for one in members:
                archive.extract(one, folder)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise InvalidManifest(text("submission.table.damaged", context.language())) from error
    tables = [one for one in sorted(folder.rglob("*")) if one.suffix.lower() in TABLES and not one.name.startswith(".")]
    if len(tables) != 1:
        raise InvalidManifest(text("submission.table.which", context.language()))
    return tables[0]


def _checked(entries: Sequence[Entry], folder: Path | None) -> tuple[Rows, list[Wrong]]:
    language = context.language()
    if len(entries) > MOST_ROWS or not entries:
        raise InvalidManifest(text("submission.table.rows", language, most=MOST_ROWS))
    rows: Rows = []
    wrong: list[Wrong] = []
    for number, entry in enumerate(entries, start=1):
        reason = _reason(entry, folder)
        if reason or entry.fields is None:
            wrong.append(Wrong(text("submission.table.row", language, row=number), reason))
            continue
        rows.append((entry.fields, [(one, one.name) for one in entry.paths]))
    return rows, wrong


def _reason(entry: Entry, folder: Path | None) -> str:
    """What is wrong with a row; empty where nothing is."""
    if entry.error is not None:
        return _plain(entry.error)
    return "; ".join(_lost(entry.paths, folder))


def _plain(error: KbError) -> str:
    """The reason without the name under which the table was set aside."""
    _, _, reason = error.message.partition(": ")
    return reason or error.message


def _lost(paths: Sequence[Path], folder: Path | None) -> Iterator[str]:
    language = context.language()
    for path in paths:
        inside = folder is not None and path.resolve().is_relative_to(folder.resolve())
        if not inside or not path.is_file():
            yield text("submission.table.file", language, name=path.name)
