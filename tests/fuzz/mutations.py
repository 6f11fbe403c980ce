"""Damage to a file, as values that hypothesis can draw and make smaller: to its bytes, and to the parts of a ZIP."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

MOST_BYTES = 4_000_000
TOKENS = (
    b"\x00", b"\xff\xfe", b"\xff" * 8, b"%", b"<", b"</p>", b"]]>", b"&x;", b"&#0;", b"\\", b"{" * 300, b"(" * 300,
    b"<p>" * 500, b"<text:list><text:list-item>" * 300, b"9" * 400, b"-1", b"2147483648", b"18446744073709551615",
    b"NaN",
    b"../../../../etc/passwd", b"file:///etc/passwd", b"http://127.0.0.1:9/", b"endobj", b"stream\n", b"/Kids [1 0 R]",
    b"/Length 999999999", b"\r\n\r\n", b"--", b"Content-Type: multipart/mixed; boundary=x\r\n", b"\\bin999999 ",
    b"\\u-1?",
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "\u202e\ufffe\U0010ffff\u0301".encode(), b"\xed\xa0\x80",
)  # fmt: skip
"""What some reader takes for its own: delimiters, depths, sizes and addresses."""


@dataclass(frozen=True)
class Damage:
    """One change: `where` is a place in the file between 0 and 1, `size` in bytes, `inside` a part of a ZIP, if any."""

    kind: str
    where: float
    there: float
    size: int
    token: bytes
    inside: float | None


def _flip(data: bytes, damage: Damage, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << damage.size % 8)]) + data[at + 1 :] if data else data


def _cut(data: bytes, damage: Damage, at: int) -> bytes:
    return data[:at]


def _behead(data: bytes, damage: Damage, at: int) -> bytes:
    return data[at:]


def _delete(data: bytes, damage: Damage, at: int) -> bytes:
    return data[:at] + data[at + damage.size :]


def _splice(data: bytes, damage: Damage, at: int) -> bytes:
    other = int(damage.there * len(data))
    return data[:at] + data[other : other + damage.size] + data[at:]


def _repeat(data: bytes, damage: Damage, at: int) -> bytes:
    return data[:at] + data[at : at + damage.size] * 50 + data[at:]


def _insert(data: bytes, damage: Damage, at: int) -> bytes:
    return data[:at] + damage.token + data[at:]


def _number(data: bytes, damage: Damage, at: int) -> bytes:
    """The next number in the file becomes another one."""
    found = re.compile(rb"\d+").search(data, at)
    return data[: found.start()] + damage.token[:24] + data[found.end() :] if found else data


def _element(data: bytes, damage: Damage, at: int) -> bytes:
    """The next tag is left out, doubled, or given many times over."""
    found = re.compile(rb"<[^<>]*>").search(data, at)
    return data[: found.start()] + found[0] * (damage.size % 4 * 100) + data[found.end() :] if found else data


KINDS: dict[str, Callable[[bytes, Damage, int], bytes]] = {
    "flip": _flip, "cut": _cut, "behead": _behead, "delete": _delete, "splice": _splice, "repeat": _repeat,
    "insert": _insert, "number": _number, "element": _element,
}  # fmt: skip


def damages(*, packed: bool) -> st.SearchStrategy[list[Damage]]:
    """One to six changes; in a ZIP most go into its parts, which a checksum would otherwise protect."""
    fraction = st.floats(0, 1, exclude_max=True)
    inside = st.one_of(fraction, fraction, fraction, st.none()) if packed else st.none()
    one = st.builds(
        Damage,
        kind=st.sampled_from(sorted(KINDS) + ["rename", "drop"] * packed),
        where=fraction,
        there=fraction,
        size=st.integers(1, 2000),
        token=st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=40)),
        inside=inside,
    )
    return st.lists(one, min_size=1, max_size=6)


def damaged(data: bytes, changes: list[Damage]) -> bytes:
    """The file after all changes, those inside a ZIP first."""
    within = [change for change in changes if change.inside is not None]
    if within and zipfile.is_zipfile(io.BytesIO(data)):
        data = _repacked(data, within)
    for change in changes:
        if change.inside is None:
            data = _changed(data, change)
    return data


def _changed(data: bytes, change: Damage) -> bytes:
    act = KINDS.get(change.kind, _flip)
    return act(data, change, int(change.where * len(data)))[:MOST_BYTES]


def _repacked(data: bytes, changes: list[Damage]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    for change in changes:
        if not members:
            break
        at = int((change.inside or 0) * len(members))
        name, content = members[at]
        if change.kind == "drop":
            del members[at]
        elif change.kind == "rename":
            members[at] = (change.token.decode("latin-1").replace("\0", "?"), content)
        else:
            members[at] = (name, _changed(content, change))
    return _zip(members)


def _zip(members: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members):
            kept = zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), content, kept)
    return out.getvalue()
