"""Every state and notice of a document is told in every language of the readers."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from kb import errors
from kb.sentences import LANGUAGES, notice, preferred, sentences, tell
from tests.support.reference import _leaves

INGEST = Path(__file__).parents[2] / "ingest"
CODES = {kind.code for kind in _leaves(errors.IngestError)} - {errors.IngestError.code} | {errors.MissingFile.code}


def noticed() -> set[str]:
    """Codes of all notices that readers of files give."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in INGEST.rglob("*.py"))
    return set(re.findall(r'(?:Notice\(\s*code=|notice\(\s*)"([a-z-]+)"', sources))


def test_every_code_has_a_sentence_in_every_language() -> None:
    assert {"page-needs-ocr", "facts-unreadable"} <= noticed()
    assert CODES | noticed() <= set(sentences())
    assert [code for code, told in sentences().items() if set(told) != set(LANGUAGES)] == []


def test_the_sentences_of_a_code_have_the_same_blanks_and_differ() -> None:
    for code, told in sentences().items():
        blanks = {
            language: {name for _, name, *_ in Formatter().parse(text) if name} for language, text in told.items()
        }
        assert len({frozenset(names) for names in blanks.values()}) == 1, code
        assert len(set(told.values())) == len(LANGUAGES), code


def test_facts_fill_the_blanks() -> None:
    told = notice("page-unsure", 3, percent=44)
    assert "44 %" in told.message
    assert tell(told.code, "it", **told.facts) == (
        "Il testo della pagina 3 è stato riconosciuto (OCR) con una sicurezza di solo il 44 %: "
        "molte parole possono essere sbagliate."
    )
    assert tell("page-unsure", "it") is None
    assert tell("no-such-code", "it") is None


@pytest.mark.parametrize(
    ("wishes", "language"), [(("it_IT.UTF-8",), "it"), (("C.UTF-8", "de"), "de"), (("", None), "en"), (("pl",), "en")]
)
def test_the_first_wish_that_can_be_met_counts(wishes: tuple[str | None, ...], language: str) -> None:
    assert preferred(*wishes) == language
