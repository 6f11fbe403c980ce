"""Spreadsheets and tables keep every figure with the labels that say what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.extractors import csv, extract, sheets, xlsx
from ingest.extractors.sheets import Budget, sheet_blocks
from kb.errors import NoText, Unreadable

FillBook = Callable[[Callable[[Any], None]], Path]


def texts(rows: Sequence[Sequence[str]], name: str | None = None) -> list[str]:
    return [block.text for block in sheet_blocks(name, rows)]


@pytest.fixture
def make_xlsx(tmp_path: Path) -> FillBook:
    def make(fill: Callable[[Any], None]) -> Path:
        book = openpyxl.Workbook()
        fill(book)
        # Originals are stored without an ending.
        path = tmp_path / "sample"
        book.save(path)
        return path

    return make


def test_titles_and_sources_stand_apart_from_the_table() -> None:
    rows = [["Emissions by town", ""], [], ["Town", "2019"], ["Graz", "200"], ["Ulm", "120,5"], [], ["Source: towns"]]
    assert texts(rows) == [
        "Emissions by town",
        "Town | 2019",
        "Town: Graz | 2019: 200",
        "Town: Ulm | 2019: 120,5",
        "Source: towns",
    ]


def test_labels_in_two_rows_are_joined() -> None:
    rows = [["", "Heat", "", "Power", ""], ["Town", "2019", "2020", "2019", "2020"], ["Graz", "1", "2", "3", "4"]]
    assert texts(rows)[-1] == "Town: Graz | Heat 2019: 1 | Heat 2020: 2 | Power 2019: 3 | Power 2020: 4"


def test_rows_without_labels_get_none() -> None:
    assert texts([["1", "2,5"], ["3", "4"]]) == ["1 | 2,5", "3 | 4"]


def test_a_longer_file_is_cut_and_says_so() -> None:
    budget = Budget(most=2)
    assert list(budget.of([["a"], [""], ["b"], ["c"]])) == [["a"], [""], ["b"]]
    assert [notice.code for notice in budget.notices] == ["rows-left-out"]
    assert Budget(most=2).notices == ()


def test_a_workbook_is_read_sheet_by_sheet_as_it_is_shown(make_xlsx: FillBook) -> None:
    def fill(book: Any) -> None:
        costs = book.active
        costs.title = "Costs"
        costs.append(["Item", "Cost", "Share"])
        costs.append(["Panels", 12000, 0.354])
        costs["B2"].number_format, costs["C2"].number_format = "#,##0.00", "0.0%"
        book.create_sheet("Trees").append(["Street", "Planted trees"])
        secret = book.create_sheet("Secret")
        secret.append(["x", "hidden words"])
        secret.sheet_state = "hidden"

    extraction = extract(make_xlsx(fill), "x")
    assert [(block.kind, block.text) for block in extraction.blocks] == [
        ("heading", "Costs"),
        ("table-row", "Item | Cost | Share"),
        ("table-row", "Item: Panels | Cost: 12000.00 | Share: 35.4 %"),
        ("heading", "Trees"),
        ("table-row", "Street | Planted trees"),
    ]
    assert [(notice.code, "Secret" in notice.message) for notice in extraction.notices] == [("hidden-left-out", True)]


def test_a_cell_far_away_costs_nothing(make_xlsx: FillBook) -> None:
    def fill(book: Any) -> None:
        book.active["A1"] = "near"
        book.active["A1000000"] = "far"

    assert [block.text for block in extract(make_xlsx(fill), "x").blocks] == ["near", "far"]


def test_an_empty_workbook_has_no_text(make_xlsx: FillBook) -> None:
    with pytest.raises(NoText):
        extract(make_xlsx(lambda _: None), "x")


def test_a_damaged_workbook_is_unreadable(make_xlsx: FillBook, tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(make_xlsx(lambda book: book.active.append(["x"])).read_bytes().replace(b"workbook", b"wrkbook_"))
    with pytest.raises(Unreadable, match="damaged"):
        xlsx.extract(path, "x")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("Comune;Abitanti\nForlì;117.000\nNîmes;148.561\n".encode("cp1252"), "x.csv"),
        ("sep=;\r\nComune;Abitanti\r\nForlì;117.000\r\nNîmes;148.561\r\n".encode(), "x.csv"),
        ("Comune\tAbitanti\nForlì\t117.000\nNîmes\t148.561\n".encode("utf-16"), "x.tsv"),
        ('Comune,Abitanti\n"Forlì",117.000\n"Nîmes",148.561\n'.encode(), "x.csv"),
    ],
)
def test_tables_in_text_form_in_any_dialect(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    extraction = extract(path, name)
    assert extraction.media_type == "text/csv"
    assert [block.text for block in extraction.blocks] == [
        "Comune | Abitanti",
        "Comune: Forlì | Abitanti: 117.000",
        "Comune: Nîmes | Abitanti: 148.561",
    ]


def test_a_table_is_known_without_its_name_and_prose_is_not_one(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("\n".join(f"{year};{year * 2};{year * 3}" for year in range(2000, 2006)))
    assert extract(path, "x.txt").media_type == "text/csv"
    path.write_text("\n".join("Wir danken allen, die halfen, und allen, die kamen." for _ in range(9)))
    assert extract(path, "x.txt").media_type == "text/plain"


def test_a_cell_of_megabytes_ends_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a;b\n"' + "x" * (2 << 20))
    with pytest.raises(Unreadable, match="XLSX"):
        csv.extract(path, "x.csv")


def test_numbers_are_told_from_words() -> None:
    assert [sheets.is_number(text) for text in ("12.000,5 €", "-3 %", "5 kWh", "2019", "Graz", "")] == [
        *[True] * 4,
        *[False] * 2,
    ]
