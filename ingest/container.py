"""Looking into ZIP containers (office files, books) without trusting them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kb.errors import Encrypted, TooLarge, Unreadable

XML_LIMIT = 200 * 1024 * 1024
"""Most bytes that the markup in a container may unpack to."""
WHOLE_LIMIT = 1024 * 1024 * 1024
"""Most bytes that all members of a container may unpack to."""
RATIO_LIMIT = 200
"""Most times its packed size that a large member may unpack to; ordinary markup reaches 30."""

_LARGE = 32 * 1024 * 1024
_MARKUP = (".xml", ".rels", ".opf", ".ncx", ".xhtml", ".html", ".htm", ".vml")
_ENCRYPTED_FLAG = 0x1
_PROLOGUE = 16 * 1024
_ENTITY = ("<!ENTITY", "<!entity")
_ENTITIES = tuple(sign.encode(encoding) for sign in _ENTITY for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


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
    with opened(path) as package:
        return package.read(member)


def check(path: Path) -> None:
    """Refuse containers that are encrypted, unpack to far more than a document ever has, or define entities.

    Raises:
        IngestError: `Encrypted`, `TooLarge` or `Unreadable`.
    """
    with opened(path):
        pass


class Package:
    """A container that was found safe to unpack."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, member: str) -> bytes:
        """Bytes of one member; raises `Unreadable` when it is missing or damaged."""
        try:
            return self._archive.read(member)
        except (KeyError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise _damaged() from error
        except MemoryError:
            raise
        except Exception as error:  # zlib.error is no subclass of anything narrower
            raise _damaged() from error


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """A container for reading several members, checked once as `check` does."""
    with _open(path) as archive:
        members = archive.infolist()
        if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
            raise Encrypted("The file is protected by a password. Save it without one and submit it again.")
        _check_markup(members)
        check_sizes(members)
        for member in members:
            if member.filename.endswith(_MARKUP):
                _refuse_entities(archive, member)
        yield Package(archive)


def _check_markup(members: Sequence[zipfile.ZipInfo]) -> None:
    size = sum(member.file_size for member in members if member.filename.endswith(_MARKUP))
    if size > XML_LIMIT:
        raise TooLarge(
            f"The file unpacks to {size // 2**20} MB of text markup, which no document needs. "
            "Save it again from an office program, or as PDF.",
            bytes=size,
        )


def check_sizes(members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what unpacks to far more than it should, by the sizes that reading a member never exceeds.

    Raises:
        TooLarge: too much in all, or a large member packed too well.
    """
    whole = sum(member.file_size for member in members)
    packed = [one for one in members if one.file_size > max(_LARGE, RATIO_LIMIT * one.compress_size)]
    if whole > WHOLE_LIMIT or packed:
        raise TooLarge(
            f"The file unpacks to {whole // 2**20} MB, far more than its own size. "
            "Save it again from its program, or divide it and submit the parts.",
            bytes=whole,
        )


def _refuse_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """No office program defines entities; bombs and spies do, and always before the first element."""
    try:
        with archive.open(member) as stream:
            start = stream.read(_PROLOGUE)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        return
    except MemoryError:
        raise
    except Exception:  # zlib.error again: whoever reads the member will tell
        return
    if any(sign in start for sign in _ENTITIES):
        raise Unreadable("The file's markup defines entities, which no office program does. Save it again from one.")


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _damaged() from error


def _damaged() -> Unreadable:
    return Unreadable("The file is damaged: its container cannot be unpacked. Save it again from its program.")
