"""What was found about a record without anybody saying so: documents like its own, and proposals of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.services.fields import PROVISIONAL
from kb.values import Duplicate, RecordView, Suggested
from webui import context, details, labels
from webui.texts import text

FIELDS = ("title", "authors", "year", "municipality", "nuts", "country", "themes", "sdgs", "abstract")
"""Fields in the order in which proposals are shown."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposed value as people read it, how sure it is in percent, and the passage that says so."""

    value: str
    percent: int
    passage_id: int | None
    snippet: str


@dataclass(frozen=True, slots=True)
class Offers:
    """All that is proposed for one field, under its name."""

    label: str
    values: tuple[Offer, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)


def alike(record_id: int) -> tuple[Duplicate, ...]:
    """Of each other record that resembles this one, and that the reader may see, the document most alike."""
    return _one_a_record(context.kb().duplicates.of_record(record_id, context.reader()))


def versions(record: RecordView) -> tuple[Duplicate, ...]:
    """The record's own documents that tell in another language what another of them tells, each once."""
    found = context.kb().duplicates.versions(record.record_id, context.reader())
    own = {one.document: one for one in found if one.record == record.record_id}
    return tuple(own.values())


def proposals(record_id: int, language: str) -> tuple[Offers, ...]:
    """What the record's documents propose where nobody has stated it, field by field."""
    found = context.kb().proposals.of_record(record_id, context.reader())
    fields = {field: [one for one in found if one.field == field] for field in FIELDS}
    return tuple(
        Offers(text(f"offered.{field}", language), tuple(_offer(one, language) for one in values))
        for field, values in fields.items()
        if values
    )


def _one_a_record(found: Sequence[Duplicate]) -> tuple[Duplicate, ...]:
    first: dict[int, Duplicate] = {}
    for one in found:
        first.setdefault(one.record, one)
    return tuple(first.values())


def _offer(one: Suggested, language: str) -> Offer:
    return Offer(
        value=_value(one.field, one.value, language),
        percent=round(100 * one.confidence),
        passage_id=one.passage_id,
        snippet=one.snippet,
    )


def _value(field: str, value: str, language: str) -> str:
    if field == "country":
        return labels.country_name(value, language)
    return labels.region_name(value, language) if field == "nuts" else details.value_name(field, value, language)


def unconfirmed(record: RecordView, language: str) -> str:
    """The names of the fields that were filled in from a file and confirmed by nobody."""
    fields = set(record.details.get(PROVISIONAL, ())) & set(FIELDS)  # type: ignore[call-overload]
    return ", ".join(text(f"offered.{field}", language) for field in FIELDS if field in fields)
