"""Looking into OLE compound files, as Office programs wrote them until 2007, with olefile."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

import olefile

from kb.errors import Unreadable

Kind = Literal["document", "presentation", "workbook", "letter", "encrypted"]

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How such a file begins."""

_FILEPASS = 0x002F
_FIRST_RECORDS = 40
_ENCRYPTED_WORD = 0x0100
_CURRENT_USER_ENCRYPTED = 0xF3D1C4DF


def kind(path: Path) -> Kind | None:
    """What an OLE file holds, None when it is nothing known; `encrypted` where a password is needed to read it.

    Raises:
        Unreadable: its directory is damaged.
    """
    try:
        with olefile.OleFileIO(str(path)) as ole:
            return _kind(ole)
    except (OSError, ValueError, IndexError, KeyError, struct.error, AttributeError, TypeError) as error:
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            return "encrypted"
        raise Unreadable("The file is damaged: its parts cannot be found. Save it again from its program.") from error


def _kind(ole: olefile.OleFileIO) -> Kind | None:
    if ole.exists("EncryptedPackage") or ole.exists("EncryptedSummary"):
        return "encrypted"
    if ole.exists("WordDocument"):
        flags = struct.unpack_from("<H", _start(ole, "WordDocument", 12), 10)[0]
        return "encrypted" if flags & _ENCRYPTED_WORD else "document"
    for stream in ("Workbook", "Book"):
        if ole.exists(stream):
            return "encrypted" if _has_password(_start(ole, stream, 8192)) else "workbook"
    if ole.exists("PowerPoint Document"):
        return "encrypted" if _is_sealed_show(ole) else "presentation"
    return "letter" if ole.exists("__properties_version1.0") else None


def _start(ole: olefile.OleFileIO, stream: str, size: int) -> bytes:
    data: bytes = ole.openstream(stream).read(size)
    return data


def _has_password(data: bytes) -> bool:
    """Whether a FILEPASS record is among a workbook's first ones ([MS-XLS] 2.4.117)."""
    position = 0
    for _ in range(_FIRST_RECORDS):
        if position + 4 > len(data):
            return False
        record, size = struct.unpack_from("<HH", data, position)
        if record == _FILEPASS:
            return True
        position += 4 + size
    return False


def _is_sealed_show(ole: olefile.OleFileIO) -> bool:
    """Whether the user atom has the token of an encrypted document ([MS-PPT] 2.3.2)."""
    if not ole.exists("Current User"):
        return False
    data = _start(ole, "Current User", 20)
    return len(data) >= 16 and struct.unpack_from("<I", data, 12)[0] == _CURRENT_USER_ENCRYPTED
