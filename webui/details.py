"""A record's own words, laid out: which fields a page shows, in which order and under which names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from kb import vocabulary
from kb.services.catalog import RECORD_TYPE
from kb.values import RecordView
from webui import labels
from webui.texts import text

TERMS = {
    "status": "statuses",
    "study_type": "study-types",
    "promoter_kind": "promoter-kinds",
    "scale": "scales",
    "territory": "territories",
    "themes": "themes",
    "instruments": "instruments",
    "sdgs": "sdgs",
    "aalborg": "aalborg",
}
"""Field → the vocabulary its values come from."""

NUMBERED = ("sdgs", "aalborg")
"""Fields whose codes are numbers that people know the terms by."""

GROUPS = {
    "when": ("status", "start", "end", "lifetime", "authors", "year", "publisher", "study_type", "doi"),
    "who": ("promoter", "promoter_kind", "partners", "beneficiaries", "contact_name", "contact_email", "contact_phone"),
    "what": ("themes", "instruments", "sdgs", "aalborg", "keywords", "scale", "territory", "population"),
    "origin": ("programme", "licence", "third_party"),
}
"""Short fields in the order of the page, under what they tell; what is not named here is not shown."""

FACETS = {
    "status": "status",
    "themes": "theme",
    "instruments": "instrument",
    "sdgs": "sdg",
    "aalborg": "aalborg",
    "territory": "territory",
}
"""Field → what narrows a list to the records that share a value of it."""


PICTURES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
"""What every browser shows as a picture, by the ending of its name."""

LARGEST_PICTURE = 5_000_000
"""Bytes; what is larger is among the documents only, for a page should not make people wait for it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A short field: its name and its values as people read them, each with what narrows a list to it, if anything."""

    name: str
    label: str
    values: tuple[str, ...]
    alike: tuple[Mapping[str, str] | None, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Short fields that tell about one thing: when, who, what, origin."""

    name: str
    label: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured: how much, in which unit, of what, and how much it was before."""

    name: str
    value: str
    unit: str
    baseline: str


@dataclass(frozen=True, slots=True)
class Section:
    """A long field: its heading, its paragraphs, and the passages of it that a search can lead to."""

    name: str
    label: str
    paragraphs: tuple[str, ...]
    passages: tuple[int, ...]


def facts(record: RecordView, language: str) -> tuple[Fact, ...]:
    """The short fields that have a value, one after another."""
    return tuple(fact for group in groups(record, language) for fact in group.facts)


def groups(record: RecordView, language: str) -> tuple[Group, ...]:
    """The short fields that have a value, under what they tell."""
    found = ((name, tuple(_facts(record, fields, language))) for name, fields in GROUPS.items())
    return tuple(Group(name, text(f"record.group.{name}", language), facts) for name, facts in found if facts)


def figures(record: RecordView) -> tuple[Figure, ...]:
    """The indicators that were measured, as they were written."""
    rows = record.details.get("indicators")
    fields = ("name", "value", "unit", "baseline")
    found = rows if isinstance(rows, list | tuple) else ()
    known = (row for row in found if isinstance(row, dict))
    return tuple(Figure(*(str(row.get(name) or "") for name in fields)) for row in known)


def sections(record: RecordView, language: str) -> tuple[Section, ...]:
    """The long fields that have text, under headings in the reader's language."""
    anchors = _anchors(record)
    return tuple(
        Section(name, vocabulary.label("sections", name, language), _paragraphs(words), tuple(anchors.get(name, ())))
        for name in vocabulary.terms("sections")
        if (words := str(record.details.get(name) or "").strip())
    )


def loose_passages(record: RecordView, shown: Sequence[Section]) -> tuple[int, ...]:
    """Passages of the record's own description that lie in no section shown: title and summary."""
    placed = {passage_id for section in shown for passage_id in section.passages}
    return tuple(passage_id for passage_id, _ in _description(record) if passage_id not in placed)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a record: one of its files and its type, or an address elsewhere, which is a link only."""

    credit: str
    document_id: int | None = None
    media_type: str = ""
    address: str | None = None


def photo(record: RecordView) -> Photo | None:
    """The photo a record names; None where it names none, or a file that it has not."""
    named, credit = str(record.details.get("photo") or ""), str(record.details.get("photo_credit") or "")
    if named.startswith(("https://", "http://")):
        return Photo(credit, address=named)
    media_type = PICTURES.get(PurePath(named).suffix.lower())
    for document in record.documents:
        if media_type and document.name == named and document.size <= LARGEST_PICTURE:
            return Photo(credit, document.document_id, media_type)
    return None


def source_url(record: RecordView) -> str | None:
    """The address the record comes from, if it is one a browser may follow."""
    url = str(record.details.get("source_url") or "")
    return url if url.startswith(("https://", "http://")) else None


def _facts(record: RecordView, fields: Sequence[str], language: str) -> Iterator[Fact]:
    for name in fields:
        if given := tuple(_given(record.details.get(name))):
            values = tuple(value_name(name, one, language) for one in given)
            alike = tuple({FACETS[name]: str(one)} if name in FACETS else None for one in given)
            yield Fact(name, text(f"detail.{name}", language), values, alike)


def _given(value: object) -> Iterator[object]:
    several = value if isinstance(value, list | tuple) else [value]
    yield from (one for one in several if one not in (None, ""))


def value_name(name: str, value: object, language: str) -> str:
    """A value of a field as people read it."""
    if name in TERMS:
        term = vocabulary.label(TERMS[name], str(value), language)
        return f"{value}. {term}" if name in NUMBERED else term
    if name == "population" and isinstance(value, int):
        return labels.number(value, language)
    return str(value)


def _paragraphs(words: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in words.replace("\r\n", "\n").split("\n\n") if part.strip())


def _description(record: RecordView) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Id and heading path of each passage of the record's own description."""
    for document in record.documents:
        if document.media_type == RECORD_TYPE:
            yield from ((passage_id, passage.heading) for passage_id, passage in document.passages)


def _anchors(record: RecordView) -> Mapping[str, list[int]]:
    """Section → the passages taken from it, told by the heading they were filed under."""
    names = {vocabulary.label("sections", name, record.language): name for name in vocabulary.terms("sections")}
    found: dict[str, list[int]] = {}
    for passage_id, heading in _description(record):
        if heading and heading[-1] in names:
            found.setdefault(names[heading[-1]], []).append(passage_id)
    return found
