"""ZIP → its members, each a document; with the standard library, which reads them without writing a file."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ingest import container
from ingest.mediatype import ZIP
from ingest.members import Found, cleaned, take
from kb.errors import Empty, Encrypted, TooLarge, Unreadable
from kb.values import Extraction, Member

_ENCRYPTED_FLAG = 0x1
_UTF8_FLAG = 0x800
_UNIX = 3
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_MOST_ENTRIES = 20_000
"""Entries of an archive, folders and junk included."""


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """List an archive: which members are documents, and why others are not.

    Raises:
        IngestError: `Empty`, `Encrypted`, `TooLarge` or `Unreadable`.
    """
    with _open(path) as archive:
        found = _members(archive)
    codes = {one.member.code for one in found}
    if "encrypted" in codes and not any(one.open for one in found):
        raise Encrypted("The archive is protected by a password. Pack it without one and submit it again.")
    if not any(one.open for one in found):
        raise Empty("There is no document in the archive. Check that it was packed completely.")
    return Extraction(media_type=ZIP, blocks=(), members=tuple(one.member for one in found))


def contents(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """Name of each member that is a document, and what opens it while the next is not asked for."""
    with _open(path) as archive:
        for one in _members(archive):
            if one.open is not None:
                yield one.member.name, one.open


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable("The archive is damaged. Pack it again and submit it anew.") from error


def _members(archive: zipfile.ZipFile) -> list[Found]:
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise TooLarge(f"The archive has {len(entries)} entries. Divide it and submit the parts.")
    files = [entry for entry in entries if not entry.is_dir()]
    container.check_sizes([entry for entry in files if not _reason(entry)])
    return take(_found(archive, entry, number) for number, entry in enumerate(files, start=1))


def _found(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, number: int) -> Found:
    name = cleaned(_name(entry)) or str(number)
    code, message = _reason(entry) or (None, "")
    member = Member(name=name, size=entry.file_size, code=code, message=message)
    return Found(member) if code else Found(member, lambda: archive.open(entry))


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as its packer meant it: many write UTF-8 or the Western code page of DOS without saying which."""
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    data = entry.filename.encode("cp437", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp850", errors="replace")


def _reason(entry: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Code and sentence for a member that is not opened."""
    if entry.create_system == _UNIX and stat.S_ISLNK(entry.external_attr >> 16):
        return "no-document", "Left out: a link to another file. Pack the file itself."
    if entry.flag_bits & _ENCRYPTED_FLAG:
        return "encrypted", "Left out: it is protected by a password. Pack it without one and submit it again."
    if entry.compress_type not in _METHODS:
        return "unsupported", "Left out: it is packed by a method that cannot be read. Pack it again as ordinary ZIP."
    return None
