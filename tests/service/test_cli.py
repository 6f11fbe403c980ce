"""The command line: one clear sentence, a documented exit code, nothing half-stored."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest

from index.calibration import Calibration
from index.fusion import Fusion
from kb import cli
from kb.facets import FACETS
from tests.support.bad_input import SILENT, WORDED
from tests.support.tiny import TinyShelf

TEXT = "Every household received a brown bin for organic waste. The bins are emptied twice a week by the town."


class Result:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("KB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KB_MODELS", str(tmp_path / "models"))

    def call(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(one) for one in arguments], shelf=TinyShelf)
        out, err = capfd.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def ready(run: Run) -> Run:
    assert run("init").code == 0
    return run


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def protected_pdf(path: Path) -> Path:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path)
    return path


def records(run: Run) -> str:
    return next(row["message"] for row in run("check", "--json").json["findings"] if row["subject"] == "database")


def test_init_is_silent_and_can_be_repeated(run: Run) -> None:
    for _ in range(2):
        result = run("init")
        assert (result.code, result.out, result.err) == (0, "", "")


def test_without_a_database_the_way_out_is_named(run: Run) -> None:
    result = run("search", "bins")
    assert result.code == 5
    assert "kb init" in result.err


def test_add_search_show(ready: Run, tmp_path: Path) -> None:
    added = ready("add", write(tmp_path / "bins.md", f"# Brown bins\n\n{TEXT}"), "--json")
    assert added.code == 0
    (outcome,) = added.json["outcomes"]
    assert outcome["status"] == "searchable"
    found = ready("search", "brown", "bin", "for", "every", "household", "--json").json
    assert set(found) == {"query", "language", "total", "answered", "hits", "facets"}
    (hit,) = found["hits"]
    documented = "record document title language place score probability passage pages heading url"
    assert set(hit) == set(documented.split())
    assert hit["title"] == "Brown bins"
    assert hit["url"].startswith(f"http://127.0.0.1:8021/records/{hit['record']}#passage-")
    shown = ready("show", hit["record"])
    assert TEXT.split(".", maxsplit=1)[0] in " ".join(shown.out.split())
    assert ready("search", "brown bin").code == 0


@pytest.mark.parametrize(
    ("name", "content", "code", "sentence"),
    [
        ("absent.txt", None, "missing-file", "cannot be opened"),
        ("empty.txt", b"", "empty", "empty"),
        ("blank.txt", b" \n \n", "empty", ""),
        ("noise.txt", bytes(range(256)) * 30, "unsupported", ""),
        ("broken.pdf", b"%PDF-1.7\nnothing more", "unreadable", ""),
    ],
)
def test_a_file_that_cannot_be_added_leaves_nothing(
    ready: Run, tmp_path: Path, name: str, content: bytes | None, code: str, sentence: str
) -> None:
    path = tmp_path / name if content is None else write(tmp_path / name, content)
    result = ready("add", path, "--json")
    assert result.code == 6
    (outcome,) = result.json["outcomes"]
    assert outcome["code"] == code
    assert sentence in outcome["message"]
    assert len(outcome["message"]) > 20
    assert records(ready) == "0 records"


def test_a_protected_pdf_is_named_as_such(ready: Run, tmp_path: Path) -> None:
    result = ready("add", protected_pdf(tmp_path / "secret.pdf"), "--json")
    (outcome,) = result.json["outcomes"]
    assert (result.code, outcome["code"]) == (6, "encrypted")
    assert "password" in outcome["message"]
    assert records(ready) == "0 records"


def test_one_bad_file_does_not_keep_the_good_ones_out(ready: Run, tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.txt", TEXT), write(tmp_path / "bad.txt", b"\x00\x01\x02" * 500)
    result = ready("add", good, bad, "--json")
    assert result.code == 6
    assert result.json["summary"] == {"failed": 1, "searchable": 1}
    assert sum(result.json["codes"].values()) == 1
    assert records(ready) == "1 records"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("serach", "x"), 2, "There is no command 'serach'; did you mean 'search'?"),
        (("model", "lst"), 2, "did you mean 'list'"),
        (("search",), 2, "Missing argument"),
        (("search", "???"), 2, "Type what you are looking for"),
        (("search", "x", "--kind", "recipe"), 2, "there are: practice, study"),
        (("search", "x", "--country", "Italy"), 2, "two capital letters"),
        (("search", "x", "--limit", "0"), 2, "1 to 100"),
        (("search", "x", "--theme", "recipes"), 2, "there are: agriculture"),
        (("list", "--region", "Tuskany"), 2, "is no region; there is none yet"),
        (("list", "--collection", "none"), 2, "is no collection"),
        (("list", "--from", "2010", "--to", "2009"), 2, "earlier year first"),
        (("list", "--sort", "size"), 2, "there are: relevance, likeness, date, distance"),
        (("list", "--sort", "distance"), 2, "name a municipality"),
        (("list", "--like-place", "Capanori"), 2, "did you mean Capannori"),
        (("list", "--near", "Castro", "--within", "3"), 2, "Castro (BG) 016065; Castro (LE) 075096"),
        (("list", "--near", "91,0"), 2, "lies nowhere"),
        (("list", "--near", "Sovizzo"), 2, "LAT,LON"),
        (("list", "--within", "30"), 2, "--near"),
        (("list", "--near", "Lucca", "--within", "-1"), 2, "above 0"),
        (("list", "--same", "region"), 2, "--like-place"),
        (("list", "--like-place", "Lucca", "--same", "colour"), 2, "there are: region, population"),
        (("collection", "create", "A B", "Title"), 2, "small letters"),
        (("collection", "add", "none", "1"), 3, "kb collection list"),
        (("show", "99"), 3, "There is no record 99"),
        (("show", "one"), 2, "not a valid integer"),
        (("import", "absent.csv"), 2, "no such file or folder"),
        (("import", "README.md"), 2, "kb add"),
        (("eval", "absent"), 2, "corpus.jsonl"),
        (("model", "use", "gigantic"), 3, "kb model list"),
        (("model", "add", "gigantic"), 5, "there is: tiny"),
        (("model", "drop", "tiny"), 2, "in use"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_clear_sentence(
    ready: Run, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    result = ready(*arguments)
    assert result.code == code
    assert sentence in result.err
    assert "Traceback" not in result.err


def test_an_unknown_setting_names_the_nearest(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_DATABASE_ULR", "x")
    result = run("config")
    assert result.code == 2
    assert "no setting KB_DATABASE_ULR; did you mean KB_DATABASE_URL" in result.err


def test_config_shows_value_and_source(run: Run) -> None:
    rows = {row["name"]: row for row in run("config", "--json").json}
    assert rows["KB_DATA"]["source"] == "environment"
    assert rows["KB_PORT"]["value"] == "8021"
    assert "KB_PORT" in run("config").out


def test_import_of_a_folder_tells_what_became_of_each_file(ready: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write(folder / "a.txt", TEXT)
    write(folder / "copy.txt", TEXT)
    write(folder / "empty.txt", "")
    result = ready("import", folder, "--json")
    assert result.code == 6
    assert {row["source"]: row["status"] for row in result.json["outcomes"]} == {
        "a.txt": "searchable",
        "copy.txt": "duplicate",
        "empty.txt": "rejected",
    }
    again = ready("import", folder, "--json").json["summary"]
    assert again == {"duplicate": 1, "rejected": 1, "unchanged": 1}
    assert "1 duplicate, 1 rejected, 1 unchanged" in ready("import", folder).out


def test_import_of_a_table_carries_the_metadata(ready: Run, tmp_path: Path) -> None:
    write(tmp_path / "bins.txt", TEXT)
    rows = [
        {"key": "bins", "title": "Brown bins", "country": "IT", "themes": ["waste"], "file": "bins.txt", "start": 2011},
        {"key": "bad", "title": "Bad", "country": "Italy"},
        {"key": "told", "title": "Told", "solution": "Free buses for all residents.", "kind": "practice"},
    ]
    manifest = write(tmp_path / "m.jsonl", "\n".join(json.dumps(row) for row in rows))
    result = ready("import", manifest, "--json")
    assert result.code == 6
    statuses = [(row["source"], row["status"]) for row in result.json["outcomes"]]
    assert statuses == [("bins", "searchable"), ("m.jsonl line 2", "rejected"), ("told", "searchable")]
    found = ready("search", "brown bin", "--country", "IT", "--json").json
    assert [hit["place"] for hit in found["hits"]] == ["IT"]


@pytest.fixture
def towns(ready: Run, tmp_path: Path) -> Run:
    """Three Italian towns and one abroad, each with brown bins."""
    codes = {"capannori": "046007", "lucca": "046017", "ostana": "004156"}
    rows: list[dict[str, object]] = [
        {"key": key, "title": key.title(), "country": "IT", "lau": code, "themes": ["waste"], "summary": TEXT}
        for key, code in codes.items()
    ]
    rows.append({"key": "bogota", "title": "Bogotá", "country": "CO", "summary": TEXT, "start": 2012})
    assert ready("import", write(tmp_path / "m.jsonl", "\n".join(map(json.dumps, rows)))).code == 0
    return ready


def test_list_narrows_orders_and_counts(towns: Run) -> None:
    listed = towns("list", "--json").json
    assert set(listed) == {"total", "records", "facets"}
    assert (listed["total"], listed["records"][0]["key"]) == (4, "bogota")
    assert list(listed["facets"]) == [facet.name for facet in FACETS]
    assert listed["facets"]["theme"] == {"waste": 3}
    assert towns("list", "--theme", "waste", "--limit", "1", "--json").json["total"] == 3
    assert "1 of 1 records" in towns("list", "--from", "2012").out


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (("--near", "Lucca", "--within", "20"), ["capannori", "lucca"]),
        (("--near", "43.84,10.5", "--within", "20", "--sort", "distance"), ["lucca", "capannori"]),
        (("--near", "Ostana", "--sort", "distance"), ["ostana", "lucca", "capannori", "bogota"]),
        (("--like-place", "Capannori", "--same", "region"), ["capannori", "lucca"]),
        (("--like-place", "Capannori", "--same", "population"), ["capannori"]),
        (("--like-place", "Capannori", "--within", "20"), ["capannori", "lucca"]),
        (("--region", "Toscana", "--region", "Piemonte", "--sort", "date"), ["capannori", "lucca", "ostana"]),
    ],
)
def test_places_narrow_and_order(towns: Run, options: tuple[str, ...], keys: list[str]) -> None:
    for command in (("list",), ("search", "brown bin for every household")):
        result = towns(*command, *options, "--json").json
        found = [
            row.get("key") or row["title"].lower().replace("á", "a")
            for row in result.get("records", result.get("hits"))
        ]
        assert (found if "distance" in options else sorted(found)) == keys


def test_search_puts_like_places_first(towns: Run) -> None:
    found = towns("search", "brown bin for every household", "--like-place", "lucca", "--json").json
    assert [hit["title"] for hit in found["hits"]] == ["Lucca", "Capannori", "Ostana", "Bogotá"]


def test_collections_are_made_filled_and_narrowed_by(towns: Run) -> None:
    assert towns("collection", "create", "bins", "Bins", "--visibility", "public").code == 0
    assert towns("collection", "add", "bins", "1", "2", "--note", "Begin here").code == 0
    assert towns("collection", "remove", "bins", "1").code == 0
    assert towns("list", "--collection", "bins", "--json").json["total"] == 1
    (one,) = towns("collection", "list", "--json").json
    assert one == {"key": "bins", "title": "Bins", "visibility": "public", "records": 1}
    assert "public" in towns("collection", "list").out
    assert towns("collection", "delete", "bins").code == 0
    assert towns("collection", "list", "--json").json == []


def test_export_prints_what_import_takes(towns: Run, tmp_path: Path) -> None:
    table = towns("export")
    assert table.code == 0
    towns("collection", "create", "bins", "Bins")
    towns("collection", "add", "bins", "2")
    (one,) = json.loads(towns("export", "--collection", "bins", "--format", "json").out)["records"]
    assert one["record"] == 2
    assert towns("export", "--collection", "none").code == 3
    rows = list(csv.DictReader(io.StringIO(table.out.removeprefix("\ufeff"))))
    kept = [{name: cell for name, cell in row.items() if name not in ("record", "state", "address")} for row in rows]
    with (tmp_path / "again.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    assert towns("import", str(tmp_path / "again.csv")).code == 0
    assert towns("export").out == table.out


def test_check_and_model_list(ready: Run, tmp_path: Path) -> None:
    ready("add", write(tmp_path / "a.txt", TEXT))
    assert ready("check").code == 0
    swept = ready("check", "--sweep", "--json").json
    assert swept["swept"] == {"originals": 0, "removals": 0}
    (model,) = ready("model", "list", "--json").json
    assert (model["name"], model["in_use"], model["passages"], model["lacking"]) == ("tiny", True, 1, 0)


def test_check_tells_a_missing_original(ready: Run, tmp_path: Path) -> None:
    ready("add", write(tmp_path / "a.txt", TEXT))
    for path in (tmp_path / "data" / "files").glob("??/*"):
        path.unlink()
    result = ready("check", "--json")
    assert result.code == 1
    assert [row["subject"] for row in result.json["findings"] if row["level"] == "error"] == ["originals"]


def labelled(folder: Path, subject: str, answer: str) -> Path:
    """A set of six documents, one of which answers its three queries."""
    others = [f"{subject} number {number}, about trams, rails and platform {number}." for number in range(5)]
    texts = {"a": answer, **{f"d{number}": text for number, text in enumerate(others)}}
    documents = [{"id": id_, "lang": "en", "title": f"{subject} {id_}", "text": text} for id_, text in texts.items()]
    queries = [
        {"id": f"q{n}", "lang": "en", "text": text} for n, text in enumerate((answer, answer[:40], answer[-40:]))
    ]
    write(folder / "corpus.jsonl", "\n".join(map(json.dumps, documents)))
    write(folder / "queries.jsonl", "\n".join(map(json.dumps, queries)))
    write(folder / "qrels.tsv", "query-id\tcorpus-id\tscore\n" + "".join(f"q{n}\ta\t1\n" for n in range(3)))
    return folder


def test_eval_measures_the_three_methods_and_what_is_refused(ready: Run, tmp_path: Path) -> None:
    folder = labelled(tmp_path / "bins", "Bins", TEXT)
    foreign = labelled(
        tmp_path / "tides", "Tides", "A mill that grinds with the tide was rebuilt by the harbour guild."
    )
    report = ready("eval", folder, "--foreign", foreign, "--json").json
    for method in ("dense", "lexical", "search"):
        assert report[method]["MRR@10"] > 0.8
        assert report[method]["by_pair"]["en-en"]["queries"] == 3
    assert (report["documents"], report["queries"]) == (6, 3)
    assert set(report["refused"]) == {"own", "foreign", "nonsense"}
    assert all(0 <= part <= 1 for part in report["refused"].values())
    assert ready("eval", folder).code == 0


def test_fit_writes_weights_a_curve_and_the_evidence_for_both(ready: Run, tmp_path: Path) -> None:
    folders = [
        labelled(tmp_path / "bins", "Bins", TEXT),
        labelled(tmp_path / "tides", "Tides", "A mill that grinds with the tide was rebuilt by the harbour guild."),
    ]
    target = tmp_path / "fitted"
    target.mkdir()
    report = ready("fit", *folders, "--to", target, "--json").json
    assert report == json.loads((target / "evidence.json").read_text(encoding="utf-8"))
    for found in report["sets"].values():
        assert found["queries"]["own"] == found["queries"]["foreign"] == 3
        assert found["fitted"]["MRR@10"] == 1.0
        assert 0 <= found["held_out"]["refused"]["nonsense"] <= 1
    assert Fusion.load(target).sentence
    assert 0 < Calibration.load(target).threshold < 1


def test_fitting_to_a_single_set_is_refused(ready: Run, tmp_path: Path) -> None:
    refused = ready("fit", labelled(tmp_path / "bins", "Bins", TEXT), "--to", tmp_path)
    assert refused.code == 2
    assert "two sets or more" in refused.err


HEAVY = ("torch", "numpy", "sqlalchemy", "flask", "faiss", "tantivy", "sentence_transformers", "pydantic", "lingua")


def test_help_imports_nothing_heavy() -> None:
    """`kb --help` answers at once because of what it does not import."""
    program = f"""
