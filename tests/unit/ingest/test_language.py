"""Languages are told from text, and from queries among those that count."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.language import detect, detect_query, second_opinion

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Il Comune ha piantato alberi lungo tutte le strade del centro storico.", "it"),
        ("La commune a planté des arbres le long de toutes les rues du centre.", "fr"),
        ("Die Stadt hat entlang aller Straßen der Innenstadt Bäume gepflanzt.", "de"),
        ("The town has planted trees along all the streets of its centre.", "en"),
        ("Občina je zasadila drevesa ob vseh ulicah v središču mesta.", "sl"),
        ("Ο δήμος φύτεψε δέντρα σε όλους τους δρόμους του κέντρου.", "el"),
    ],
)
def test_running_text(text: str, language: str) -> None:
    code, confidence = detect(text)
    assert code == language
    assert confidence > 0.5


@pytest.mark.parametrize("text", ["", "12 345 %", "---", "OK", "图书馆的开放时间是从早上九点到晚上八点"])
def test_what_is_no_text_in_a_known_language_is_undetermined(text: str) -> None:
    assert detect(text)[0] == "und"


def test_the_same_text_gets_the_same_answer() -> None:
    assert len({detect("piste ciclabili e mobilità dolce in città")[0] for _ in range(5)}) == 1


def test_a_second_opinion_knows_more_languages_and_repeats_itself() -> None:
    text = "图书馆的开放时间是从早上九点到晚上八点,星期一休息。市民可以免费借阅。"
    assert {second_opinion(text)[0] for _ in range(3)} == {"zh"}
    assert second_opinion("12 345 %") == ("und", 0.0)


def test_a_query_is_told_among_the_languages_given() -> None:
    assert detect_query("piste ciclabili", ("it", "fr", "de"))[0] == "it"
    assert detect_query("pistes cyclables", ("it", "fr", "de"))[0] == "fr"
    assert detect_query("piste ciclabili", ("de",)) == ("de", 1.0)


def test_unknown_languages_fall_back_to_those_known() -> None:
    assert detect_query("piste ciclabili", ("xx", "it", "de"))[0] == "it"


def test_a_query_without_letters_is_undetermined() -> None:
    assert detect_query("2021 ?", ("it", "fr")) == ("und", 0.0)


def test_a_language_without_a_list_of_frequencies_is_told_by_its_dictionary() -> None:
    assert detect_query("ühistransport", ("et", "fi"))[0] == "et"
    assert detect_query("fuinneamh in-athnuaite", ("en", "ga"))[0] == "ga"


def share_right(samples: list[dict[str, str]], kind: str, among: set[str]) -> float:
    chosen = [sample for sample in samples if sample["kind"] == kind and sample["lang"] in among]
    return sum(detect_query(sample["text"], among)[0] == sample["lang"] for sample in chosen) / len(chosen)


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "among_all", "among_five"), [("sentences", 0.985, 0.99), ("word-pairs", 0.93, 0.95)])
def test_short_samples_of_nineteen_languages(shared: Path, kind: str, among_all: float, among_five: float) -> None:
    lines = (shared / "eval" / "language-id" / "samples.jsonl").read_text("utf-8").splitlines()
    samples = [json.loads(line) for line in lines]
    assert share_right(samples, kind, {sample["lang"] for sample in samples}) >= among_all
    assert share_right(samples, kind, {"it", "fr", "de", "en", "es"}) >= among_five


AT_ONCE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from ingest.language import second_opinion

texts = json.load(sys.stdin)
together = Barrier(len(texts))
with ThreadPoolExecutor(len(texts)) as pool:
    print(json.dumps(list(pool.map(lambda text: (together.wait(), second_opinion(text))[1], texts))))
"""


def test_the_first_threads_that_ask_at_once_get_the_answer_that_later_ones_get() -> None:
    texts = [
        "Il Comune ha piantato alberi lungo tutte le strade del centro storico.",
        "Die Stadt hat entlang aller Straßen der Innenstadt Bäume gepflanzt.",
        "Občina je zasadila drevesa ob vseh ulicah v središču mesta.",
        "Kaupunki istutti puita kaikkien keskustan katujen varsille.",
    ]
    asked = subprocess.run(
        [sys.executable, "-c", AT_ONCE], input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(asked.stdout) == [list(second_opinion(text)) for text in texts]
