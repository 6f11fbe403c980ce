"""Why a passage was found: by its words, by its meaning, or by both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from kb.values import PassageHit

Reason = Literal["words", "meaning", "both"]

NEAR = 0.75
"""Part of the best cosine of a page from which a passage that shares words counts as near in meaning too."""


def reason(passage: PassageHit, listed: Iterable[PassageHit]) -> Reason:
    """What led to a passage, beside the others listed; without a word of the question only meaning can have."""
    if not passage.lexical:
        return "meaning"
    best = max(one.cosine for one in listed)
    return "both" if passage.cosine >= NEAR * best > 0 else "words"
