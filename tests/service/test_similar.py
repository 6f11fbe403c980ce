"""More like this: who may see what, filters first, and nothing left of what was only shown."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kb.bootstrap import Kb
from kb.db.entities import Entity
from kb.errors import Empty, EmptyQuery, IngestError, InvalidInput, MissingFile, NotFound, TooLarge
from kb.protocols import Vectors
from kb.services import publishing, similar
from kb.services.fields import parse
from kb.values import OPERATOR, VISITOR, Filters, Outcome, Query, Results
from kb.worker import Worker

Describe = Callable[..., Outcome]

BINS = "Every household received a brown bin and a basket for kitchen waste, emptied twice a week at the door."
TRAMS = "The tram line was extended to the hospital with separate tracks and priority at every crossing."


@pytest.fixture
def library(kb: Kb, describe: Describe) -> Kb:
    """Records 1 to 4 about bins, 5 to 8 about trams, in two languages each; 9 is a draft about bins."""
    for number in range(8):
        describe(
            key=f"record-{number}",
            title=f"Record {number}",
            language="de" if number % 2 else "en",
            country="DE" if number % 2 else "IE",
            solution=(BINS if number < 4 else TRAMS) + f" District {number}.",
        )
    describe(state="draft", key="draft", title="Draft", solution=BINS)
    return kb


def ids(results: Results) -> list[int]:
    return [hit.record_id for hit in results.hits]


def left_behind(kb: Kb, *folders: Path) -> tuple[dict[str, int], set[Path]]:
    """Rows of every table and every file there is, but for the indexes'."""
    counts = {table.name: select(func.count()).select_from(table) for table in Entity.metadata.sorted_tables}
    with kb.database.read() as session:
        rows = {name: session.execute(count).scalar_one() for name, count in counts.items()}
    return rows, {path for folder in folders for path in folder.rglob("*") if "index" not in path.parts}


def test_records_about_the_same_come_first_in_both_languages(library: Kb) -> None:
    found = library.similar.to_record(1, VISITOR)
    assert set(ids(found)[:3]) == {2, 3, 4}
    assert {hit.language for hit in found.hits[:3]} == {"de", "en"}
    assert found.query.text == "Record 0"
    assert found.total == len(found.hits) == 7


def test_a_record_is_not_its_own_neighbour_nor_are_its_documents(
    library: Kb, text_file: Callable[[str, str], Path]
) -> None:
    fields = parse({"key": "record-0", "title": "Record 0", "language": "en", "solution": BINS}, where="test")
    library.intake.add_record(fields, [text_file("bins.txt", BINS * 3)], source="test")
    Worker(library).drain()
    assert len(library.catalog.record(1, VISITOR).documents) == 2
    assert 1 not in ids(library.similar.to_record(1, VISITOR))
    assert 1 in ids(library.similar.to_record(2, VISITOR))


def test_a_draft_is_neither_a_hit_nor_a_source_for_a_visitor(library: Kb) -> None:
    assert 9 not in ids(library.similar.to_record(1, VISITOR))
    with pytest.raises(NotFound):
        library.similar.to_record(9, VISITOR)
    with pytest.raises(NotFound):
        library.similar.to_record(999, OPERATOR)
    assert set(ids(library.similar.to_record(9, OPERATOR))[:4]) == {1, 2, 3, 4}


def test_a_withdrawn_record_vanishes_at_once(library: Kb) -> None:
    assert 2 in ids(library.similar.to_record(1, VISITOR))
    with library.database.write() as session:
        publishing.move(session, 2, "withdrawn")
    assert 2 not in ids(library.similar.to_record(1, VISITOR))
    assert 2 not in ids(library.similar.to_text(BINS, VISITOR))
    with pytest.raises(NotFound):
        library.similar.to_record(2, VISITOR)


