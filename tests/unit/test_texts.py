"""No sentence of the interface is missing, left over or written into a page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, NavigableString
from jinja2 import Environment

from webui import texts
from webui.texts import LANGUAGES, TEXTS, plural

FOLDER = Path(texts.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
SPOKEN = ("alt", "aria-label", "aria-description", "placeholder", "title")
"""Attributes that people hear or read."""

NAMES = ("Agorà 21", "PDF", "DOI", "CSV", "JSON", "RIS", "BibTeX", "ISTAT", "UTC", "km", "Italiano", "English")
"""Words that are the same in every language."""

FORMS = ("zero", "one", "two", "few", "many", "other")


@cache
def sources() -> str:
    """All that can ask for a sentence."""
    return "\n".join(path.read_text(encoding="utf-8") for path in [*FOLDER.rglob("*.py"), *TEMPLATES])


@cache
def endings() -> frozenset[str]:
    """What keys begin with that are put together: `'field.' ~ name`, `f"detail.{name}"`, `'tip.%d'`."""
    pattern = r"""['"]([a-z][\w-]*(?:\.[\w-]+)*\.)(?:['"]\s*~|\{|%[ds])"""
    return frozenset(re.findall(pattern, sources()))


def asked() -> set[str]:
    """Keys that are named whole in a call."""
    return set(re.findall(r"""\b(?:t|tn|text|plural)\(\s*['"]([\w.-]+)['"]\s*[,)]""", sources()))


def test_every_sentence_is_there_in_every_language() -> None:
    lacking = {key: set(LANGUAGES) ^ set(told) for key, told in TEXTS.items() if set(told) != set(LANGUAGES)}
    assert lacking == {}
    assert [key for key, told in TEXTS.items() if not all(sentence.strip() for sentence in told.values())] == []


def test_every_language_fills_the_same_blanks() -> None:
    blanks = {key: {frozenset(re.findall(r"{(\w+)}", one)) for one in told.values()} for key, told in TEXTS.items()}
    assert [key for key, found in blanks.items() if len(found) > 1] == []


def test_every_sentence_asked_for_exists() -> None:
    counted = {key.rpartition(".")[0] for key in TEXTS if key.rpartition(".")[2] in FORMS}
    assert sorted(key for key in asked() if key not in TEXTS and key not in counted) == []


def test_every_sentence_is_asked_for() -> None:
    def used(key: str) -> bool:
        stem, _, form = key.rpartition(".")
        names = (key, stem) if form in FORMS else (key,)
        whole = any(f"'{name}'" in sources() or f'"{name}"' in sources() for name in names)
        return whole or key.startswith(tuple(endings()))

    assert [key for key in TEXTS if not used(key)] == []


def written(template: str) -> list[str]:
    """Words of a template that no translation can reach."""
    tokens = Environment(autoescape=True).lex(template)
    page = BeautifulSoup("".join(value for _, kind, value in tokens if kind == "data"), "html.parser")
    for code in page.find_all("code"):
        code.decompose()
    words = [str(text) for text in page.find_all(string=True) if type(text) is NavigableString]
    words += [str(tag[name]) for tag in page.find_all(True) for name in SPOKEN if tag.has_attr(name)]
    # A macro may hand over attributes alone, or the beginning of a tag whose name it is told.
    left = (re.sub(r'[\w-]+="[^"]*"|' + "|".join(map(re.escape, NAMES)), "", text) for text in words)
    return [text.strip() for text in left if re.search(r"[^\W\d_]{2,}", text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(FOLDER / "templates").as_posix())
def test_no_words_are_written_into_a_page(path: Path) -> None:
    assert written(path.read_text(encoding="utf-8")) == []


def test_a_word_written_into_a_page_would_be_found() -> None:
    assert written("<p>{{ t('site.menu') }} and more</p>") == ["and more"]
    assert written("<button aria-label='Close'></button>") == ["Close"]


def test_plurals_are_those_of_the_language() -> None:
    assert plural("results.total", 0, "fr") == "0 fiche trouvée"
    assert plural("results.total", 0, "de") == "0 Einträge gefunden"
    assert plural("results.total", 1_000_000, "es", shown="1.000.000") == "1.000.000 fichas encontradas"
