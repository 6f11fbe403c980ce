"""Bytes of a text file → text, whatever encoding it was saved in."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from ingest import codepages

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000
_CUT = 4096
"""Shorter data is a whole file, and a strange last byte is no cut character."""


def decode(data: bytes) -> str | None:
    """Decode the bytes of a text file, None when they are no text."""
    encoding = _encoding(data)
    if encoding is None:
        return None
    text = data.decode(encoding, errors="replace")
    return None if _is_garbage(text) else text


def _encoding(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data:
        return _without_mark(data)
    if _is_utf8(data):
        return "utf-8"
    # The library knows the rest of the world; among Europe's code pages it often takes one for another.
    return codepages.guess(data) or _of_the_world(data) or "cp1252"


def _of_the_world(data: bytes) -> str | None:
    best = from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best else None


def _without_mark(data: bytes) -> str | None:
    """UTF-16 or UTF-32 that does not say so, told by words of a European script; other data with zeros is no text."""
    sample = data[: _SAMPLE // 4 * 4]
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        text = sample.decode(encoding, errors="replace")
        near = sum(1 for char in text if " " <= char < "\u0530" or char in "\t\r\n" or "\u2000" <= char < "\u20d0")
        if near >= 0.95 * len(text) and text.count(" ") + text.count("\n") >= len(text) / 50:
            return encoding
    return None


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8, but for a broken character here and there, or cut at the end."""
    text = data.decode("utf-8", errors="replace")
    broken = text.rstrip("\ufffd").count("\ufffd") if len(data) >= _CUT else text.count("\ufffd")
    return broken <= 0.1 * sum(char > "\x7f" for char in text)


def _is_garbage(text: str) -> bool:
    sample = text[:_SAMPLE]
    odd = sum(1 for char in sample if (char < " " and char not in "\t\n\r\f\x1b") or char in "\x7f\ufffd")
    return odd > 0.02 * len(sample)