def test_filters_narrow_before_ranking(library: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.likeness.NOMINATED", 1)
    monkeypatch.setattr("index.likeness.SEEN", 1)
    found = library.similar.to_text(BINS, VISITOR, Query(text="", filters=Filters(countries=("DE",))))
    assert found.hits
    assert {hit.place.country for hit in found.hits} == {"DE"}
    assert found.facets["country"] == {"DE": found.total}


def test_a_text_finds_what_is_like_it(library: Kb) -> None:
    found = library.similar.to_text(f"{TRAMS}\r\n\r\nTracks and crossings\x00 for the tram.", VISITOR)
    assert set(ids(found)[:4]) == {5, 6, 7, 8}
    assert found.query.text.startswith("The tram line")


def test_pages_count_records(library: Kb) -> None:
    whole = ids(library.similar.to_record(1, VISITOR))
    assert ids(library.similar.to_record(1, VISITOR, Query(text="", offset=2, limit=3))) == whole[2:5]
    with pytest.raises(InvalidInput):
        library.similar.to_record(1, VISITOR, Query(text="", limit=0))


@pytest.mark.parametrize("text", ["", " \n ", "?!", "\x00\ud800"])
def test_a_text_without_a_letter_is_refused(library: Kb, text: str) -> None:
    with pytest.raises(EmptyQuery):
        library.similar.to_text(text, VISITOR)


def test_a_text_as_long_as_a_file_is_refused(library: Kb) -> None:
    with pytest.raises(InvalidInput, match="as a file"):
        library.similar.to_text("a" * (similar.LONGEST_TEXT + 1), VISITOR)


def test_a_file_leaves_no_trace(
    library: Kb, tmp_path: Path, text_file: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    path = text_file("trams.txt", TRAMS * 3)
    before = left_behind(library, tmp_path)
    found = library.similar.to_file(path, "Trams of the town.txt", VISITOR)
    assert set(ids(found)[:4]) == {5, 6, 7, 8}
    assert found.query.text == "Trams of the town.txt"
    assert left_behind(library, tmp_path) == before


@pytest.mark.parametrize(
    ("content", "error"), [(b"", Empty), (b"%PDF-1.7\nno objects", IngestError), (b"\x00" * 50, IngestError)]
)
def test_a_bad_file_is_told_as_on_upload(library: Kb, tmp_path: Path, content: bytes, error: type[IngestError]) -> None:
    path = tmp_path / "bad.pdf"
    path.write_bytes(content)
    before = left_behind(library, tmp_path)
    with pytest.raises(error):
        library.similar.to_file(path, "bad.pdf", VISITOR)
    assert left_behind(library, tmp_path) == before


def test_a_file_that_is_not_there_or_too_large(library: Kb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingFile):
        library.similar.to_file(tmp_path / "none.pdf", "none.pdf", VISITOR)
    path = tmp_path / "large.txt"
    path.write_text("words " * 100)
    monkeypatch.setattr(library.similar, "_max_bytes", 100)
    with pytest.raises(TooLarge):
        library.similar.to_file(path, "large.txt", VISITOR)


def test_an_empty_collection_has_no_neighbours(kb: Kb) -> None:
    found = kb.similar.to_text(BINS, VISITOR)
    assert (found.total, found.hits, found.answered) == (0, (), False)


def test_a_record_of_very_many_passages_is_not_its_own_neighbour(library: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ids(library.similar.to_record(1, VISITOR))
    monkeypatch.setattr(similar, "FEW", 0)
    assert ids(library.similar.to_record(1, VISITOR)) == plain


def test_a_long_text_is_bounded(library: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of hundreds of passages costs what a few dozen cost."""
    embedded: list[int] = []
    _, embedder = library.models.current()
    plain = embedder.embed_passages

    def counted(texts: Sequence[str]) -> Vectors:
        embedded.append(len(texts))
        return plain(texts)

    monkeypatch.setattr(embedder, "embed_passages", counted)
    found = library.similar.to_text("\n\n".join(f"{TRAMS} {number}" * 12 for number in range(150)), VISITOR)
    assert embedded == [similar.MOST_EMBEDDED]
    assert set(ids(found)[:4]) == {5, 6, 7, 8}
