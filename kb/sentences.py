"""What is told of a document's states and pages, code by code, in each language of the readers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from kb.resources import SENTENCES
from kb.values import Notice

LANGUAGES = ("it", "en", "fr", "de", "es")
"""Languages that every sentence is written in, the default first."""


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Code → language → sentence."""
    return tomllib.loads(SENTENCES.read_text(encoding="utf-8"))


def tell(code: str, language: str, /, **facts: object) -> str | None:
    """The sentence of a code, its blanks filled, in `language` or else in English; None for a code without one."""
    known = sentences().get(code)
    if known is None:
        return None
    try:
        return known.get(language, known["en"]).format(**facts)
    except KeyError:
        # Older rows lack facts that a newer sentence has blanks for.
        return None


def notice(code: str, page: int | None = None, /, **facts: str | int) -> Notice:
    """A notice of a code that has a sentence; `page` counts from 1."""
    known = {**facts} if page is None else {"page": page, **facts}
    return Notice(code=code, message=tell(code, "en", **known) or code, page=page, facts=known)


def preferred(*wishes: str | None) -> str:
    """The first of some wishes (`it`, `it_IT.UTF-8`) that sentences are written in, else English."""
    asked = ((wish or "")[:2].lower() for wish in wishes)
    return next((code for code in asked if code in LANGUAGES), "en")
