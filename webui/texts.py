"""Every sentence of the interface, side by side in its languages: one file of `translations` for each area."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from babel import Locale

LANGUAGES = ("it", "en", "fr", "de", "es")
"""Languages of the interface, the default first."""

FALLBACK = "en"
"""The language of a sentence that is not translated yet."""

FOLDER = Path(__file__).parent / "translations"

Sentence = Mapping[str, str]


def read(folder: Path = FOLDER) -> Mapping[str, Sentence]:
    """Key → language → sentence, of all areas; raises `ValueError` where two areas have the same key."""
    known: dict[str, Sentence] = {}
    for path in sorted(folder.glob("*.toml")):
        area = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := known.keys() & area.keys():
            raise ValueError(f"{path.name}: {', '.join(sorted(twice))} in another area too")
        known |= area
    return known


TEXTS = read()


def text(key: str, language: str, /, **values: object) -> str:
    """The sentence `key` in a language of the interface, its blanks filled with `values`."""
    known = TEXTS[key]
    return known.get(language, known[FALLBACK]).format(**values)


def plural(key: str, n: int, language: str, /, **values: object) -> str:
    """The sentence `key` for `n` things, in the form that the language has for so many (CLDR's plural categories)."""
    form = f"{key}.{Locale.parse(language).plural_form(n)}"
    return text(form if form in TEXTS else f"{key}.other", language, n=values.pop("shown", n), **values)
