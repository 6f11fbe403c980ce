"""How a record is cited: RIS and BibTeX for reference managers, and a line for people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from anyascii import anyascii

from kb.values import UNDETERMINED, RecordView

RIS_TYPES = {"study": "RPRT", "practice": "GEN"}
BIBTEX_TYPES = {"study": "techreport", "practice": "misc"}

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
"""Characters that TeX would obey → how they are printed."""


def authors(record: RecordView) -> tuple[str, ...]:
    """Who wrote it; of a practice, who promotes it."""
    named = record.details.get("authors") or ()
    several = named if isinstance(named, list | tuple) else (named,)
    found = tuple(one for value in several if (one := _line(value)))
    return found or ((promoter,) if (promoter := _line(record.details.get("promoter"))) else ())


def plain(record: RecordView, address: str) -> str:
    """One line: who, when, what, by whom it was published, and where it is."""
    who, title = "; ".join(authors(record)), _line(record.title)
    when = f"({record.year})" if record.year else ""
    parts = [" ".join(filter(None, (who, when))), title, _publisher(record), _doi_address(record)]
    return " ".join([*(f"{part}." for part in parts if part), address])


def ris(record: RecordView, address: str) -> str:
    """The record in RIS, each line `TAG  - value`; no value can begin a line of its own."""
    return "".join(f"{tag}  - {value}\r\n" for tag, value in _ris(record, address)) + "ER  - \r\n"


def _ris(record: RecordView, address: str) -> Iterator[tuple[str, str]]:
    yield "TY", RIS_TYPES[record.kind]
    yield "ID", _line(record.key)
    yield "TI", _line(record.title)
    for author in authors(record):
        yield "AU", author
    optional: list[tuple[str, object]] = [
        ("PY", record.year),
        ("AB", record.summary or record.details.get("abstract")),
        ("PB", _publisher(record)),
        ("CY", record.place.municipality),
        ("DO", _doi(record)),
        ("LA", "" if record.language == UNDETERMINED else record.language),
    ]
    for tag, value in optional:
        if words := _line(value):
            yield tag, words
    for keyword in _keywords(record):
        yield "KW", keyword
    yield "UR", address


def bibtex(record: RecordView, address: str) -> str:
    """The record in BibTeX, in UTF-8, nothing in it obeyed by TeX."""
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in _bibtex(record, address))
    return f"@{BIBTEX_TYPES[record.kind]}{{{bibtex_key(record)},\n{fields}}}\n"


def bibtex_key(record: RecordView) -> str:
    """A name without anything that BibTeX reads, the record's number in it so that it is its own."""
    words = re.sub(r"[^a-z0-9]+", "-", anyascii(record.title).lower()).strip("-")[:40].strip("-")
    return f"agora21-{record.record_id}" + (f"-{words}" if words else "")


def _bibtex(record: RecordView, address: str) -> Iterator[tuple[str, str]]:
    # Doubled braces keep a title's capitals, and a name in braces is never taken apart.
    yield "title", f"{{{_escaped(record.title)}}}"
    if named := authors(record):
        yield "author", " and ".join(_author(one, record) for one in named)
    optional = [
        ("year", record.year),
        ("institution" if record.kind == "study" else "organization", _publisher(record)),
        ("abstract", record.summary or record.details.get("abstract")),
        ("keywords", ", ".join(_keywords(record))),
        ("doi", _doi(record)),
        ("language", "" if record.language == UNDETERMINED else record.language),
    ]
    for name, value in optional:
        if words := _escaped(value):
            yield name, words
    # Addresses are read as they stand; these two characters would end the field.
    yield "url", address.replace("{", "%7B").replace("}", "%7D")


def _author(name: str, record: RecordView) -> str:
    """A person's name as it is, an organisation's in braces, and anything that would be read as two names."""
    organisation = not record.details.get("authors") or re.search(r"\band\b|,.*,", name)
    return f"{{{_escaped(name)}}}" if organisation else _escaped(name)


def _publisher(record: RecordView) -> str:
    return _line(record.details.get("publisher"))


def _doi(record: RecordView) -> str:
    return re.sub(r"^https?://(dx\.)?doi\.org/|^doi:\s*", "", _line(record.details.get("doi")), flags=re.IGNORECASE)


def _doi_address(record: RecordView) -> str:
    return f"https://doi.org/{_doi(record)}" if _doi(record) else ""


def _keywords(record: RecordView) -> Sequence[str]:
    named = record.details.get("keywords") or ()
    return [one for value in (named if isinstance(named, list | tuple) else (named,)) if (one := _line(value))]


def _line(value: object) -> str:
    """The words of a value on one line, without what cannot be printed."""
    words = "" if value is None else str(value)
    shown = (" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in words)
    return " ".join("".join(shown).split())


def _escaped(value: object) -> str:
    return "".join(ESCAPES.get(letter, letter) for letter in _line(value))
