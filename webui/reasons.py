"""Why a passage was found: by its words, by its meaning, or by both."""

from __future__ import annotations

from typing import Literal

from kb.values import PassageHit, Results

Reason = Literal["words", "meaning", "both"]

NEAR = 0.75
"""Part of the best cosine of a page from which a passage that shares words counts as near in meaning too."""


def reason(passage: PassageHit, results: Results) -> Reason:
    """What led to a passage; one without a word of the question can only have been found by its meaning."""
    if not passage.lexical:
        return "meaning"
    best = max(one.cosine for hit in results.hits for one in hit.passages)
    return "both" if passage.cosine >= NEAR * best > 0 else "words"
