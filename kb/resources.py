"""Where the shipped data lies: beside the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).parent.parent / "data"

DATA = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
SAMPLE = DATA / "sample"
PARALLEL = DATA / "parallel"
SEARCH = DATA / "search"
VOCABULARIES = DATA / "vocabularies"
REFERENCE = DATA / "reference"
SENTENCES = DATA / "sentences.toml"
LETTERS = DATA / "letters"
SUBJECTS = DATA / "subjects"
FONTS = DATA / "fonts"
GUIDES = DATA / "guides"
