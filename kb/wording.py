"""The words of letters: one file of `data/letters` for each area, every letter in every language of the readers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kb.resources import LETTERS

Wording = Mapping[str, Mapping[str, str]]
"""Language → `subject` and `body`."""


def read(folder: Path = LETTERS) -> Mapping[str, Wording]:
    """Key → language → subject and body, of all areas; raises `ValueError` where two areas have the same key."""
    known: dict[str, Wording] = {}
    for path in sorted(folder.glob("*.toml")):
        area = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := known.keys() & area.keys():
            raise ValueError(f"{path.name}: {', '.join(sorted(twice))} in another area too")
        known |= area
    return known


@cache
def letters() -> Mapping[str, Wording]:
    """Every letter there is, read once."""
    return read()


def letter(key: str, language: str, /, **facts: object) -> tuple[str, str]:
    """Subject and body of a letter in `language`, else in English, their blanks filled with `facts`.

    What a person wrote may stand in a blank: a fact is put in as it is and not read for blanks of its own.
    """
    known = letters()[key]
    words = known.get(language, known["en"])
    return words["subject"].format(**facts), words["body"].strip().format(**facts) + "\n"
