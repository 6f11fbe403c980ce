"""Letters are written in every language, with the same blanks, and take what people wrote as it is."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest

from kb.sentences import LANGUAGES
from kb.wording import letter, letters, read


def _blanks(text: str) -> set[str]:
    return {name for _, name, *_ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", list(letters()))
def test_a_letter_is_written_in_every_language_with_the_same_blanks(key: str) -> None:
    known = letters()[key]
    assert set(known) == set(LANGUAGES)
    assert all(set(words) == {"subject", "body"} for words in known.values())
    assert len({frozenset(_blanks(words["body"])) for words in known.values()}) == 1
    assert len({words["body"] for words in known.values()}) == len(LANGUAGES)


def test_what_a_person_wrote_is_not_read_for_blanks() -> None:
    subject, body = letter("account.reset", "de", name="{link} {0.__class__}", link="https://x/", hours=2)
    assert subject == "Ein neues Passwort für Agorà 21"
    assert body.startswith("Guten Tag {link} {0.__class__},\n")
    assert body.count("https://x/") == 1


def test_an_unknown_language_gets_english() -> None:
    assert letter("account.reset", "pl", name="", link="", hours=2)[0] == "A new password for Agorà 21"


def test_two_areas_cannot_have_the_same_letter(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text('["x".en]\nsubject = "s"\nbody = "b"\n')
    with pytest.raises(ValueError, match=r"b\.toml: x in another area"):
        read(tmp_path)
