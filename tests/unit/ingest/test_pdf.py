"""PDF text comes out as it was meant, not as it was typeset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from ingest.extractors.pdf import extract
from ingest.recognition import program
from kb.errors import Encrypted, NeedsOcr, NoText, Unreadable

Make = Callable[..., Path]
PROSE = [
    "Il Comune ha deciso di piantare alberi lungo tutte le strade del centro",
    "storico e di aprire i cortili delle scuole nei mesi in cui fa più caldo.",
]


def texts(path: Path) -> list[str]:
    return [block.text for block in extract(path, path.name).blocks]


def test_lines_become_paragraphs_and_words_are_mended(make_pdf: Make, column: Any) -> None:
    lines = [
        "La pista ciclabile collega il centro alla stazione e rende più sosteni-",
        "bile il viaggio di ogni giorno.",
    ]
    found = texts(make_pdf([*column(lines, top=760), *column(PROSE, top=700)]))
    assert found == [
        "La pista ciclabile collega il centro alla stazione e rende più sostenibile il viaggio di ogni giorno.",
        " ".join(PROSE),
    ]


def test_running_headers_footers_and_page_numbers_are_dropped(make_pdf: Make, column: Any) -> None:
    subjects = ["acqua", "aria", "suolo", "verde", "scuole"]
    pages = [
        [
            (70, 810, "Comune di Esempio - Piano del clima"),
            *column([f"Questa pagina parla di {subject} e di quello che il Comune farà l'anno prossimo."]),
            (290, 30, f"Pagina {number} di 5"),
            (290, 45, str(number)),
        ]
        for number, subject in enumerate(subjects, start=1)
    ]
    found = " ".join(texts(make_pdf(*pages)))
    assert "Piano del clima" not in found
    assert "Pagina" not in found
    assert found.count("Questa pagina parla di") == 5
    assert not any(f" {number} " in f" {found} " for number in range(1, 6))


def test_what_stands_on_two_pages_only_stays(make_pdf: Make, column: Any) -> None:
    pages = [
        [(70, 810, "Comune di Esempio"), *column([f"Testo {word} della pagina."])] for word in ("primo", "secondo")
    ]
    assert " ".join(texts(make_pdf(*pages))).count("Comune di Esempio") == 2


def test_a_row_of_figures_at_the_foot_is_no_page_number(make_pdf: Make, column: Any) -> None:
    pages = [[*column(PROSE), (70, 40, figure)] for figure in ("412 tonnellate", "97 tonnellate", "1030 tonnellate")]
    found = " ".join(texts(make_pdf(*pages)))
    assert "412" in found
    assert "1030" in found


def test_a_large_title_that_heads_several_pages_stays_once(make_pdf: Make, column: Any) -> None:
    pages = [[(70, 800, "Scheda azione 7", "Helvetica-Bold", 18), *column([*PROSE, f"Voce {w}."])] for w in "abc"]
    assert texts(make_pdf(*pages)).count("Scheda azione 7") == 1


def test_a_paragraph_over_a_page_break_is_one_with_both_pages(make_pdf: Make, column: Any) -> None:
    first = ["La raccolta dei rifiuti porta a porta ha ridotto in due anni la parte che", "finisce in discarica e ha"]
    path = make_pdf(column(first, top=80), column(["fatto risparmiare al Comune una somma importante."]))
    (block,) = extract(path, "x").blocks
    assert block.text.endswith("e ha fatto risparmiare al Comune una somma importante.")
    assert (block.page_from, block.page_to) == (1, 2)
    assert block.text[block.page_breaks[0] :].startswith("fatto risparmiare")


def test_a_word_divided_over_a_page_break_is_mended(make_pdf: Make, column: Any) -> None:
    path = make_pdf(
        column(["Il regolamento vale per gli edifici pubblici e per quelli resi-"], top=80), column(["denziali."])
    )
    (block,) = extract(path, "x").blocks
    assert "residenziali." in block.text
    assert (block.page_from, block.page_to) == (1, 2)


def test_headings_are_told_by_size_weight_and_outline(make_pdf: Make, column: Any) -> None:
    path = make_pdf(
        [
            (70, 800, "Piano per il clima", "Helvetica-Bold", 20),
            (70, 770, "Le azioni del Comune", "Helvetica-Bold", 14),
            *column(PROSE, top=745),
            (70, 700, "Acqua piovana", "Helvetica-Bold", 11),
            *column(PROSE, top=680),
            (70, 640, "Voce di indice"),
            *column(PROSE, top=610),
        ],
        outline=[("Piano per il clima", 1, 1), ("Voce di indice", 2, 1)],
    )
    headings = [(block.level, block.text) for block in extract(path, "x").blocks if block.kind == "heading"]
    assert headings == [
        (1, "Piano per il clima"),
        (2, "Le azioni del Comune"),
        (3, "Acqua piovana"),
        (2, "Voce di indice"),
    ]


def test_bulleted_lines_are_items_without_their_bullet(make_pdf: Make, column: Any) -> None:
    blocks = extract(make_pdf(column(["• piantare alberi", "• aprire i cortili", "• ridurre il traffico"])), "x").blocks
    assert [(b.kind, b.text) for b in blocks] == [
        ("list-item", "piantare alberi"),
        ("list-item", "aprire i cortili"),
        ("list-item", "ridurre il traffico"),
    ]


def test_two_mixed_columns_are_read_one_after_the_other(make_pdf: Make) -> None:
    rows = range(14)
    page: list[Any] = []
    for row in rows:
        page += [
            (60, 760 - 13 * row, f"colonna sinistra riga {row:02} del testo che"),
            (320, 760 - 13 * row, f"colonna destra riga {row:02} del testo che"),
        ]
    found = " ".join(texts(make_pdf(page)))
    assert found.index("sinistra riga 13") < found.index("destra riga 00")


def test_a_table_of_short_cells_is_read_row_by_row(make_pdf: Make) -> None:
    page: list[Any] = []
    for row in range(14):
        page += [(60, 760 - 16 * row, f"Azione {row}"), (320, 760 - 16 * row, f"{row * 10} euro")]
    found = " ".join(texts(make_pdf(page)))
    assert found.index("0 euro") < found.index("Azione 1 ")


def test_a_password_is_told_and_an_empty_one_is_tried(make_pdf: Make) -> None:
    page = [(70, 700, "Testo protetto dal Comune.")]
    with pytest.raises(Encrypted, match="password"):
        extract(make_pdf(page, encrypt=StandardEncryption("segreto", canPrint=0)), "x")
    assert texts(make_pdf(page, encrypt=StandardEncryption("", "padrone"), name="b.pdf")) == [
        "Testo protetto dal Comune."
    ]


@pytest.fixture
def no_recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(program.VARIABLE, "")


@pytest.mark.usefixtures("no_recogniser")
def test_pictures_without_text_need_ocr(make_pdf: Make) -> None:
    with pytest.raises(NeedsOcr, match="OCR"):
        extract(make_pdf(None, None), "x")


@pytest.mark.usefixtures("no_recogniser")
def test_a_scan_with_a_stamped_number_still_needs_ocr(make_pdf: Make, tmp_path: Path) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "scan.pdf"), pagesize=(595, 842))
    for number in range(4):
        canvas.drawImage(ImageReader(Image.new("RGB", (60, 80), "grey")), 0, 0, 595, 842)
        canvas.drawString(70, 20, f"Prot. {number}")
        canvas.showPage()
    canvas.save()
    with pytest.raises(NeedsOcr):
        extract(tmp_path / "scan.pdf", "x")


@pytest.mark.usefixtures("no_recogniser")
def test_one_scanned_page_among_others_is_a_notice(make_pdf: Make, column: Any) -> None:
    extraction = extract(make_pdf(column(PROSE), None), "x")
    assert [(notice.code, notice.page) for notice in extraction.notices] == [("page-needs-ocr", 2)]
    assert extraction.page_count == 2


def test_blank_pages_hold_no_text(make_pdf: Make) -> None:
    with pytest.raises(NoText):
        extract(make_pdf([], []), "x")


def test_a_page_that_cannot_be_read_is_a_notice(make_pdf: Make, column: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_pdf(column(PROSE), column(["Una seconda pagina con un testo suo."]))
    data = path.read_bytes()
    # The second page object becomes something that is no page.
    first, second = data.find(b"/Type /Page\n"), data.rfind(b"/Type /Page\n")
    assert -1 < first < second
    path.write_bytes(data[:second] + b"/Type /Nope\n" + data[second + 12 :])
    try:
        extraction = extract(path, "x")
    except Unreadable:
        pytest.fail("one bad page ended the document")
    assert " ".join(PROSE) in [block.text for block in extraction.blocks]


@pytest.mark.parametrize("keep", [20, 300])
def test_a_file_cut_short_is_unreadable(make_pdf: Make, keep: int) -> None:
    path = make_pdf([(70, 700, "Testo.")])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Unreadable, match=r"damaged|no pages"):
        extract(path, "x")


def test_a_useless_title_gives_way_to_the_first_heading(make_pdf: Make, column: Any) -> None:
    page = [(70, 800, "Piano per il clima", "Helvetica-Bold", 20), *column(PROSE, top=760)]
    for title in ("Microsoft Word - bozza_3.doc", "untitled", "scan_0001.pdf"):
        assert extract(make_pdf(page, title=title), "x").proposal.title == "Piano per il clima"
    proposal = extract(make_pdf(page, title="Microsoft Word - Il verde in città"), "x").proposal
    assert proposal.title == "Il verde in città"
    assert proposal.created is not None
    assert len(proposal.created) == 10


def test_page_labels_are_those_printed(make_pdf: Make, column: Any) -> None:
    from pypdf import PdfReader, PdfWriter

    path = make_pdf(column(PROSE), column(PROSE), column(["Fine del documento."]))
    assert extract(path, "x").page_labels == ()
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.set_page_label(0, 1, style="/r")
    writer.set_page_label(2, 2, style="/D", start=1)
    writer.write(path)
    assert extract(path, "x").page_labels == ("i", "ii", "1")


def test_footnotes_do_not_interrupt_a_paragraph(make_pdf: Make, column: Any) -> None:
    first = ["La raccolta dei rifiuti porta a porta ha ridotto in due anni la parte che", "finisce in discarica e ha"]
    note = (70, 40, "1 Dati della Regione, raccolti ogni anno.", "Helvetica", 8.0)
    path = make_pdf([*column(first, top=80), note], column(["fatto risparmiare al Comune una somma importante."]))
    assert [(block.kind, block.text[:22]) for block in extract(path, "x").blocks] == [
        ("paragraph", "La raccolta dei rifiut"),
        ("footnote", "1 Dati della Regione, "),
    ]


def test_without_a_usable_title_the_largest_lines_of_the_first_page_are_proposed(make_pdf, column) -> None:
    body = column(
        [f"Line {number} of the report about trees in the streets of the town" for number in range(20)], top=600
    )
    cover = [
        (70, 780, "City of Somewhere", "Helvetica-Bold", 12),
        (70, 720, "Trees for every street", "Helvetica-Bold", 24),
        (70, 690, "and every square", "Helvetica-Bold", 24),
    ]
    path = make_pdf([*cover, *body], title="Microsoft Word - V_12_report_final.docx")
    assert extract(path, "x.pdf").proposal.title == "Trees for every street and every square"


def test_what_a_file_name_added_is_no_part_of_a_title(make_pdf, column) -> None:
    path = make_pdf(
        column(["Some text that is long enough to be read"] * 3), title="Climate label rules 2025_041225_vf"
    )
    assert extract(path, "x.pdf").proposal.title == "Climate label rules 2025"
