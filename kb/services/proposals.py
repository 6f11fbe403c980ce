"""What its documents suggest of a record, offered where nobody has stated it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb import places
from kb.db import Database
from kb.db.entities import Document, Record, Suggestion
from kb.errors import NotFound
from kb.services.catalog import possible
from kb.services.describing import describe
from kb.services.fields import LEFT_EMPTY, PROVISIONAL
from kb.services.visibility import visible_to
from kb.values import Proposal, Reader, Suggested

FILLED = 0.9
"""Confidence from which a suggestion is filled into a record of which nobody has stated anything."""

EARLIEST, LATEST = 1500, 2100
"""Years that a record can be of."""

LONGEST_ABSTRACT = 5_000

COLUMNS = ("title", "country", "municipality", "nuts", "year")
"""Suggested fields that are columns of a record; the others are kept in its `details`."""

WHERE = ("country", "region", "municipality", "lau")
"""Fields that a municipality brings with it, together or not at all."""

LISTS = ("themes",)
"""Fields with several values that are filled in; goals by meaning are not sure enough for it."""


class Proposals:
    """Reads what was suggested on behalf of a reader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_record(self, record_id: int, reader: Reader) -> tuple[Suggested, ...]:
        """The suggestions for fields nobody has stated, field by field, the surest first.

        Raises:
            NotFound: there is no such record, or the reader may not know of it.
        """
        chosen = select(Record).where(Record.id == possible(record_id), visible_to(reader))
        with self._database.read() as session:
            record = session.execute(chosen).scalar()
            if record is None:
                raise NotFound(f"There is no record {record_id}; 'kb search' lists what there is.", record=record_id)
            return tuple(one for one in _suggestions(session, record_id) if not _stated(record, one.field))


def fill_in(session: Session, record: Record, suggested: Sequence[Suggested]) -> None:
    """Give a record made of a bare file what its text suggests for certain, and note that nobody has stated it."""
    provisional = list(record.details.get(PROVISIONAL, ()))
    if not provisional:
        return
    sure = dict(_certain(suggested))
    if _elsewhere(record, sure):
        sure = {name: value for name, value in sure.items() if name not in WHERE}
    values = {name: value for name, value in sure.items() if not _stated(record, name)}
    if not values:
        return
    details = {name: value for name, value in values.items() if name not in COLUMNS}
    noted = [*provisional, *(name for name in values if name not in provisional)]
    record.details = {**record.details, **details, PROVISIONAL: noted}
    for name in (name for name in values if name in ("country", "region", "municipality")):
        setattr(record, name, values[name])
    describe(session, record)


def _elsewhere(record: Record, sure: Mapping[str, Any]) -> bool:
    """Whether somebody has stated another place than the one suggested, which then is not to be mixed with it."""
    known = {name: getattr(record, name, None) or record.details.get(name) for name in WHERE}
    return any(_stated(record, name) and name in sure and sure[name] != known[name] for name in WHERE)


def fill_in_own(record: Record, proposal: Proposal) -> None:
    """Give a record made of a bare file what the file says of itself where nobody has stated it."""
    provisional = list(record.details.get(PROVISIONAL, ()))
    if not provisional:
        return
    if "title" in provisional and proposal.title:
        record.title = proposal.title[:250]
    created = int((proposal.created or "0")[:4])
    offered = {"year": created if EARLIEST <= created <= LATEST else None, "authors": _listed(proposal.authors)}
    values = {name: value for name, value in offered.items() if value and not _stated(record, name)}
    noted = [*provisional, *(name for name in values if name not in provisional)]
    record.details = {**record.details, **values, PROVISIONAL: noted}
    if "year" in values:
        record.year = created


def _listed(names: Sequence[str]) -> list[str]:
    return [one.strip()[:500] for one in names if one.strip()][:100]


def _certain(suggested: Sequence[Suggested]) -> Iterator[tuple[str, Any]]:
    """Fields and values to fill in; a municipality brings its region and code with it."""
    sure = [one for one in suggested if one.confidence >= FILLED]
    for one in sure:
        homes = places.candidates(one.value) if one.field == "municipality" else ()
        for home in homes if len(homes) == 1 else ():
            yield from (("country", "IT"), ("region", home.region), ("municipality", home.name), ("lau", home.istat))
        if one.field == "country":
            yield "country", one.value
        if one.field == "abstract":
            yield "abstract", one.value[:LONGEST_ABSTRACT]
    for name in LISTS:
        if values := [one.value for one in sure if one.field == name]:
            yield name, values


def _stated(record: Record, field: str) -> bool:
    """Whether a person has stated a field."""
    if field in record.details.get(PROVISIONAL, ()):
        return False
    if field in record.details.get(LEFT_EMPTY, ()):
        return True
    return bool(getattr(record, field) if field in (*COLUMNS, "region") else record.details.get(field))


def _suggestions(session: Session, record_id: int) -> list[Suggested]:
    """All that a record's documents suggest; where several suggest the same, the surest of them."""
    chosen = select(Suggestion).join(Document, Document.id == Suggestion.document_id)
    rows = session.execute(chosen.where(Document.record_id == record_id).order_by(Suggestion.id)).scalars()
    best: dict[tuple[str, str], Suggested] = {}
    for row in sorted(rows, key=lambda row: -row.confidence):
        best.setdefault((row.field, row.value), _suggested(row))
    order = list(dict.fromkeys(one.field for one in best.values()))
    return sorted(best.values(), key=lambda one: (order.index(one.field), -one.confidence))


def _suggested(row: Suggestion) -> Suggested:
    return Suggested(
        field=row.field,
        value=row.value,
        confidence=row.confidence,
        passage_id=row.passage_id,
        char_from=row.char_from,
        char_to=row.char_to,
        snippet=row.snippet,
        document_id=row.document_id,
    )