import sys
from kb.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Usage: kb" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_similar_takes_a_record_a_file_or_a_text(ready: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        ready("add", write(tmp_path / f"{name}.txt", f"{TEXT} Street {name}."))
    by_record = ready("similar", "1", "--json").json
    assert [hit["record"] for hit in by_record["hits"]] == [2]
    other = write(tmp_path / "other" / "other.txt", TEXT)
    for arguments in ((other,), ("--text", TEXT)):
        result = ready("similar", *arguments, "--json")
        assert (result.code, {hit["record"] for hit in result.json["hits"]}) == (0, {1, 2})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert "record 1" in ready("similar", "-").out
    assert records(ready) == "2 records"


@pytest.mark.parametrize(
    ("arguments", "code"), [((), 2), (("99",), 3), (("none.pdf",), 2), (("--text", "?!"), 2), (("1", "--text", "a"), 2)]
)
def test_similar_refuses_what_it_cannot_compare(ready: Run, arguments: tuple[str, ...], code: int) -> None:
    result = ready("similar", *arguments)
    assert (result.code, result.out) == (code, "")
    assert "Traceback" not in result.err


def test_similar_names_what_is_wrong_with_a_file(ready: Run, tmp_path: Path) -> None:
    result = ready("similar", protected_pdf(tmp_path / "locked.pdf"))
    assert result.code == 6
    assert "password" in result.err


