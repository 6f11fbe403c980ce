"""What a record lacks before it can be sent, and before others can make the most of it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.db.entities import Document, Record
from kb.services import amending
from kb.services.fields import PROVISIONAL
from kb.services.revisions import stated
from kb.values import UNDETERMINED, Lack

WANTED = {
    "practice": (
        *("summary", "country", "municipality", "promoter", "challenge", "objectives", "solution", "themes"),
        *("participation", "innovation", "status", "start", "funding", "results", "transferability", "licence"),
    ),
    "study": ("summary", "abstract", "themes", "authors", "year", "publisher", "study_type", "licence"),
}
"""Fields that each kind of record ought to have, because the criteria or its readers ask for them."""


def lacks(session: Session, record: Record) -> tuple[Lack, ...]:
    """What is missing: first what keeps the record from being sent, then what reviewers will ask for.

    It needs a title that somebody has stated, and something to read: a file, or words of its own. An amendment needs
    a change. `content` and `change` stand for these.
    """
    files = session.execute(select(func.count()).where(Document.record_id == record.id)).scalar_one()
    provisional = record.details.get(PROVISIONAL, ())
    required = [Lack(field="title", required=True)] if "title" in provisional else []
    if record.amends_id is not None:
        if not files and not amending.changes(session, record):
            required.append(Lack(field="change", required=True))
    elif not files:
        required.append(Lack(field="content", required=True))
    known = stated(record)
    wanted = [Lack(field=name) for name in WANTED[record.kind] if known.get(name) in (None, "", [], ())]
    unknown = [Lack(field="language")] if record.language == UNDETERMINED else []
    return (*required, *wanted, *unknown)
