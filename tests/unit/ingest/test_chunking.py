"""Passages fit, follow the document's structure, and lose nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import digest
from kb.values import Block, Digest, Extraction

OVERHEAD = 4


def by_words(texts: Sequence[str]) -> list[int]:
    return [OVERHEAD + len(text.split()) for text in texts]


def by_characters(texts: Sequence[str]) -> list[int]:
    return [OVERHEAD + (len(text) + 3) // 4 for text in texts]


def odd(texts: Sequence[str]) -> list[int]:
    """A whole that costs more than its parts."""
    return [OVERHEAD + len(text.split()) + text.count("\n\n") * 2 + len(text) // 9 for text in texts]


def made_of(*blocks: Block) -> Extraction:
    return Extraction(media_type="text/plain", blocks=blocks)


def p(text: str, page: int | None = None, to: int | None = None, breaks: tuple[int, ...] = ()) -> Block:
    return Block(kind="paragraph", text=text, page_from=page, page_to=to or page, page_breaks=breaks)


def h(text: str, level: int = 1) -> Block:
    return Block(kind="heading", level=level, text=text)


def words(count: int, word: str = "parola") -> str:
    return " ".join(f"{word}{number}" for number in range(count))


_TEXT = st.text(alphabet=st.sampled_from("abcdeàß漢字😀.!? ,;-"), min_size=1, max_size=120).map(str.strip).filter(bool)
_BLOCK = st.one_of(
    st.builds(p, _TEXT), st.builds(h, _TEXT, st.integers(1, 4)), st.builds(p, st.integers(50, 300).map(words))
)


@settings(max_examples=120, deadline=None)
@given(st.lists(_BLOCK, max_size=14), st.sampled_from([by_words, by_characters, odd]), st.integers(8, 60))
def test_passages_are_exact_in_order_apart_and_fit(blocks: list[Block], count: object, limit: int) -> None:
    made = digest(made_of(*blocks), count, limit)  # type: ignore[arg-type]
    end = 0
    for ordinal, passage in enumerate(made.passages):
        assert passage.ordinal == ordinal
        assert made.text[passage.char_from : passage.char_to] == passage.text
        assert passage.char_from >= end
        assert passage.text.strip()
        end = passage.char_to
    counts = count([passage.text for passage in made.passages])  # type: ignore[operator]
    assert all(tokens <= limit or len(passage.text) == 1 for tokens, passage in zip(counts, made.passages, strict=True))
    _nothing_is_lost(made, blocks)


def _nothing_is_lost(made: Digest, blocks: Sequence[Block]) -> None:
    """What no passage covers is white space, or a heading that stands in a passage's path."""
    covered = bytearray(len(made.text))
    for passage in made.passages:
        covered[passage.char_from : passage.char_to] = b"\1" * (passage.char_to - passage.char_from)
    paths = {title for passage in made.passages for title in passage.heading}
    offset = 0
    for block in blocks:
        left = "".join(block.text[i] for i in range(len(block.text)) if not covered[offset + i]).strip()
        assert not left.replace(" ", "") or (block.kind == "heading" and block.text in paths)
        offset += len(block.text) + 2


def test_blocks_of_a_section_are_packed_and_sections_kept_apart() -> None:
    made = digest(made_of(h("A"), p(words(9)), p(words(9)), h("B"), p(words(9))), by_words, 100)
    assert [(passage.heading, passage.text.count("\n\n")) for passage in made.passages] == [(("A",), 1), (("B",), 0)]


def test_the_heading_path_follows_the_levels() -> None:
    text = p(words(9))
    made = digest(made_of(h("A"), h("B", 2), text, h("C", 3), text, h("D", 2), text), by_words, 100)
    assert [passage.heading for passage in made.passages] == [("A", "B"), ("A", "B", "C"), ("A", "D")]


def test_headings_without_text_become_one_passage() -> None:
    one, two, text = words(9, "titolo"), words(9, "altro"), words(9)
    made = digest(made_of(h("A"), h(one, 2), h(two, 2), h("D", 2), p(text)), by_words, 100)
    assert [(passage.heading, passage.text) for passage in made.passages] == [
        (("A",), f"{one}\n\n{two}"),
        (("A", "D"), text),
    ]


def test_a_by_line_is_no_passage_of_its_own() -> None:
    blocks = [h("Titolo"), p("Redazione, 21.05.2024"), h("Il problema"), p(words(9)), h("Contatti"), p("p. 7")]
    made = digest(made_of(*blocks), by_words, 100)
    (passage,) = made.passages
    assert passage.heading == ("Il problema",)
    assert passage.text == f"Titolo\n\nRedazione, 21.05.2024\n\nIl problema\n\n{words(9)}\n\nContatti\n\np. 7"


