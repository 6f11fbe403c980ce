"""Looking into ZIP containers (DOCX, ODT) without trusting them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from kb.errors import Encrypted, TooLarge, Unreadable

XML_LIMIT = 200 * 1024 * 1024
"""Most bytes that the XML members of a container may unpack to."""

_ENCRYPTED_FLAG = 0x1


def names(path: Path) -> frozenset[str]:
    """Names of all members.

    Raises:
        Unreadable: the container is damaged.
    """
    with _open(path) as archive:
        return frozenset(archive.namelist())


def read(path: Path, member: str) -> bytes:
    """Bytes of one member, after checking that the container is safe to unpack.

    Raises:
        IngestError: `Encrypted`, `TooLarge` or `Unreadable`.
    """
    check(path)
    with _open(path) as archive:
        try:
            return archive.read(member)
        except (KeyError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise _damaged() from error
        except Exception as error:  # zlib.error is no subclass of anything narrower
            raise _damaged() from error


def check(path: Path) -> None:
    """Refuse containers that are encrypted or unpack to far more than a document ever has.

    Raises:
        IngestError: `Encrypted`, `TooLarge` or `Unreadable`.
    """
    with _open(path) as archive:
        members = archive.infolist()
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise Encrypted("The file is protected by a password. Save it without one and submit it again.")
    size = sum(member.file_size for member in members if member.filename.endswith((".xml", ".rels")))
    if size > XML_LIMIT:
        raise TooLarge(
            f"The file unpacks to {size // 2**20} MB of text markup, which no document needs. "
            "Save it again from an office program, or as PDF.",
            bytes=size,
        )


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _damaged() from error


def _damaged() -> Unreadable:
    return Unreadable("The file is damaged: its container cannot be unpacked. Save it again from its program.")
