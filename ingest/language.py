"""Which language a text is in: running text by its letter triples, queries by how usual their words are too."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from math import exp, log
from threading import Lock

import langdetect
from langdetect.detector_factory import init_factory
from langdetect.lang_detect_exception import LangDetectException
from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from ingest.word_frequency import log_share
from kb.values import UNDETERMINED

LANGUAGES = frozenset(
    {"bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "nl", "pl", "pt"}
    | {"ro", "sk", "sl", "sv", "nb", "ca", "uk"}
)
"""The official languages of the EU that lingua knows (all but Maltese), with Norwegian, Catalan and Ukrainian."""

_SAMPLE = 900
"""Characters looked at; more makes it slower and hardly surer."""
_MIN_LETTERS = 12
_MIN_CONFIDENCE = 0.5
_WORD = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 40
_TRIPLES_WEIGHT = 0.5
"""What the letters count beside the words: most likely for the sentences in `data/parallel`."""

_LOADING = Lock()
"""langdetect announces its profiles before it has read them, so a second thread would judge by a part of them."""

Detected = tuple[str, float]
"""ISO 639-1 code or `und`, and the confidence in it, 0..1."""


def detect(text: str) -> Detected:
    """Language of running text, `und` when it is too short or reads like none of `LANGUAGES`."""
    sample = _sample(text)
    if sum(map(str.isalpha, sample)) < _MIN_LETTERS:
        return UNDETERMINED, 0.0
    code, confidence = _best(_by_triples(), sample)
    return (code, confidence) if confidence >= _MIN_CONFIDENCE else (UNDETERMINED, confidence)


def second_opinion(text: str) -> Detected:
    """Language of running text by langdetect, which knows languages of other continents too, seeded so that it repeats.

    It is slower than `detect` and as good, so it is asked where that one does not know or is torn.
    """
    with _LOADING:
        langdetect.DetectorFactory.seed = 0
        init_factory()
    try:
        best = langdetect.detect_langs(_sample(text))[0]
    except LangDetectException:
        return UNDETERMINED, 0.0
    # Its codes for Chinese carry a country.
    return str(best.lang)[:2], round(float(best.prob), 4)


def detect_query(text: str, among: Collection[str] = ()) -> Detected:
    """Language of a few words, out of `among` when lingua knows any of them, else out of all."""
    known = LANGUAGES.intersection(among) or LANGUAGES
    if not any(map(str.isalpha, text)):
        return UNDETERMINED, 0.0
    if len(known) == 1:
        return next(iter(known)), 1.0
    languages = tuple(sorted(known))
    return _likeliest(languages, _log_likelihoods(text[:_SAMPLE], languages))


def _log_likelihoods(text: str, languages: tuple[str, ...]) -> list[float]:
    """How likely a text is in each language: neither letters nor words alone tell the neighbours apart."""
    values = _triples_among(languages).compute_language_confidence_values(text)
    letters = {value.language.iso_code_639_1.name.lower(): log(value.value + 1e-12) for value in values}
    words = _WORD.findall(text.lower())[:_MOST_WORDS]
    return [
        _TRIPLES_WEIGHT * letters[language] + sum(log_share(word, language) for word in words) for language in languages
    ]


def _likeliest(languages: Sequence[str], logs: Sequence[float]) -> Detected:
    highest = max(logs)
    return languages[logs.index(highest)], round(1 / sum(exp(value - highest) for value in logs), 4)


def _best(detector: LanguageDetector, text: str) -> Detected:
    best = detector.compute_language_confidence_values(text)[0]
    if not best.value:
        return UNDETERMINED, 0.0
    return best.language.iso_code_639_1.name.lower(), round(best.value, 4)


@lru_cache(maxsize=1)
def _by_triples() -> LanguageDetector:
    return _builder(tuple(sorted(LANGUAGES))).with_low_accuracy_mode().build()


@lru_cache(maxsize=8)
def _triples_among(languages: tuple[str, ...]) -> LanguageDetector:
    """The models themselves are shared with `_by_triples`."""
    return _builder(languages).with_low_accuracy_mode().build()


def _builder(languages: tuple[str, ...]) -> LanguageDetectorBuilder:
    codes = [getattr(IsoCode639_1, language.upper()) for language in languages]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes)


def _sample(text: str) -> str:
    """The text, or three equal pieces of a long one, whose start may be a title page or in another language."""
    if len(text) <= _SAMPLE:
        return text
    piece = _SAMPLE // 3
    middle = len(text) // 2
    return f"{text[:piece]} {text[middle - piece // 2 : middle + piece // 2]} {text[-piece:]}"
