"""The one place that keeps a record's derived columns and terms in step with what is stated of it."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from kb import traits
from kb.db.entities import Record, Term


def describe(session: Session, record: Record) -> None:
    """Derive what a record is narrowed by; whoever writes country, region or details calls this in the same session."""
    stated = {**record.details, "country": record.country, "region": record.region}
    for name, value in traits.columns(stated).items():
        setattr(record, name, value)
    session.flush()
    _keep_terms(session, record.id, traits.terms(stated))


def _keep_terms(session: Session, record_id: int, wanted: set[tuple[str, str]]) -> None:
    rows = session.execute(select(Term.facet, Term.value).where(Term.record_id == record_id))
    if wanted == {(row.facet, row.value) for row in rows}:
        return
    session.execute(delete(Term).where(Term.record_id == record_id))
    if wanted:
        terms = [{"record_id": record_id, "facet": facet, "value": value} for facet, value in sorted(wanted)]
        session.execute(insert(Term), terms)
