"""Taking in and reading: every outcome is told, nothing is stored by halves, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from kb.bootstrap import Kb, build
from kb.db.entities import Document, Embedding, Passage, Record, now
from kb.errors import Empty, MissingFile, NoModel, NotFound, TooLarge
from kb.protocols import Progress, Vectors
from kb.services import leases, reading
from kb.services.fields import parse
from kb.values import OPERATOR, VISITOR, Outcome
from kb.worker import Worker
from tests.support.tiny import TinyEmbedder, TinyShelf, tiny_kb

Describe = Callable[..., Outcome]
Write = Callable[[str, str], Path]
TEXT = "The municipality installed solar panels on the roofs of all its schools.\n\nThe savings paid for new windows."


def count(kb: Kb, entity: type) -> int:
    with kb.database.read() as session:
        return session.execute(select(func.count()).select_from(entity)).scalar_one()


def stored_files(kb: Kb) -> int:
    return sum(1 for path in kb.config.files.rglob("*") if path.is_file())


def test_a_file_becomes_a_record_when_its_text_is_read(kb: Kb, text_file: Write) -> None:
    received = kb.intake.add_file(text_file("solar.txt", TEXT))
    assert received.status == "waiting"
    assert received.record_id is not None
    with pytest.raises(NotFound):
        kb.catalog.record(received.record_id, VISITOR)
    Worker(kb).drain()
    record = kb.catalog.record(received.record_id, VISITOR)
    assert record.state == "published"
    assert record.title == "solar"
    assert record.language == "en"
    (document,) = record.documents
    assert document.status == "searchable"
    assert "".join(passage.text for _, passage in document.passages).startswith("The municipality")


def test_passages_are_where_they_say(kb: Kb, text_file: Write) -> None:
    kb.intake.add_file(text_file("solar.md", f"# Solar schools\n\n{TEXT}\n\n## Results\n\nBills fell by a third."))
    Worker(kb).drain()
    with kb.database.read() as session:
        for text, passage in session.execute(select(Document.text, Passage).join(Passage)):
            assert text is not None
            assert text[passage.char_from : passage.char_to] == passage.text


@pytest.mark.parametrize(("content", "error"), [(None, MissingFile), ("", Empty)])
def test_what_cannot_be_taken_in_stores_nothing(
    kb: Kb, tmp_path: Path, text_file: Write, content: str | None, error: type[Exception]
) -> None:
    path = tmp_path / "absent.txt" if content is None else text_file("empty.txt", content)
    with pytest.raises(error):
        kb.intake.add_file(path)
    assert count(kb, Record) == 0


def test_too_large_a_file_stores_nothing(tmp_path: Path, text_file: Write) -> None:
    kb = tiny_kb(tmp_path / "small", max_file_mb=1)
    with pytest.raises(TooLarge):
        kb.intake.add_file(text_file("big.txt", "x" * (2 << 20)))
    assert count(kb, Record) == 0
    assert stored_files(kb) == 0
    kb.close()


def test_a_record_with_one_missing_file_is_not_stored_at_all(kb: Kb, tmp_path: Path) -> None:
    fields = parse({"title": "A", "solution": "text"}, where="test")
    with pytest.raises(MissingFile):
        kb.intake.add_record(fields, [tmp_path / "absent.pdf"], source="test")
    assert count(kb, Record) == 0


def test_a_file_named_twice_in_a_row_is_one_document(kb: Kb, text_file: Write) -> None:
    path = text_file("a.txt", TEXT)
    outcomes = kb.intake.add_record(parse({"title": "A"}, where="test"), [path, path], source="test")
    assert [one.status for one in outcomes] == ["waiting"]
    assert count(kb, Document) == 1


def test_a_file_that_cannot_be_read_shows_no_empty_record(kb: Kb, tmp_path: Path) -> None:
    path = tmp_path / "noise.txt"
    path.write_bytes(bytes(range(256)) * 40)
    received = kb.intake.add_file(path)
    Worker(kb).drain()
    (outcome,) = kb.reading.outcomes([received.document_id or 0])
    assert outcome.status == "failed"
    assert outcome.code == "unsupported"
    assert outcome.message
    with pytest.raises(NotFound):
        kb.catalog.record(received.record_id or 0, VISITOR)
    kb.intake.discard(received.record_id or 0)
    assert count(kb, Record) == 0


def test_a_record_that_holds_text_is_not_discarded(kb: Kb, describe: Describe) -> None:
    one = describe(title="Solar schools", solution=TEXT)
    kb.intake.discard(one.record_id or 0)
    assert count(kb, Record) == 1


def test_the_same_bytes_are_a_duplicate_and_the_same_file_is_unchanged(kb: Kb, text_file: Write) -> None:
    first = kb.intake.add_file(text_file("a.txt", TEXT))
    Worker(kb).drain()
    again = kb.intake.add_file(text_file("a.txt", TEXT))
    copy = kb.intake.add_file(text_file("b.txt", TEXT))
    assert (again.status, again.record_id) == ("unchanged", first.record_id)
    assert (copy.status, copy.record_id) == ("duplicate", first.record_id)
    assert count(kb, Record) == 1


def test_the_same_row_again_corrects_and_reads_only_what_changed(kb: Kb, describe: Describe) -> None:
    describe(key="k", title="Solar", country="IT", solution=TEXT)
    vectors = count(kb, Embedding)
    fields = parse({"key": "k", "title": "Solar", "country": "DE", "solution": TEXT, "language": "en"}, where="test")
    (outcome,) = kb.intake.add_record(fields, source="test")
    assert outcome.status == "unchanged", "the text is the same, so there is nothing to read"
    assert kb.catalog.record(outcome.record_id or 0, VISITOR).place.country == "DE"
    assert count(kb, Embedding) == vectors


def test_a_file_proposes_title_author_and_year(kb: Kb, text_file: Write) -> None:
    page = (
        '<html lang="en"><head><title>Solar schools of the valley</title><meta name="author" content="Ada Verdi">'
        f"</head><body><article><h1>Solar schools of the valley</h1><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
    )
    received = kb.intake.add_file(text_file("page.html", page))
    Worker(kb).drain()
    assert kb.catalog.record(received.record_id or 0, VISITOR).title == "Solar schools of the valley"


# --- leases ----------------------------------------------------------------------------------------


def lease(kb: Kb, owner: str, *, seconds: int, attempts: int = 1) -> None:
    with kb.database.write() as session:
        values = {"lease_owner": owner, "lease_until": now() + timedelta(seconds=seconds), "attempts": attempts}
        session.execute(update(Document).values(values))


def test_a_living_worker_keeps_its_document(kb: Kb, text_file: Write) -> None:
    kb.intake.add_file(text_file("a.txt", TEXT))
    lease(kb, "another-host:1:0.00", seconds=60)
    assert Worker(kb).drain() == 0
    lease(kb, "another-host:1:0.00", seconds=-1)
    assert Worker(kb).drain() == 1


def test_a_dead_process_on_this_machine_loses_its_document_at_once(kb: Kb, text_file: Write) -> None:
    kb.intake.add_file(text_file("a.txt", TEXT))
    host = leases.whoami().rsplit(":", 2)[0]
    lease(kb, f"{host}:{2**22 + 1}:0.00", seconds=3600)
    assert Worker(kb).drain() == 1


def test_a_file_that_ended_its_reader_three_times_is_given_up_and_can_be_tried_again(kb: Kb, text_file: Write) -> None:
    path = text_file("a.txt", TEXT)
    received = kb.intake.add_file(path)
    lease(kb, "another-host:1:0.00", seconds=-1, attempts=reading.MOST_ATTEMPTS)
    Worker(kb).drain()
    (outcome,) = kb.reading.outcomes([received.document_id or 0])
    assert (outcome.status, outcome.code) == ("failed", "crashed")
    assert kb.intake.add_file(path).status == "waiting"
    Worker(kb).drain()
    assert kb.reading.outcomes([received.document_id or 0])[0].status == "searchable"


def test_a_document_taken_over_meanwhile_is_not_published_twice(
    kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb.intake.add_file(text_file("a.txt", TEXT))
    publish = reading.Reading.publish

    def robbed(self: reading.Reading, ready: reading.Ready, vectors: reading.Embedded) -> Outcome | None:
        lease(kb, "another-host:1:0.00", seconds=60)
        return publish(self, ready, vectors)

    monkeypatch.setattr(reading.Reading, "publish", robbed)
    assert Worker(kb).drain() == 0
    assert count(kb, Passage) == 0


def test_documents_read_by_older_rules_are_read_again(kb: Kb, describe: Describe) -> None:
    describe(title="Solar", solution=TEXT)
    with kb.database.write() as session:
        session.execute(update(Document).values(recipe="0/1"))
    assert kb.reading.pending() == 1
    assert Worker(kb).drain() == 1
    assert kb.reading.pending() == 0
    assert kb.models.space().ids().size == count(kb, Passage)


def test_a_change_of_passage_size_is_a_change_of_rules(kb: Kb, describe: Describe) -> None:
    describe(title="Solar", solution=TEXT * 20)
    before = count(kb, Passage)
    narrow = build(kb.config.model_copy(update={"passage_tokens": 64}), shelf=TinyShelf(kb.config))
    Worker(narrow).drain()
    assert count(kb, Passage) > before
    narrow.close()


def test_an_unpublished_record_is_seen_by_the_operator_only(kb: Kb, describe: Describe) -> None:
    one = describe(state="draft", title="Secret", solution=TEXT)
    with pytest.raises(NotFound):
        kb.catalog.record(one.record_id or 0, VISITOR)
    assert kb.catalog.record(one.record_id or 0, OPERATOR).state == "draft"
    assert kb.catalog.counts(VISITOR)["records"] == 0
    assert kb.catalog.choices(VISITOR)["language"] == {}
    assert kb.models.space().ids().size == 0


def test_a_document_that_trips_the_program_does_not_block_the_others(
    kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        kb.intake.add_file(text_file("a.txt", TEXT)),
        kb.intake.add_file(text_file("b.txt", TEXT + " More.")),
    )
    embed = TinyEmbedder.embed_passages

    def trip(self: TinyEmbedder, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if not any("More." in text for text in texts):
            raise ZeroDivisionError
        return embed(self, texts, progress)

    monkeypatch.setattr(TinyEmbedder, "embed_passages", trip)
    Worker(kb).drain()
    outcomes = kb.reading.outcomes([first.document_id or 0, second.document_id or 0])
    assert [(one.status, one.code) for one in outcomes] == [("failed", "crashed"), ("searchable", None)]


def test_a_document_waits_when_something_else_is_missing(
    kb: Kb, text_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = kb.intake.add_file(text_file("a.txt", TEXT))

    def missing(*_: object) -> Vectors:
        raise NoModel("The encoder is gone.")

    with monkeypatch.context() as patch:
        patch.setattr(TinyEmbedder, "embed_passages", missing)
        with pytest.raises(NoModel):
            Worker(kb).drain()
    assert kb.reading.outcomes([received.document_id or 0])[0].status == "waiting"
    Worker(kb).drain()
    assert kb.reading.outcomes([received.document_id or 0])[0].status == "searchable"
