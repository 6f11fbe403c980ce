"""What lies in an archive or a letter becomes documents of the same record, each with its own outcome."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from kb import imports
from kb.bootstrap import Kb
from kb.db.entities import Document, Embedding, Record
from kb.errors import Unsupported
from kb.protocols import Progress
from kb.services import unpacking
from kb.values import OPERATOR, Outcome, Query
from kb.worker import Worker

SOLAR = "The municipality installed solar panels on the roofs of all its schools and paid for them with the savings."
TREES = "Four hundred trees were planted along the streets of the centre, so that people can walk in the shade."


def packed(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def no_stage(_: str) -> Progress:
    return lambda _done, _total: None


def add(kb: Kb, path: Path) -> dict[str, Outcome]:
    return {one.source.removeprefix(f"{path.parent}/"): one for one in imports.add(kb, [path], "published", no_stage)}


def statuses(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {source: one.code or one.status for source, one in outcomes.items()}


def documents(kb: Kb) -> list[Document]:
    with kb.database.read() as session:
        return list(session.execute(select(Document).order_by(Document.id)).scalars())


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "all of it.zip"
    inner = packed({"deep/trees.txt": TREES, "solar copy.txt": SOLAR})
    data = {"plans/solar.txt": SOLAR, "inner.zip": inner, "__MACOSX/._x": "junk", "bad.pdf": b"%PDF-1.4 nothing"}
    path.write_bytes(packed(data))
    return path


def test_every_member_is_a_document_and_is_told(kb: Kb, mixed: Path) -> None:
    told = add(kb, mixed)
    assert statuses(told) == {
        "all of it.zip": "unpacked",
        "all of it.zip/plans/solar.txt": "searchable",
        "all of it.zip/inner.zip": "unpacked",
        "all of it.zip/inner.zip/deep/trees.txt": "searchable",
        "all of it.zip/inner.zip/solar copy.txt": "duplicate",
        "all of it.zip/bad.pdf": "unreadable",
        "all of it.zip/__MACOSX/._x": "no-document",
    }
    assert len({one.record_id for one in told.values()}) == 1
    found = kb.search.search(Query(text="shade from street trees"), OPERATOR)
    assert [passage.document_name for passage in found.hits[0].passages][:1] == ["deep/trees.txt"]
    record = kb.catalog.record(found.hits[0].record_id, OPERATOR)
    assert (record.title, record.state) == ("all of it", "published")
    assert [member.name for member in record.documents[0].left_out] == ["__MACOSX/._x"]


def test_the_command_tells_of_each_member(kb: Kb, mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from kb import console

    told = add(kb, mixed)
    record_id = told["all of it.zip"].record_id or 0
    console.say_record(kb.catalog.record(record_id, OPERATOR), "en")
    shown = capsys.readouterr().out
    assert "out of inner.zip" in shown
    assert "__MACOSX/._x: Left out" in shown
    folder = json.loads(json.dumps([one.source for one in imports.run(kb, mixed.parent, "published", no_stage)]))
    assert folder[:2] == ["all of it.zip", "all of it.zip/plans/solar.txt"]


def test_the_same_archive_again_changes_nothing(kb: Kb, mixed: Path) -> None:
    add(kb, mixed)
    before = [(one.id, one.sha256, one.status) for one in documents(kb)]
    assert statuses(add(kb, mixed))["all of it.zip/inner.zip/deep/trees.txt"] == "unchanged"
    assert [(one.id, one.sha256, one.status) for one in documents(kb)] == before


def test_reading_again_by_newer_rules_keeps_members_and_drops_what_is_gone(kb: Kb, mixed: Path) -> None:
    add(kb, mixed)
    before = [one.id for one in documents(kb)]
    with kb.database.write() as session:
        root = session.execute(select(Document).where(Document.container_id.is_(None))).scalar_one()
        session.add(Document(record_id=root.record_id, container_id=root.id, name="gone", sha256="0" * 64, size=1))
        session.flush()
        session.execute(update(Document).values(recipe="older", status=Document.status))
        session.execute(update(Document).where(Document.name == "gone").values(status="failed"))
    Worker(kb).drain()
    assert [one.id for one in documents(kb)] == before
    assert all(one.recipe != "older" for one in documents(kb))


def test_what_older_rules_could_not_read_is_tried_once_by_newer_ones(kb: Kb, mixed: Path) -> None:
    told = add(kb, mixed)
    with kb.database.write() as session:
        trees = Document.name == "deep/trees.txt"
        session.execute(
            update(Document).where(trees).values(status="failed", failure_code="unsupported", recipe="older")
        )
    assert kb.reading.pending() == 1
    Worker(kb).drain()
    assert kb.reading.pending() == 0
    within = kb.reading.within(told["all of it.zip"].document_id or 0, "x")
    assert ("x/inner.zip/deep/trees.txt", "searchable") in [(one.source, one.status) for one in within]


def test_an_archive_of_nothing_readable_leaves_nothing(kb: Kb, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(packed({"bad.pdf": b"%PDF-1.4 nothing", "worse.pdf": b"%PDF-1.4 nothing at all"}))
    assert set(statuses(add(kb, path)).values()) == {"unpacked", "unreadable"}
    with kb.database.read() as session:
        assert session.execute(select(Record)).first() is None


def test_an_archive_in_an_archive_in_an_archive_is_too_deep(kb: Kb, tmp_path: Path) -> None:
    data: bytes = packed({"x.txt": TREES})
    for level in range(unpacking.MOST_DEPTH):
        data = packed({f"{level}.zip": data})
    path = tmp_path / "deep.zip"
    path.write_bytes(packed({"solar.txt": SOLAR, "more.zip": data}))
    told = list(statuses(add(kb, path)).items())
    assert told[-1] == ("deep.zip/more.zip/2.zip/1.zip", "too-large")
    assert ("deep.zip/solar.txt", "searchable") in told


def test_an_archive_with_more_than_a_record_can_have_says_which(
    kb: Kb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 1)
    path = tmp_path / "x.zip"
    path.write_bytes(packed({"solar.txt": SOLAR, "trees.txt": TREES}))
    assert statuses(add(kb, path)) == {
        "x.zip": "unpacked",
        "x.zip/solar.txt": "searchable",
        "x.zip/trees.txt": "too-large",
    }


def test_a_letter_is_found_by_its_text_and_by_its_attachments(kb: Kb, tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = "Solar schools in Graz", "anna@example.org", "b@example.org"
    letter.set_content(SOLAR)
    letter.add_attachment(TREES, filename="trees.txt")
    path = tmp_path / "x.eml"
    path.write_bytes(letter.as_bytes())
    told = add(kb, path)
    assert statuses(told) == {"x.eml": "searchable", "x.eml/trees.txt": "searchable"}
    record = kb.catalog.record(told["x.eml"].record_id or 0, OPERATOR)
    assert record.title == "Solar schools in Graz"
    with kb.database.read() as session:
        texts = " ".join(session.execute(select(Document.text)).scalars())
    assert "anna" not in texts


def test_killed_before_the_commit_it_is_done_again_and_once(
    kb: Kb, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The members' files are there, their rows are not; the next reading makes them once."""
    kb.intake.add_file(mixed)
    real, calls = unpacking.place, []

    def killed(*given: Any) -> Any:
        calls.append(real(*given))
        raise KeyboardInterrupt

    monkeypatch.setattr(unpacking, "place", killed)
    with pytest.raises(KeyboardInterrupt):
        Worker(kb).drain()
    assert len(documents(kb)) == 1
    assert sum(1 for path in kb.config.files.glob("*/*") if path.is_file()) > 1
    monkeypatch.undo()
    with kb.database.write() as session:
        session.execute(update(Document).values(lease_owner=None, lease_until=None))
    Worker(kb).drain()
    assert calls
    assert [one.name for one in documents(kb)] == [
        *("all of it.zip", "plans/solar.txt", "inner.zip", "bad.pdf", "deep/trees.txt")
    ]
    with kb.database.read() as session:
        assert len(session.execute(select(Embedding)).all()) == 2


def test_likeness_asks_for_one_document(kb: Kb, mixed: Path) -> None:
    with pytest.raises(Unsupported, match="Unpack"):
        kb.similar.to_file(mixed, "x.zip", OPERATOR)
