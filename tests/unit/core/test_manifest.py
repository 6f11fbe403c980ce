"""What `kb import` reads: a bad row spoils only itself, and says where and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import InvalidManifest, MissingFile
from kb.services.manifest import entries


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def test_a_folder_lists_its_files_in_order_without_hidden_ones(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.txt", "b/a.pdf", ".hidden", "b/.DS_Store"):
        write(tmp_path / name, "x")
    assert [entry.source for entry in entries(tmp_path)] == ["b/a.pdf", "z.txt"]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_csv_of_either_half_of_europe(tmp_path: Path, delimiter: str) -> None:
    rows = [["title", "country", "themes", "file"], ["Porta a porta", "IT", '"waste;energy"', "a.pdf"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    (entry,) = entries(write(tmp_path / "m.csv", text, "utf-8-sig"))
    assert entry.error is None
    assert entry.fields is not None
    assert entry.fields.themes == ("waste", "energy")
    assert entry.paths == (tmp_path / "a.pdf",)


def test_a_bad_row_spoils_only_itself(tmp_path: Path) -> None:
    good, bad = '{"title": "A"}', '{"title": "B", "country": "Italia"}'
    first, second, third, fourth = entries(write(tmp_path / "m.jsonl", "\n".join([good, bad, "{", "[1]"])))
    assert first.error is None
    assert "line 2: field 'country'" in str(second.error)
    assert "line 3: not JSON" in str(third.error)
    assert "line 4" in str(fourth.error)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"summary": "no title"}', "field 'title'"),
        ('{"title": "A", "colour": "red"}', "no such field"),
        ('{"title": "A", "themes": ["wastes"]}', "'wastes' is none of"),
        ('{"title": "A", "sdgs": [18]}', "'18' is none of"),
        ('{"title": "A", "lat": 95}', "field 'lat'"),
        ('{"title": "A", "source_url": "javascript:alert(1)"}', "https://"),
        (f'{{"title": "{"x" * 251}"}}', "field 'title'"),
    ],
)
def test_each_rule_names_its_field(tmp_path: Path, row: str, reason: str) -> None:
    (entry,) = entries(write(tmp_path / "m.jsonl", row))
    assert isinstance(entry.error, InvalidManifest)
    assert reason in entry.error.message


def test_what_is_no_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        entries(tmp_path / "absent.csv")
    with pytest.raises(InvalidManifest, match="kb add"):
        entries(write(tmp_path / "a.pdf", "x"))
    with pytest.raises(InvalidManifest, match="UTF-8"):
        entries(write(tmp_path / "m.jsonl", "è", "latin-1"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidManifest, match="no files"):
        entries(tmp_path / "empty")
