"""The program that recognises text, and the languages it has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VARIABLE = "KB_TESSERACT"
"""Environment variable with the program's name or path; empty where nothing is to be recognised."""

SECONDS = "KB_OCR_SECONDS"
"""Environment variable with the time one page may take."""

PASSED_ON = (VARIABLE, "TESSDATA_PREFIX")
"""What a process that reads files has to know of its parent's environment."""

CODES = {
    "bg": "bul", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "et": "est",
    "fi": "fin", "fr": "fra", "ga": "gle", "hr": "hrv", "hu": "hun", "it": "ita", "lt": "lit", "lv": "lav",
    "mt": "mlt", "nb": "nor", "nl": "nld", "pl": "pol", "pt": "por", "ro": "ron", "sk": "slk", "sl": "slv",
    "sv": "swe", "uk": "ukr",
}  # fmt: skip
"""ISO 639-1 code → the program's own."""

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "Latin": (),
    "Fraktur": (),
    "Cyrillic": ("bul", "ukr", "rus", "srp", "mkd", "bel"),
    "Greek": ("ell",),
    "Arabic": ("ara", "fas", "urd"),
    "Hebrew": ("heb",),
    "Japanese": ("jpn",),
    "Han": ("chi_sim", "chi_tra", "jpn"),
    "Hangul": ("kor",),
    "Korean": ("kor",),
}
"""Script as the program names it → the languages written in it; Latin is what all others are."""

_FIRST = ("ita", "eng", "fra", "deu", "spa")
_ANSWER_SECONDS = 120
_NO_LANGUAGE = ("osd", "equ")
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}


@dataclass(frozen=True, slots=True)
class Program:
    """An installed Tesseract."""

    path: str
    version: str
    languages: tuple[str, ...]
    tells_scripts: bool

    @property
    def abilities(self) -> frozenset[str]:
        """What a document can have been tried with: the version and each language."""
        return frozenset({f"tesseract-{self.version}", *self.languages})

    def latin(self, most: int = 5) -> str:
        """Several languages of Latin letters to begin with, as the program takes them; empty when there is none."""
        other = {code for codes in SCRIPTS.values() for code in codes}
        latin = [code for code in self.languages if code not in other]
        latin.sort(key=lambda code: (_FIRST.index(code) if code in _FIRST else len(_FIRST), code))
        return "+".join(latin[:most])

    def of_script(self, script: str) -> str:
        """The installed languages of a script, empty when there is none."""
        if script in ("Latin", "Fraktur"):
            return self.latin()
        return "+".join(code for code in SCRIPTS.get(script, ()) if code in self.languages)

    def of_language(self, language: str) -> str:
        """The program's code of an ISO 639-1 language, empty when it is not installed."""
        code = CODES.get(language, "")
        return code if code in self.languages else ""


def abilities(name: str) -> frozenset[str]:
    """The abilities of the program of that name; none where it is not there."""
    found = find(name)
    return frozenset() if found is None else found.abilities


def find(name: str | None = None) -> Program | None:
    """The program of that name, or that the environment names; None when it is not there or answers nothing."""
    name = os.environ.get(VARIABLE, "tesseract") if name is None else name
    path = shutil.which(name) if name else None
    return None if path is None else _ask(path)


def environment() -> dict[str, str]:
    """The environment that the program runs in: one thread, and nothing of the parent's but where its data lies."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    return {**_ENVIRONMENT, "TESSDATA_PREFIX": prefix} if prefix else _ENVIRONMENT


def run(command: Sequence[str], data: bytes = b"", *, seconds: float) -> bytes:
    """What a program of ours or Tesseract answers.

    Raises:
        OSError, subprocess.SubprocessError: it cannot be started, fails, or takes longer.
    """
    answer = subprocess.run(
        list(command),
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        timeout=seconds,
        check=True,
    )
    return answer.stdout


def _ask(path: str) -> Program | None:
    try:
        version = run([path, "--version"], seconds=_ANSWER_SECONDS).decode("utf-8", "replace").split()
        installed = run([path, "--list-langs"], seconds=_ANSWER_SECONDS).decode("utf-8", "replace").splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    codes = sorted(line.strip() for line in installed if re.fullmatch(r"[a-z]{3}(?:_\w+)?", line.strip()))
    languages = tuple(code for code in codes if code not in _NO_LANGUAGE)
    if not languages:
        return None
    return Program(path, version[1] if len(version) > 1 else "", languages, "osd" in codes)
