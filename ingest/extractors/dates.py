"""Dates as files write them → ISO 8601."""

from __future__ import annotations

import re
from datetime import date

_PDF = re.compile(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?")
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_EARLIEST, _LATEST = 1900, 2100


def iso_date(text: str | None) -> str | None:
    """`2021`, `2021-05` or `2021-05-17` from an ISO or PDF date, None when it is neither or impossible."""
    text = (text or "").strip()
    found = _PDF.match(text) if text.startswith("D:") or re.match(r"\d{6}", text) else _ISO.match(text)
    if not found or not _EARLIEST <= int(found[1]) <= _LATEST:
        return None
    numbers = [int(number) for number in found.groups() if number]
    try:
        date(*[*numbers, 1, 1][:3])
    except ValueError:
        return str(numbers[0])
    return "-".join([f"{numbers[0]:04}", *(f"{number:02}" for number in numbers[1:])])
