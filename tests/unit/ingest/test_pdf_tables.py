"""Tables of PDFs are read row by row, so that a figure stays with what it is the figure of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ingest.extractors.pdf import extract
from kb.values import Block

RowsOf = Callable[..., list[Block]]

GRID = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
TEXT = "The town has counted what its households use since 1990 and publishes the figures every year. " * 3


@pytest.fixture
def rows_of(tmp_path: Path) -> RowsOf:
    def read(rows: Sequence[Sequence[object]], style: Sequence[tuple[object, ...]] = GRID) -> list[Block]:
        path = tmp_path / "table.pdf"
        body = getSampleStyleSheet()["BodyText"]
        table = Table([list(row) for row in rows], style=list(style), colWidths=[150] + [90] * (len(rows[0]) - 1))
        SimpleDocTemplate(str(path)).build([Paragraph(TEXT, body), table, Paragraph(TEXT, body)])
        return list(extract(path, path.name).blocks)

    return read


def texts(blocks: Sequence[Block]) -> list[str]:
    return [block.text for block in blocks if block.kind == "table-row"]


def test_each_figure_stays_with_its_label_and_its_heading(rows_of: RowsOf) -> None:
    blocks = rows_of([["", "1990", "2011"], ["Households", "122,405", "159,583"], ["Dwellings", "40,495", "51,367"]])
    assert texts(blocks) == [
        "1990 | 2011",
        "Households | 1990: 122,405 | 2011: 159,583",
        "Dwellings | 1990: 40,495 | 2011: 51,367",
    ]
    assert [block.kind for block in blocks] == ["paragraph", "table-row", "table-row", "table-row", "paragraph"]


def test_a_cell_of_several_lines_is_one_cell(rows_of: RowsOf) -> None:
    rows = [["Measure", "State"], ["Insulation of\npublic buildings", "begun in\n2019"], ["Cycle paths", "planned"]]
    assert texts(rows_of(rows))[1] == "Measure: Insulation of public buildings | State: begun in 2019"


def test_a_label_over_several_rows_is_told_in_each(rows_of: RowsOf) -> None:
    rows = [["Phase", "What", "When"], ["Plan", "Survey", "May"], ["", "Draft", "June"], ["Works", "Start", "July"]]
    found = texts(rows_of(rows, [*GRID, ("SPAN", (0, 1), (0, 2)), ("VALIGN", (0, 1), (0, 2), "MIDDLE")]))
    assert found[1:3] == ["Phase: Plan | What: Survey | When: May", "Phase: Plan | What: Draft | When: June"]


def test_a_title_across_the_table_is_no_row(rows_of: RowsOf) -> None:
    rows = [["Energy of the town", ""], ["Heat", "34 GWh"], ["Power", "12 GWh"]]
    blocks = rows_of(rows, [*GRID, ("SPAN", (0, 0), (1, 0))])
    assert texts(blocks) == ["Heat | 34 GWh", "Power | 12 GWh"]
    assert "Energy of the town" in [block.text for block in blocks]


def test_a_frame_around_running_text_is_no_table(rows_of: RowsOf) -> None:
    frame = [("BOX", (0, 0), (-1, -1), 0.5, "black")]
    assert not texts(rows_of([["A note", "beside"], ["the text", "in a box"]], frame))
