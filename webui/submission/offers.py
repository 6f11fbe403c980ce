"""Proposals beside the fields of a form, and documents like those of a record, for whoever describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.values import Duplicate, Suggested
from webui import context, details, labels


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that the record's documents propose, how sure it is in percent, and the words it is taken from."""

    value: str
    name: str
    percent: int
    snippet: str
    passage_id: int | None


def by_field(record_id: int, language: str) -> Mapping[str, tuple[Offer, ...]]:
    """Field → what is proposed for it, the surest first."""
    found: dict[str, tuple[Offer, ...]] = {}
    for one in context.kb().proposals.of_record(record_id, context.reader()):
        found[one.field] = (*found.get(one.field, ()), _offer(one, language))
    return found


def _offer(one: Suggested, language: str) -> Offer:
    return Offer(
        value=one.value,
        name=_name(one.field, one.value, language),
        percent=round(100 * one.confidence),
        snippet=one.snippet,
        passage_id=one.passage_id,
    )


def _name(field: str, value: str, language: str) -> str:
    if field == "country":
        return labels.country_name(value, language)
    return labels.region_name(value, language) if field == "nuts" else details.value_name(field, value, language)


def alike(record_id: int, besides: int | None) -> tuple[Duplicate, ...]:
    """Of each other record that resembles this one, and that the reader may see, the document most alike."""
    first: dict[int, Duplicate] = {}
    for one in context.kb().duplicates.of_record(record_id, context.reader()):
        if one.record != besides:
            first.setdefault(one.record, one)
    return tuple(first.values())
