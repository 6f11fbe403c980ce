"""What merging does with fields and documents: the kept record's word counts, what it lacks comes from the other."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb import vocabulary
from kb.db.entities import Document, Record
from kb.files import Files
from kb.services import revisions, uploads
from kb.services.catalog import RECORD_TYPE
from kb.services.fields import COLUMNS, CONTACT, LEFT_EMPTY, PROVISIONAL, SECTIONS
from kb.services.uploads import Upload
from kb.values import UNDETERMINED

UNITED = ("themes", "sdgs", "aalborg", "instruments", "territory", "keywords")
"""Fields of which both records' values count, so that who found either by one goes on finding it."""

TOGETHER = ((*CONTACT, "contact_consent"), ("lat", "lon"), ("municipality", "lau"), ("photo", "photo_credit"))
"""Fields that mean something only together: a consent, say, is one to the contact beside it."""

STAYS = ("kind", "title")
"""Fields that every record has; the title is taken over only where nobody has stated the kept record's."""

TEXT = "text/plain"


def fill(keep: Record, drop: Record) -> list[str]:
    """Give a record what it lacks and the other states; returns the names of the fields it took."""
    mine, theirs = revisions.stated(keep), revisions.stated(drop)
    guessed, doubtful = (set(record.details.get(PROVISIONAL, ())) for record in (keep, drop))
    taken = {name: value for name, value in theirs.items() if _takes(name, mine, theirs, guessed, doubtful)}
    united = {name: _union(mine.get(name), theirs[name]) for name in UNITED if theirs.get(name)}
    values = {**taken, **{name: value for name, value in united.items() if value != mine.get(name)}}
    _set(keep, values, [name for name in guessed if name not in values or name in doubtful])
    return sorted(values)


def _takes(name: str, mine: dict[str, Any], theirs: dict[str, Any], guessed: set[str], doubtful: set[str]) -> bool:
    """Whether the kept record takes a field from the other."""
    if name in UNITED or _says_nothing(theirs[name]):
        return False
    group = next((names for names in TOGETHER if name in names), (name,))
    lacks = all(_says_nothing(mine.get(one)) or one in guessed for one in group)
    if name in STAYS:
        return name == "title" and name in guessed and name not in doubtful
    if name == "end" and (mine.get("start") or 0) > theirs["end"]:
        return False
    return lacks and not (name in guessed and name in doubtful)


def _says_nothing(value: object) -> bool:
    return value in (None, "", UNDETERMINED, False) or value in ([], ())


def _union(mine: Sequence[str] | None, theirs: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*(mine or ()), *theirs]))


def _set(record: Record, values: dict[str, Any], provisional: Sequence[str]) -> None:
    details = {**record.details, **{name: value for name, value in values.items() if name not in COLUMNS}}
    notes = {
        PROVISIONAL: sorted(provisional),
        LEFT_EMPTY: [name for name in details.get(LEFT_EMPTY, ()) if name not in values],
    }
    stated = {name: value for name, value in details.items() if name not in notes}
    record.details = {**stated, **{name: value for name, value in notes.items() if value}}
    for name in COLUMNS:
        if name in values:
            setattr(record, name, values[name])
    record.year = next((details[name] for name in ("year", "start", "end") if details.get(name)), record.year)


# --- documents -----------------------------------------------------------------------------------------


def own_words(session: Session, record: Record) -> Document | None:
    """The document of a record's own words."""
    chosen = select(Document).where(Document.record_id == record.id, Document.media_type == RECORD_TYPE)
    return session.execute(chosen).scalar()


def move_documents(session: Session, keep: Record, drop: Record) -> dict[str, Any]:
    """Move every file that the kept record does not have; returns the ids of those moved, and of pairs alike."""
    twins = {document.sha256: document for document in _files_of(session, keep)}
    alike: dict[int, int] = {}
    moved: list[int] = []
    for document in _files_of(session, drop):
        if (twin := twins.get(document.sha256)) is None:
            document.record_id = keep.id
            moved.append(document.id)
        elif twin.status == "failed" and document.status != "failed":
            _exchange(session, twin, document)
            moved.append(document.id)
            alike[twin.id] = document.id
        else:
            alike[document.id] = twin.id
    session.flush()
    _hang_anew(session, keep, drop, alike)
    return {"moved": moved, "alike": [list(pair) for pair in alike.items()]}


def _files_of(session: Session, record: Record) -> list[Document]:
    mine = (Document.record_id == record.id) & (Document.media_type != RECORD_TYPE)
    return list(session.execute(select(Document).where(mine).order_by(Document.id)).scalars())


def _exchange(session: Session, failed: Document, read: Document) -> None:
    """Let two rows of the same bytes change places, so that the record that stays has the one that could be read."""
    sha256, keep_id, drop_id = read.sha256, failed.record_id, read.record_id
    # No moment has a record with the same bytes twice.
    failed.sha256 = ""
    session.flush()
    read.record_id = keep_id
    session.flush()
    failed.record_id, failed.sha256 = drop_id, sha256
    session.flush()


def _hang_anew(session: Session, keep: Record, drop: Record, alike: dict[int, int]) -> None:
    """Let no file lie in a container of the other record: it hangs on that container's twin, or by itself."""
    for record, other in ((keep, drop), (drop, keep)):
        there = {document.id for document in _files_of(session, other)}
        for document in _files_of(session, record):
            if document.container_id in there:
                twin = alike.get(document.container_id)
                document.container_id = twin if twin not in there else None
    session.flush()


def move_words(session: Session, files: Files, words: Document, keep: Record, drop: Record) -> bool:
    """Make a file of the kept record out of what the other says in words of its own; False where that is nothing.

    The passages stay findable, under the kept record, until the file has been read.
    """
    text = "\n\n".join(_rest(keep, drop))
    if not text:
        return False
    upload = Upload(name=f"{drop.title[:250]}.txt", stored=files.put(io.BytesIO(text.encode())), media_type=TEXT)
    there = select(Document.id).where(Document.record_id == keep.id, Document.sha256 == upload.stored.sha256)
    if session.execute(there).first() is not None:
        return False
    words.record_id, words.name, words.media_type = keep.id, upload.name, upload.media_type
    uploads.replace(words, upload)
    session.flush()
    return True


def _rest(keep: Record, drop: Record) -> Iterator[str]:
    """What a record says in its title and long fields that the kept one, with all it took over, does not."""
    mine, theirs = revisions.stated(keep), revisions.stated(drop)
    differing = [name for name in ("summary", *SECTIONS) if theirs.get(name) and theirs[name] != mine.get(name)]
    if differing or theirs["title"] != mine["title"]:
        yield str(theirs["title"])
    for name in differing:
        if name in SECTIONS:
            yield vocabulary.label("sections", name, drop.language)
        yield str(theirs[name])
