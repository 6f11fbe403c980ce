"""Bytes of a text file → text, whatever encoding it was saved in."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What offices in Europe wrote before UTF-8; without this list short texts are guessed to be Asian or EBCDIC.
_CANDIDATES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1257", "iso8859_2", "iso8859_5", "iso8859_7", "mac_roman"]
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
    best = from_bytes(data[:_SAMPLE], cp_isolation=_CANDIDATES).best()
    return best.encoding if best else "cp1252"


def _without_mark(data: bytes) -> str | None:
    """UTF-16 of European text has a zero in nearly every second byte; anything else with zeros is no text."""
    sample = data[: _SAMPLE // 2 * 2]
    half = len(sample) / 2
    for encoding, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros, others = sample[start::2].count(0), sample[1 - start :: 2].count(0)
        if zeros > 0.7 * half and others == 0:
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
