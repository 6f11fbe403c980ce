"""A word that is common in the asker's language weighs no more for being rare in another."""

from __future__ import annotations

from pathlib import Path

from index.lexical import WordIndex
from kb.values import Change

ITALIAN = [
    "Il tasso di deforestazione del Brasile, che era alto, è stato ridotto.",
    "La scuola che è stata isolata ne ha avuto vantaggio.",
    "Il letto del fiume è stato allargato, che ne dà più spazio.",
    "Le strade del centro che è stato chiuso sono più silenziose.",
] * 20


def change(number: int, language: str, text: str) -> Change:
    return Change(seq=number, passage_id=number, live=True, language=language, text=text)


def test_function_words_of_a_rare_language_do_not_outweigh_the_question(tmp_path: Path) -> None:
    """One passage taken for English must not win every Italian query by the Italian words in it."""
    index = WordIndex(tmp_path)
    rows = [change(number, "it", text) for number, text in enumerate(ITALIAN, start=1)]
    stray = change(1000, "en", "Del dottore che è stato del programma di che tra il comico e la serie.")
    index.apply([*rows, stray])
    ids, scores = index.search("Che ne è stato del tasso di deforestazione del Brasile?", 200, language="it")
    index.close()
    of = dict(zip(ids.tolist(), scores.tolist(), strict=True))
    assert ITALIAN[ids[0] - 1].startswith("Il tasso")
    assert of[1000] < of[1] / 2
