"""What resembles what: found after reading, offered to whoever may see both, decided by a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from docx import Document as Docx
from sqlalchemy import delete, func, select, update

from kb import imports
from kb.bootstrap import Kb
from kb.db.entities import Document, Fingerprint, Pair, Record, Shingle
from kb.errors import NotAllowed, NotFound
from kb.services import publishing
from kb.services.pipeline import Pipeline
from kb.values import OPERATOR, VISITOR, Duplicate, Outcome, Reader
from kb.worker import Worker

Write = Callable[[str, str], Path]

PARAGRAPHS = [
    f"In quarter {number} the council gave {number + 3} families brown bins, and street {number * 7} now composts "
    f"about {number * 11} kilos a week, weighed by volunteer {number % 5} on day {number % 6}."
    for number in range(1, 21)
]
TEXT = "\n\n".join(PARAGRAPHS)
OTHER = "\n\n".join(
    f"Line {number} of the tramway reaches stop {number * 13} in {number} minutes." for number in range(40)
)


def no_stage(_title: str) -> Callable[[int, int], None]:
    return lambda _done, _total: None


def add(kb: Kb, *paths: Path, state: str = "published") -> list[Outcome]:
    return imports.add(kb, paths, state, no_stage)  # type: ignore[arg-type]


def alike(found: tuple[Duplicate, ...]) -> list[tuple[int, str, int]]:
    return [(one.record, one.relation, one.percent) for one in found]


def test_the_same_text_in_another_format_is_told_when_it_comes_in(kb: Kb, text_file: Write, tmp_path: Path) -> None:
    first, other = add(kb, text_file("bins.txt", TEXT), text_file("tram.txt", OTHER))
    word = Docx()
    for paragraph in PARAGRAPHS:
        word.add_paragraph(paragraph)
    word.save(str(tmp_path / "bins.docx"))
    (second,) = add(kb, tmp_path / "bins.docx")
    assert (first.resembles, other.resembles) == ((), ())
    assert alike(second.resembles) == [(first.record_id, "same-text", 100)]
    assert second.resembles[0].title == "bins"


def test_the_same_bytes_are_a_duplicate_that_says_of_what(kb: Kb, text_file: Write) -> None:
    (first,) = add(kb, text_file("bins.txt", TEXT))
    (again,) = add(kb, text_file("copy.txt", TEXT))
    assert again.status == "duplicate"
    assert alike(again.resembles) == [(first.record_id, "same-bytes", 100)]


def test_an_edited_text_is_near_and_an_excerpt_a_part(kb: Kb, text_file: Write) -> None:
    (first,) = add(kb, text_file("bins.txt", TEXT))
    edited = TEXT.replace("brown bins", "green bins").replace("volunteer 3", "neighbour 3")
    (near,) = add(kb, text_file("edited.txt", edited))
    (part,) = add(kb, text_file("part.txt", "\n\n".join(PARAGRAPHS[5:9])))
    ((record, relation, percent),) = alike(near.resembles)
    assert (record, relation) == (first.record_id, "near")
    assert 60 < percent < 95
    assert (first.record_id, "part", 100) in alike(part.resembles)


def test_the_pair_is_seen_from_both_sides(kb: Kb, text_file: Write) -> None:
    (first,) = add(kb, text_file("bins.txt", TEXT))
    (part,) = add(kb, text_file("part.txt", "\n\n".join(PARAGRAPHS[5:9])))
    found = kb.duplicates.of_record(first.record_id or 0, OPERATOR)
    assert alike(found) == [(part.record_id, "part", 100)]
    assert [own for own, _ in kb.duplicates.everything(OPERATOR)] == [first.record_id]


def test_a_duplicate_that_a_reader_may_not_see_is_not_there_for_them(kb: Kb, text_file: Write) -> None:
    (shown,) = add(kb, text_file("bins.txt", TEXT))
    (secret,) = add(kb, text_file("draft.txt", TEXT + " Amen."), state="draft")
    with kb.database.write() as session:
        session.execute(update(Record).where(Record.id == secret.record_id).values(submitter_id=7))
    record = shown.record_id or 0
    for reader in (VISITOR, Reader(role="contributor", account_id=8)):
        assert kb.duplicates.of_record(record, reader) == ()
        assert kb.duplicates.of_documents([shown.document_id or 0, secret.document_id or 0], reader) == {}
        assert kb.duplicates.everything(reader) == ()
        with pytest.raises(NotFound):
            kb.duplicates.of_record(secret.record_id or 0, reader)
    for reader in (OPERATOR, Reader(role="contributor", account_id=7)):
        assert [one.record for one in kb.duplicates.of_record(record, reader)] == [secret.record_id]
    with kb.database.write() as session:
        publishing.move(session, secret.record_id or 0, "published")
    assert [one.record for one in kb.duplicates.of_record(record, VISITOR)] == [secret.record_id]


def test_a_verdict_holds_until_a_file_is_another_one(kb: Kb, text_file: Write) -> None:
    (first,) = add(kb, text_file("bins.txt", TEXT))
    (second,) = add(kb, text_file("edited.txt", TEXT.replace("brown", "green")))
    one, other = first.record_id or 0, second.record_id or 0
    with pytest.raises(NotAllowed):
        kb.duplicates.dismiss(one, other, Reader(role="contributor", account_id=3))
    assert kb.duplicates.dismiss(other, one, OPERATOR) == 1
    assert kb.duplicates.of_record(one, OPERATOR) == kb.duplicates.of_record(other, OPERATOR) == ()
    read_again(kb)
    assert kb.duplicates.of_record(one, OPERATOR) == ()
    with kb.database.write() as session:
        session.execute(update(Document).where(Document.id == second.document_id).values(sha256="0" * 64))
    assert len(kb.duplicates.of_record(one, OPERATOR)) == 1


def test_a_verdict_can_be_taken_back(kb: Kb, text_file: Write) -> None:
    (first,) = add(kb, text_file("bins.txt", TEXT))
    (second,) = add(kb, text_file("edited.txt", TEXT.replace("brown", "green")))
    kb.duplicates.dismiss(first.record_id or 0, second.record_id or 0, OPERATOR)
    kb.duplicates.restore(first.record_id or 0, second.record_id or 0, OPERATOR)
    assert len(kb.duplicates.of_record(first.record_id or 0, OPERATOR)) == 1
    with pytest.raises(NotFound):
        kb.duplicates.dismiss(first.record_id or 0, first.record_id or 0, OPERATOR)


def test_documents_read_before_there_were_fingerprints_are_compared_too(kb: Kb, text_file: Write) -> None:
    add(kb, text_file("bins.txt", TEXT), text_file("edited.txt", TEXT.replace("brown", "green")))
    found = pairs(kb)
    with kb.database.write() as session:
        for table in (Fingerprint, Shingle, Pair):
            session.execute(delete(table))
    kb.comparing._done = ()
    Worker(kb).drain()
    assert pairs(kb) == found != []


def test_reading_again_finds_the_same_and_removing_leaves_nothing(kb: Kb, text_file: Write) -> None:
    (first,) = add(kb, text_file("bins.txt", TEXT))
    add(kb, text_file("edited.txt", TEXT.replace("brown", "green")))
    found = pairs(kb)
    read_again(kb)
    assert pairs(kb) == found != []
    with kb.database.write() as session:
        publishing.remove(session, first.record_id or 0)
    assert pairs(kb) == []
    with kb.database.read() as session:
        left = select(func.count()).where(Shingle.document_id == first.document_id)
        assert session.execute(left).scalar_one() == 0


def test_a_document_that_was_read_again_meanwhile_is_not_described_by_its_old_self(
    kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(kb, text_file("bins.txt", TEXT), text_file("edited.txt", TEXT.replace("brown", "green")))
    found = kb.comparing._found

    def meanwhile(document_id: int) -> object:
        result = found(document_id)
        monkeypatch.setattr(kb.comparing, "_found", found)
        outdate(kb)
        read_all(kb)
        return result

    read_again(kb, drain=False)
    monkeypatch.setattr(kb.comparing, "_found", meanwhile)
    assert kb.comparing.one()
    with kb.database.read() as session:
        assert session.execute(select(func.count()).where(Fingerprint.considered.is_not(None))).scalar_one() == 0


def pairs(kb: Kb) -> list[tuple[int, int, str, int]]:
    with kb.database.read() as session:
        chosen = select(Pair.low_id, Pair.high_id, Pair.relation, Pair.percent)
        return [tuple(row) for row in session.execute(chosen)]  # type: ignore[misc]


def outdate(kb: Kb) -> None:
    with kb.database.write() as session:
        session.execute(update(Document).values(recipe="older"))


def read_again(kb: Kb, *, drain: bool = True) -> None:
    outdate(kb)
    read_all(kb)
    if drain:
        Worker(kb).drain()


def read_all(kb: Kb) -> None:
    """Read and publish what waits, and compare nothing."""
    Pipeline(kb.reading, kb.models.current, readers=1).run(Event(), lambda _: None, None)
