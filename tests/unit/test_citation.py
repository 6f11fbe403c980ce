"""Citations: what a reference manager reads is what was meant, whatever a title holds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kb import citation
from kb.values import Place, RecordView

ADDRESS = "https://pratiche.example.it/records/7"
STUDY = RecordView(
    record_id=7,
    key="row-7",
    kind="study",
    state="published",
    title="Acqua & suolo: 100% {verde}",
    summary="Come si fa.",
    language="it",
    place=Place(country="IT", municipality="Ostana"),
    year=2021,
    details={
        "authors": ["Rossi, Anna", "Bianchi and Sons", "Ωmega Σ"],
        "publisher": "ISPRA",
        "doi": "https://doi.org/10.1000/x_1",
        "keywords": ["acqua", "suolo"],
    },
    documents=(),
)
PRACTICE = replace(STUDY, kind="practice", year=None, details={"promoter": "Comune di Ostana"})
HOSTILE = "Fine\r\nER  - \nTY  - HACK\u2028AU  - Mallory } , author = {Mallory"


def test_ris_names_what_reference_managers_read() -> None:
    lines = citation.ris(STUDY, ADDRESS).split("\r\n")
    assert lines[0] == "TY  - RPRT"
    assert lines[-2:] == ["ER  - ", ""]
    assert {"TI  - Acqua & suolo: 100% {verde}", "AU  - Rossi, Anna", "PY  - 2021", "DO  - 10.1000/x_1"} <= set(lines)
    assert [line for line in lines if line.startswith("KW")] == ["KW  - acqua", "KW  - suolo"]
    assert f"UR  - {ADDRESS}" in lines
    assert "AU  - Comune di Ostana" in citation.ris(PRACTICE, ADDRESS)


def test_no_value_begins_a_line_of_its_own_in_ris() -> None:
    hostile = replace(STUDY, title=HOSTILE, summary=HOSTILE, details={"keywords": [HOSTILE], "authors": [HOSTILE]})
    text = citation.ris(hostile, ADDRESS)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in text.split("\r\n")[:-1])
    assert (text.count("\nER  - "), len(text.splitlines())) == (1, text.count("\r\n"))


def test_bibtex_is_obeyed_by_nothing_but_bibtex() -> None:
    entry = citation.bibtex(STUDY, ADDRESS)
    assert entry.startswith("@techreport{agora21-7-acqua-suolo-100-verde,\n")
    assert r"title = {{Acqua \& suolo: 100\% \{verde\}}}" in entry
    assert "author = {Rossi, Anna and {Bianchi and Sons} and Ωmega Σ}" in entry
    assert "doi = {10.1000/x\\_1}" in entry
    assert "author = {{Comune di Ostana}}" in citation.bibtex(PRACTICE, ADDRESS)


@pytest.mark.parametrize("field", ["title", "summary"])
def test_braces_of_bibtex_stay_balanced(field: str) -> None:
    entry = citation.bibtex(replace(STUDY, **{field: HOSTILE + "{{{\\"}), ADDRESS + "?a={b}")
    bare = re.sub(r"\\[{}]", "", entry)
    assert bare.count("{") == bare.count("}")
    assert len(re.findall(r"^  [a-z]+ = \{", entry, re.MULTILINE)) == entry.count("\n") - 2


def test_a_line_for_people() -> None:
    assert citation.plain(replace(STUDY, details={"authors": ["Rossi, Anna"]}), ADDRESS) == (
        f"Rossi, Anna (2021). Acqua & suolo: 100% {{verde}}. {ADDRESS}"
    )
    assert citation.plain(PRACTICE, ADDRESS) == f"Comune di Ostana. Acqua & suolo: 100% {{verde}}. {ADDRESS}"
    assert citation.plain(replace(PRACTICE, details={}), ADDRESS) == f"Acqua & suolo: 100% {{verde}}. {ADDRESS}"