def test_a_by_line_that_does_not_fit_its_neighbour_stays_alone() -> None:
    made = digest(made_of(h("A"), p("Redazione, 2024"), h("B"), p(words(20))), by_words, OVERHEAD + 20)
    assert [len(passage.text.split()) for passage in made.passages] == [3, 20]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    sentence = "Il Comune ha piantato molti alberi nel 2021. "
    made = digest(made_of(p((sentence * 12).strip())), by_words, 30)
    assert len(made.passages) > 2
    assert all(passage.text.endswith("2021.") for passage in made.passages)


def test_abbreviations_do_not_end_sentences() -> None:
    text = "Secondo l'art. 12 della legge e il D.Lgs. 33 del dott. Rossi si procede. " * 6
    made = digest(made_of(p(text.strip())), by_words, 24)
    assert all(passage.text.endswith("procede.") for passage in made.passages)


def test_a_tiny_last_passage_shares_with_the_one_before() -> None:
    blocks = [p(words(10)) for _ in range(10)] + [p("coda breve.")]
    made = digest(made_of(*blocks), by_words, OVERHEAD + 100)
    assert min(len(passage.text.split()) for passage in made.passages) > 40


def test_pages_follow_the_characters_of_a_block_over_two_pages() -> None:
    one, two = words(40, "prima"), words(40, "dopo")
    block = p(f"{one} {two}", 3, 4, (len(one) + 1,))
    made = digest(made_of(p("inizio", 2), block), by_words, OVERHEAD + 20)
    for passage in made.passages:
        expected = {3 if "prima" in word else 4 if "dopo" in word else 2 for word in passage.text.split()}
        assert (passage.page_from, passage.page_to) == (min(expected), max(expected))


def test_a_passage_in_another_language_says_so_and_a_short_one_follows_the_document() -> None:
    italian = "Il Comune ha piantato alberi lungo le strade per dare ombra a chi cammina nei mesi più caldi. " * 4
    german = "Die Stadt hat entlang der Straßen Bäume gepflanzt, damit es im Sommer Schatten für alle gibt. " * 2
    blocks = [
        h("A"),
        p(italian),
        h("B"),
        p(german),
        h("C"),
        p("PAESC, SECAP, EMAS, GPP, LCA, GIS, LED, CO2, PM10, NO2, UNI EN ISO 14001, 2021"),
    ]
    made = digest(made_of(*blocks), by_words, 200)
    assert made.language == "it"
    assert [passage.language for passage in made.passages] == ["it", "de", "it"]


def test_no_room_beside_the_prompt_is_an_error() -> None:
    with pytest.raises(ValueError, match="no room"):
        digest(made_of(p("x")), by_words, OVERHEAD)


def test_a_long_document_is_counted_in_few_calls_and_linear_time() -> None:
    calls = []

    def count(texts: Sequence[str]) -> list[int]:
        calls.append(sum(map(len, texts)))
        return by_words(texts)

    blocks = [b for number in range(300) for b in (h(f"Titolo {number}"), p(words(300)), p(words(40)))]
    started = time.monotonic()
    digest(made_of(*blocks), count, 128)
    assert time.monotonic() - started < 20
    assert len(calls) < 200
    assert sum(calls) < 5 * sum(len(block.text) for block in blocks)


def test_nothing_makes_no_passages() -> None:
    made = digest(made_of(), by_words, 100)
    assert (made.text, made.language, made.passages) == ("", "und", ())


def test_a_document_in_a_language_without_triples_still_has_a_language() -> None:
    text = "图书馆的开放时间是从早上九点到晚上八点,星期一休息。市民可以免费借阅图书和杂志。" * 3
    extraction = Extraction(media_type="text/plain", blocks=(Block(kind="paragraph", text=text),))
    found = digest(extraction, lambda texts: [len(one) + 2 for one in texts], 400)
    assert found.language == "zh"
    assert {passage.language for passage in found.passages} == {"zh"}


def test_the_tiny_end_of_a_long_paragraph_does_not_reach_back_to_its_heading() -> None:
    made = digest(made_of(h("A"), p(words(30) + " fine."), h("B"), p(words(9))), by_words, OVERHEAD + 10)
    spans = [(passage.char_from, passage.char_to) for passage in made.passages]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
