"""The pieces of a passage that are compared one by one are what a reader would quote."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import MOST_PIECES, pieces


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in pieces(text)]


def test_sentences_list_items_and_table_rows_stand_alone() -> None:
    text = (
        "Il comune ha tolto i cassonetti nel 2005. La differenziata è salita all'82 per cento.\n\n"
        "- compostaggio domestico gratuito\n- centro del riuso aperto il sabato\n\n"
        "Costo per abitante | 112 euro all'anno"
    )
    assert cut(text) == [
        "Il comune ha tolto i cassonetti nel 2005.",
        "La differenziata è salita all'82 per cento.",
        "- compostaggio domestico gratuito",
        "- centro del riuso aperto il sabato",
        "Costo per abitante | 112 euro all'anno",
    ]


def test_what_says_nothing_alone_is_joined() -> None:
    assert cut("Perché? Il traffico era troppo per il centro storico.") == [
        "Perché? Il traffico era troppo per il centro storico."
    ]
    assert cut("Il traffico era troppo per il centro storico. Punto.") == [
        "Il traffico era troppo per il centro storico. Punto."
    ]
    assert cut("Breve.") == ["Breve."]
    assert cut("") == []


def test_a_passage_of_very_many_rows_has_no_more_pieces_than_it_may() -> None:
    text = "\n".join(f"Comune numero {number} | abitanti e rifiuti raccolti | {number}" for number in range(100))
    found = cut(text)
    assert len(found) <= MOST_PIECES
    assert "".join(found).replace("\n", "") == text.replace("\n", "")


@given(st.text(alphabet=st.sampled_from("abcdeÀ漢 .!?\n|-1"), max_size=400))
def test_pieces_are_in_order_apart_and_lose_no_letter(text: str) -> None:
    spans = pieces(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(cut(text)).split()) == "".join(text.split())
