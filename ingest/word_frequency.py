"""How usual a word is in a language: by wordfreq's lists, or whether simplemma's dictionary has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log

import simplemma

RAREST = 1e-8
"""Share of a text given to a word that no list has."""
_IN_DICTIONARY = 5e-6
"""Share given to a word of which nothing is known but that a dictionary has it."""
_LISTED_AS = {"hr": "sh"}
"""Croatian is listed together with Bosnian and Serbian."""


def log_share(word: str, language: str) -> float:
    """Logarithm of the share of a language's running words that this one makes up."""
    listed = _frequencies(language)
    if listed is None:
        known = simplemma.is_known(word, language, low_memory=True)
        return log(_IN_DICTIONARY if known else RAREST)
    return log(max(listed.get(word, 0.0), RAREST))


@lru_cache(maxsize=64)
def _frequencies(language: str) -> Mapping[str, float] | None:
    """Share of each word, None for a language without a list."""
    # Imported where it is needed: reading files and most commands do without.
    import wordfreq  # noqa: PLC0415

    code = _LISTED_AS.get(language, language)
    if code not in wordfreq.available_languages("small"):
        return None
    listed: Mapping[str, float] = wordfreq.get_frequency_dict(code, "small")
    return listed