@pytest.mark.parametrize("name", SILENT)
def test_text_without_a_letter_is_refused_in_one_sentence(ready: Run, name: str) -> None:
    for result in (ready("search", "--", SILENT[name]), ready("similar", "--text", SILENT[name])):
        assert (result.code, result.out) == (2, "")
        assert result.err.count("\n") == 1


def test_no_syntax_is_obeyed_nor_breaks_what_is_printed(ready: Run, tmp_path: Path) -> None:
    ready("add", write(tmp_path / "bins.txt", TEXT))
    for text in WORDED.values():
        for result in (ready("search", "--json", "--", f"brown bin {text}"), ready("similar", "--text", text)):
            assert (result.code, result.err) == (0, "")
        assert ready("search", "--json", "--", f"brown bin {text}").json["total"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "bin", "--kind", "recipe"),
        ("search", "bin", "--country", "italy"),
        ("search", "bin", "--limit", "0"),
        ("search", "bin", "--limit", "1e3"),
        ("search", "bin", "--offset", "-1"),
        ("search", "brown bin " * 10_000),
        ("similar", "--text", "bin", "--limit", "1000"),
        ("similar", "../nothing.pdf"),
        ("show", "-1"),
        ("show", "one"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(ready: Run, arguments: tuple[str, ...]) -> None:
    result = ready(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Traceback" not in result.err


@pytest.mark.parametrize("record", ["0", "9223372036854775807", "99999999999999999999999"])
@pytest.mark.parametrize("command", ["show", "similar"])
def test_a_number_that_no_record_has_is_not_found(ready: Run, command: str, record: str) -> None:
    result = ready(command, record)
    assert result.code == 3
    assert result.err.count("\n") == 1


def test_a_page_beyond_the_last_is_not_sold_as_no_answer(ready: Run, tmp_path: Path) -> None:
    ready("add", write(tmp_path / "bins.txt", TEXT))
    result = ready("search", "brown bin", "--offset", "99999999999999999999")
    assert "end at 1" in result.out
