"""Controlled vocabularies: the values a field may take and their names in several languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from kb.resources import VOCABULARIES


@cache
def terms(name: str) -> Mapping[str, Mapping[str, str]]:
    """Code → language → label of one vocabulary, in its own order."""
    return MappingProxyType(json.loads((VOCABULARIES / f"{name}.json").read_text(encoding="utf-8")))


def label(name: str, code: str, language: str) -> str:
    """A term's name in `language`, else in English, else the code itself."""
    names = terms(name).get(code, {})
    return names.get(language) or names.get("en") or code
