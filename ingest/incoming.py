"""Members of a container as they come from the child process: streamed to whoever keeps them, within limits."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO, Protocol, cast

from pydantic import BaseModel, ConfigDict

from ingest.members import MOST_BYTES, MOST_MEMBERS
from kb.errors import TooLarge
from kb.protocols import Keep
from kb.values import Member

_DAMAGED = "Left out: it is damaged and cannot be unpacked. Pack it again."


class Closed(BaseModel):
    """The end of a member's bytes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    is_whole: bool


class Message(Protocol):
    """What concerns members in a line from the child."""

    @property
    def part(self) -> str | None: ...
    @property
    def closed(self) -> Closed | None: ...


class _Broken(Exception):
    """The child ended in the middle of a member, or sent something else than its bytes."""


class _Damaged(Exception):
    """The member's bytes cannot all be had."""


class _Stream(io.RawIOBase):
    """One member's bytes, read from the child as they are asked for."""

    def __init__(self, messages: Iterator[Message], room: int) -> None:
        self._messages = messages
        self._room = room
        self.size = 0
        self._is_over = False

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - the child decides how much comes at once
        """The next bytes, none at the end."""
        if self._is_over:
            return b""
        message = next(self._messages, None)
        if message is None or (message.part is None and message.closed is None):
            raise _Broken
        if message.closed is not None:
            return self._end(message.closed)
        return self._part(message.part or "")

    def _end(self, closed: Closed) -> bytes:
        self._is_over = True
        if not closed.is_whole:
            raise _Damaged
        return b""

    def _part(self, encoded: str) -> bytes:
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise _Broken from error
        self.size += len(data)
        if not data or self.size > self._room:
            raise _Broken
        return data

    def drain(self) -> None:
        """Read on to the end, so that the next member can follow."""
        while self.read():
            pass


class Shelf:
    """Takes members in as they come and remembers where their bytes are kept."""

    def __init__(self, messages: Iterator[Message], keep: Keep | None) -> None:
        self._messages = messages
        self._keep = keep
        self._room = MOST_BYTES
        self._kept: dict[str, Member] = {}

    def receive(self, name: str) -> bool:
        """Take in one member; false when the child ended meanwhile, or sends what it should not."""
        if self._keep is None or len(self._kept) == MOST_MEMBERS or name in self._kept:
            return False
        stream = _Stream(self._messages, self._room)
        try:
            self._kept[name] = self._stored(stream, self._keep, name)
        except _Broken:
            return False
        self._room -= stream.size
        return True

    def _stored(self, stream: _Stream, keep: Keep, name: str) -> Member:
        try:
            sha256, size = keep(cast(BinaryIO, stream))
        except _Damaged:
            return Member(name=name, code="unreadable", message=_DAMAGED)
        except TooLarge as error:
            with suppress(_Damaged):
                stream.drain()
            return Member(name=name, code=error.code, message=error.message)
        return Member(name=name, sha256=sha256, size=size)

    def completed(self, members: Sequence[Member]) -> tuple[Member, ...]:
        """The members that were listed, with what became of their bytes; nothing the child says of that counts."""
        listed = [replace(member, sha256=None) for member in members[: 20 * MOST_MEMBERS]]
        return tuple(self._kept.get(member.name, member) if member.code is None else member for member in listed)
