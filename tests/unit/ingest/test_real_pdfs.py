"""Real PDFs: the words are pdfium's own, and two columns are read one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

import pypdfium2 as pdfium
import pytest

from ingest.extractors.pdf import extract
from kb.errors import Encrypted, IngestError

pytestmark = pytest.mark.shared

TRACES = (
    "Trace-based Just-in-Time Type Specialization",
    "Andreas Gal",
    "Dynamic languages such as JavaScript are more difficult",
    "We have implemented a dynamic compiler for JavaScript",
    "Categories and Subject Descriptors",
    "example, is the de facto standard for client-side web programming",
    "Permission to make digital or hard copies",
    "and is used for the application logic of browser-based productivity",
    "Compilers for statically typed languages",
    "Unlike method-based dynamic compilers",
    "Each compiled trace covers one path",
)
ORDERS = {
    "pdfjs_bug1885505.pdf": TRACES,
    "pdfjs_issue15012.pdf": TRACES,
    "pdfjs_issue7014.pdf": TRACES,
    "pdfjs_tracemonkey_a11y.pdf": TRACES,
    "unstructured_a1977-backus-p21.pdf": (
        "permits the definition of new functional forms",
        "We give one more example of a controlling function",
        "In evaluating the last expression",
        "instead of the more detailed account above",
        "I am indebted to Paul",
        "metacomposition can be used to create recursive functions",
        "Summary of the properties",
        "If x is an object",
        "Cells, fetching, and storing",
        "The functional form fetch",
    ),
    "unstructured_multi-column-2p.pdf": (
        "Dense Passage Retrieval for Open-Domain Question Answering",
        "Vladimir Karpukhin",
        "Open-domain question answering relies on efficient passage retrieval",
        "Introduction",
        "a huge performance degradation is often observed in practice",
        "Retrieval in open-domain QA is usually implemented using TF-IDF",
        "However, it is generally believed that",
        "QA datasets, it also suffers from two weaknesses",
        "Our contributions are twofold",
        "The problem of open-domain QA studied in this paper",
        "the extractive QA setting, in which the answer",
        "We focus our research in this work",
        "builds an index for all the M passages",
    ),
    "unstructured_multi-column.pdf": (
        "traditional retrieval methods, the effects of different training schemes",
        "While it is good to have the flexibility",
        "Main Results",
        "the smallest dataset of the five",
        "We conjecture that the lower performance on SQuAD",
        "Ablation Study on Model Training",
        "Sample efficiency",
        "Impact of gold passages",
        "Our experiments on Natural Questions show",
        "Cross-dataset generalization",
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_two_columns_are_read_one_after_the_other(shared: Path, name: str) -> None:
    text = " ".join(block.text for block in extract(shared / "docs/difficult/pdf" / name, name).blocks)
    places = [text.find(phrase) for phrase in ORDERS[name]]
    assert -1 not in places
    assert places == sorted(places)


def test_notes_stand_apart_at_the_foot_of_both_columns(shared: Path) -> None:
    blocks = extract(shared / "docs/difficult/pdf/unstructured_multi-column.pdf", "x.pdf").blocks
    notes = [block.text for block in blocks if block.kind == "footnote" and block.page_from in (1, 2, 5)]
    assert any("has been released" in note or "have been released" in note for note in notes)
    assert any("SQuAD is limited to a small set" in note for note in notes)
    assert any("The ideal size and boundary" in note for note in notes)


def words(text: str) -> set[str]:
    """Words of letters and digits, lower case, without marks and hyphens, which are mended on purpose."""
    return set(re.findall(r"[^\W_]+", text.casefold()))


def agreement(path: Path) -> float | None:
    """Jaccard of our words and pdfium's; None where there is no text to compare."""
    try:
        ours = words(" ".join(block.text for block in extract(path, path.name).blocks))
    except IngestError:
        return None
    document = pdfium.PdfDocument(path)
    plain = " ".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    document.close()
    theirs = words(re.sub(r"[-\u00ad\ufffe\x02]\s*[\r\n]+\s*|\u00ad|\ufffe|\x02", "", plain))
    return len(ours & theirs) / len(ours | theirs) if len(theirs) >= 20 else None


def test_the_words_are_those_that_pdfium_finds(shared: Path) -> None:
    files = sorted((shared / "docs").rglob("*.pdf"))
    found = [value for path in files[::3] if path.stat().st_size < 2_000_000 and (value := agreement(path)) is not None]
    assert len(found) >= 30
    assert median(found) >= 0.97


@pytest.mark.parametrize("name", ["pdfjs_issue19484_1.pdf", "pdfjs_issue19484_2.pdf"])
def test_what_is_encrypted_in_a_way_nobody_knows_is_not_called_damaged(shared: Path, name: str) -> None:
    with pytest.raises(Encrypted):
        extract(shared / "docs/difficult/pdf" / name, name)
