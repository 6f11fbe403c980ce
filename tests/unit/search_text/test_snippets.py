"""Snippets: the words that matched are marked, in either language, and nothing is cut inside a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.snippets import LENGTH, quoted, snippet

LONG = "Words before. " * 60 + "The brown bins are emptied weekly. " + "Words after. " * 60


def joined(text: str, query: str, language: str = "en", query_language: str = "en") -> str:
    return "".join(
        f"[{span.text}]" if span.marked else span.text for span in snippet(text, language, query, query_language)
    )


def test_words_are_marked_by_their_stem_not_their_letters() -> None:
    assert joined("La raccolta dei rifiuti", "raccolte rifiuto", "it", "it") == "La [raccolta] dei [rifiuti]"


def test_accents_are_optional() -> None:
    assert joined("La qualità dell'aria", "qualita", "it", "it") == "La [qualità] dell'aria"


def test_a_name_is_marked_in_a_passage_of_another_language() -> None:
    assert (
        joined("Das Dorf Wildpoldsried im Allgäu", "energia a Wildpoldsried", "de", "it")
        == "Das Dorf [Wildpoldsried] im Allgäu"
    )


def test_words_that_say_nothing_are_not_marked() -> None:
    assert (
        joined("I rifiuti di un comune", "come ridurre i rifiuti di un paese", "it", "it") == "I [rifiuti] di un comune"
    )
    assert joined("un plan de movilidad", "un piano come questo", "es", "it") == "un plan de movilidad"


def test_a_long_passage_shows_the_place_that_matched() -> None:
    shown = joined(LONG, "brown bin emptied")
    assert "[brown] [bins] are [emptied]" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_without_a_shared_word_the_beginning_is_shown() -> None:
    shown = joined(LONG, "Fahrrad", query_language="de")
    assert shown.startswith("Words before.")
    assert "[" not in shown


@pytest.mark.parametrize("text", ["", " ", "x" * 2000])
def test_odd_passages_do_no_harm(text: str) -> None:
    assert len("".join(span.text for span in snippet(text, "en", "x", "en"))) <= LENGTH + 4


@given(st.text(alphabet="abc d.", max_size=1500), st.text(alphabet="abc ", max_size=30))
def test_what_is_shown_stands_in_the_passage_uncut(text: str, query: str) -> None:
    plain = " ".join(text.split())
    spans = snippet(text, "en", query, "en")
    body = "".join(span.text for span in spans if span.text not in ("… ", " …"))
    assert body in plain
    assert len(body) <= max(LENGTH, 0) or body == plain
    if " " in body:
        words = set(plain.split())
        assert all(word in words for word in body.split())


def test_the_sentence_that_answers_is_shown_though_it_shares_no_word() -> None:
    start = LONG.index("The brown")
    spans = snippet(LONG, "en", "Biotonne", "de", (start, start + 34))
    shown = "".join(span.text for span in spans)
    assert shown.startswith("… The brown bins are emptied weekly. Words after.")
    assert shown.endswith(" …")


def test_of_a_long_sentence_the_part_with_the_words_is_shown() -> None:
    text = "Short one. " + "and so on " * 60 + "the brown bin " + "and so forth " * 60
    shown = "".join(span.text for span in snippet(text, "en", "brown bin", "en", (11, len(text))))
    assert "brown bin" in shown
    assert len(shown) <= LENGTH + 4


@given(st.text(alphabet="abc d.\n", max_size=900), st.integers(0, 900), st.integers(0, 900))
def test_wherever_the_answer_lies_the_text_is_cut_at_words(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    shown = "".join(span.text for span in snippet(text, "en", "a", "en", (start, end))).strip("… ")
    assert len(shown) <= LENGTH
    assert shown in " ".join((text[:start] + " " + text[start:end] + " " + text[end:]).split())


@pytest.mark.parametrize("length", [20, 400], ids=["short", "longer than a snippet"])
def test_the_sentence_that_answers_is_marked_as_if_it_stood_alone(length: int) -> None:
    sentence = "Then  " + "and so on " * (length // 10) + "the brown bin."
    text = f"Before it. {sentence} After it, another bin."

    _, answer = quoted(text, "en", "brown bins", "en", (11, 11 + len(sentence)))

    assert answer == snippet(sentence, "en", "brown bins", "en")
    assert [span.text for span in answer if span.marked] == ["brown", "bin"]


def test_without_a_sentence_that_answers_there_is_none() -> None:
    assert quoted("The brown bin.", "en", "bin", "en")[1] == []
    assert quoted("The brown bin.", "en", "bin", "en", (4, 4))[1] == []
