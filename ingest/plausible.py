"""Whether letters are anybody's language: how usual their pairs are, by which a garbled text layer is told."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

from kb.resources import PARALLEL

FEWEST = 120
"""Letters of a page below which nothing is said."""

_THRESHOLD = -3.5
"""Mean natural logarithm of a pair's probability; `docs/ingest.md` has the figures behind it."""
_FLOOR = math.log(1e-4)
"""What a pair counts that no language has."""
_SAMPLE = 3000
_NO_LETTER = re.compile(r"[\W\d_]+")
_NO_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f]")
_ODD = 0.4
_ONE_SCRIPT = 0.8
_JAPANESE = ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA")


def is_garbled(text: str) -> bool:
    """Whether most of a page's characters cannot be told, or its letters are in no language."""
    shown = "".join(text.split())
    if len(shown) > 50 and len(_NO_CHARACTER.findall(shown)) > _ODD * len(shown):
        return True
    letters = _NO_LETTER.sub(" ", text[:_SAMPLE].lower())
    count = sum(map(str.isalpha, letters))
    if count < FEWEST:
        return False
    known = sum(char in _alphabet() for char in letters if char != " ")
    return likelihood(letters) < _THRESHOLD if known > count / 2 else not _is_one_script(letters)


def likelihood(letters: str) -> float:
    """Mean log-probability of each letter after the one before it, in the languages of Europe together."""
    pairs = _pairs()
    found = [pairs.get(pair, _FLOOR) for pair in itertools.pairwise(letters)]
    return sum(found) / max(1, len(found))


@cache
def _pairs() -> Mapping[tuple[str, str], float]:
    """The same sentences in 24 languages, weighed alike: their alphabets differ, but pairs are shared by many."""
    counted: Counter[tuple[str, str]] = Counter()
    for file in sorted(PARALLEL.glob("*.txt")):
        letters = _NO_LETTER.sub(" ", file.read_text(encoding="utf-8").lower())
        counted.update(itertools.pairwise(letters))
    first: Counter[str] = Counter()
    for (one, _), count in counted.items():
        first[one] += count
    return {pair: math.log(count / first[pair[0]]) for pair, count in counted.items()}


@cache
def _alphabet() -> frozenset[str]:
    return frozenset(one for one, _ in _pairs())


def _is_one_script(letters: str) -> bool:
    """Whether nearly all letters of a script the sentences lack belong together; what is garbled mixes them."""
    scripts = Counter(unicodedata.name(char, "").split(" ")[0] for char in letters if char.isalpha())
    # Japanese is written in three.
    japanese = sum(scripts[name] for name in _JAPANESE)
    return max(japanese, *scripts.values()) >= _ONE_SCRIPT * scripts.total()
