"""Words as the lexical index sees them: stemmed by their language, without accents, and marked with it."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise

import Stemmer
import stopwordsiso

from index import compounds

WORD = re.compile(r"[^\W_]+")
QUOTED = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]')

NEUTRAL = "*"
"""Mark of terms that are the same in every language: whatever holds a digit."""

LONGEST_WORD = 40
LONGEST_PREFIX = 5
"""Letters a code may have before its number: PM 10, UNI 11337, ISO 14001."""

ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
"""Snowball's stemmers by ISO 639-1 code; a language without one keeps its words whole."""

UNDECOMPOSED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
"""Letters that Unicode does not take apart into a base and an accent."""


@dataclass(frozen=True, slots=True)
class IndexTerms:
    """Terms of a text in reading order, and `loose` ones a reader without accents on her keyboard would ask for.

    `parts` are what compounds hold: who looks for Regenwasser may mean a Regenwassernutzungsanlage.
    """

    strict: tuple[str, ...]
    loose: tuple[str, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """Distinct terms to look for among the strict and the loose ones; `phrases` are runs of strict terms.

    `readings` holds for each word of the query the strict terms it may be, one or two a language; `parts` are what
    compounds among the words hold.
    """

    strict: tuple[str, ...]
    loose: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    readings: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()


class _Stemmers(threading.local):
    """Snowball stemmers are not safe for threads: each thread has its own."""

    def __init__(self) -> None:
        self._known: dict[str, Stemmer.Stemmer] = {}

    def stem(self, word: str, language: str) -> str:
        """The word's stem; the word itself where the language has no stemmer."""
        if language not in ALGORITHMS:
            return word
        if language not in self._known:
            self._known[language] = Stemmer.Stemmer(ALGORITHMS[language])
        return str(self._known[language].stemWord(word))


_stemmers = _Stemmers()


def words(text: str) -> list[str]:
    """Runs of letters and digits in compatibility form, so that CO₂ is CO2; case and accents are kept."""
    return [word[:LONGEST_WORD] for word in WORD.findall(unicodedata.normalize("NFKC", text))]


def fold(word: str) -> str:
    """A lower-case word without its accents."""
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFKD", word.translate(UNDECOMPOSED))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def term(word: str, language: str) -> str:
    """The term of a lower-case word in its language."""
    return _forms(word, language)[0]


def index_terms(text: str, language: str, *, parts: bool = True) -> IndexTerms:
    """Terms of a text in its own language, with those of its compounds' `parts` or without."""
    found = words(text)
    forms = [_forms(word.lower(), language) for word in found]
    strict = [term for term, _ in forms]
    loose = [plain for term, plain in forms if plain != term]
    divided = found if parts else ()
    held = [_forms(part, language)[0] for word in divided for part in compounds.parts(word.lower(), language)]
    return IndexTerms((*strict, *_codes(found, only_capitals=True)), tuple(loose), tuple(held))


def query_terms(text: str, languages: Iterable[str]) -> QueryTerms:
    """Terms of a query as each of the languages would write them."""
    languages, found = list(languages), words(text)
    strict: dict[str, None] = dict.fromkeys(_codes(found, only_capitals=False))
    loose: dict[str, None] = {}
    readings = []
    for word in dict.fromkeys(map(str.lower, found)):
        readings.append(tuple(dict.fromkeys(form for language in languages for form in _forms(word, language))))
        for language in languages:
            term, plain = _forms(word, language)
            strict[term] = None
            # Without accents it may stand for a word that has them; with accents, for one printed without.
            (loose if word.isascii() else strict)[plain] = None
    lowered = dict.fromkeys(map(str.lower, found))
    parts = (_forms(part, code)[0] for code in languages for word in lowered for part in compounds.parts(word, code))
    phrases = tuple(_phrases(text, languages))
    return QueryTerms(tuple(strict), tuple(loose), phrases, tuple(readings), tuple(dict.fromkeys(parts)))


def query_forms(text: str, languages: Collection[str]) -> frozenset[str]:
    """Those of `query_terms` that the words as a whole have, with and without their accents."""
    found = words(text)
    forms = (_forms(word, language) for word in set(map(str.lower, found)) for language in languages)
    return frozenset((*_codes(found, only_capitals=False), *chain.from_iterable(forms)))


def _phrases(text: str, languages: list[str]) -> Iterator[tuple[str, ...]]:
    """What stands in quotation marks, at least two words, once for each language."""
    for quoted in QUOTED.findall(unicodedata.normalize("NFKC", text)):
        found = [word.lower() for word in words(quoted)]
        if len(found) > 1:
            yield from dict.fromkeys(tuple(_forms(word, language)[0] for word in found) for language in languages)


@lru_cache(maxsize=200_000)
def _forms(word: str, language: str) -> tuple[str, str]:
    """The term of a lower-case word, and that of the word without accents, which may lead the stemmer astray."""
    plain = fold(word)
    if any(map(str.isdigit, word)):
        return f"{NEUTRAL}:{plain}", f"{NEUTRAL}:{plain}"
    stem, plain_stem = _stemmers.stem(word, language), _stemmers.stem(plain, language)
    return f"{language}:{fold(stem)}", f"{language}:{fold(plain_stem)}"


def _codes(found: list[str], *, only_capitals: bool) -> Iterator[str]:
    """Short letters and the number after them as one term, so that `PM 10` and `PM10` find each other."""
    for letters, number in pairwise(found):
        short = letters.isalpha() and len(letters) <= LONGEST_PREFIX and (letters.isupper() or not only_capitals)
        if short and number.isdigit():
            yield f"{NEUTRAL}:{fold(letters.lower())}{number}"


@cache
def stop_words(language: str) -> frozenset[str]:
    """Lower-case words that say nothing of what a text is about; none for a language that is not known."""
    return frozenset(stopwordsiso.stopwords(language)) if stopwordsiso.has_lang(language) else frozenset()
