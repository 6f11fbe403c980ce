"""Recognises the pages of one document, each in the language and the position that is read with most confidence."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingest.language import detect
from ingest.plausible import is_garbled
from ingest.recognition import announcement, hocr, program
from ingest.recognition.hocr import Reading
from ingest.recognition.program import Program
from ingest.recognition.render import Sheet, render
from kb.values import UNDETERMINED

Reason = Literal["no-program", "no-language", "failed", "nothing"]
"""Why a page has no recognised text: no Tesseract, none of the page's languages, an accident, or there is none."""

_DEFAULT_SECONDS = 180.0
_SURE = 0.85
"""Confidence from which a reading is taken without trying for a better one."""
_LEEWAY = 0.1
_WORDLESS = 0.55
"""Confidence under which a reading is noise: what a photograph or a drawing is read as."""
_ENOUGH = 40
"""Letters from which the language of a reading is asked for and scripts are told."""
_SCRIPT_SURE = 2.0
_TURN_SURE = 1.0
_OSD = re.compile(r"^(Rotate|Orientation confidence|Script|Script confidence): (.+)$", re.M)
_ACCIDENTS = (OSError, subprocess.SubprocessError, ValueError)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a page was read as: `language` is ISO 639-1 or `und`; empty with a reason where nothing was."""

    reading: Reading = field(default_factory=lambda: Reading((), 0.0))
    language: str = UNDETERMINED
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Position:
    turn: int
    script: str


@dataclass(slots=True)
class Recogniser:
    """Goes through the pages of a file; the language of one page is where the next begins."""

    path: Path
    found: Program | None = field(default_factory=program.find)
    likely: str = ""
    seconds: float = field(default_factory=lambda: float(os.environ.get(program.SECONDS) or _DEFAULT_SECONDS))

    def read(self, page: int) -> Recognised:
        """The text of a page, counted from 1; an accident costs that page."""
        if self.found is None:
            return Recognised(reason="no-program")
        announcement.tell()
        try:
            return self._read(self.found, page)
        except _ACCIDENTS:
            return Recognised(reason="failed")

    def _read(self, found: Program, page: int) -> Recognised:
        sheet = render(self.path, page, seconds=self.seconds)
        if _is_blank(sheet):
            return Recognised(reason="nothing")
        best = self._best(found, sheet, page, found.of_language(self.likely) or found.latin())
        if _quality(best) < _SURE and found.tells_scripts:
            position = self._position(found, sheet)
            if position is not None:
                turned = sheet.turned(position.turn) if position.turn else sheet
                languages = found.of_script(position.script)
                if not languages:
                    return Recognised(reason="no-language")
                if position.turn or position.script != "Latin":
                    best = max(best, self._best(found, turned, page, languages), key=_quality)
        if _is_noise(best):
            return Recognised(reason="nothing")
        self.likely = best.language if best.language != UNDETERMINED else self.likely
        return best

    def _best(self, found: Program, sheet: Sheet, page: int, languages: str) -> Recognised:
        """The better of a first reading and one in the language that the first turns out to be in."""
        first = self._once(found, sheet, page, languages)
        alone = found.of_language(first.language)
        if not alone or alone == languages:
            return first
        second = self._once(found, sheet, page, alone)
        # Models of different languages are not equally sure of themselves.
        return second if _quality(second) >= _quality(first) - _LEEWAY else first

    def _once(self, found: Program, sheet: Sheet, page: int, languages: str) -> Recognised:
        dots = str(round(72 / sheet.points))
        command = [found.path, "stdin", "stdout", "--psm", "3", "--dpi", dots]
        if languages:
            command += ["-l", languages]
        answer = program.run([*command, "-c", "tessedit_create_hocr=1"], sheet.pgm(), seconds=self.seconds)
        reading = hocr.parse(answer, sheet, page)
        language = detect(reading.text)[0] if reading.letters >= _ENOUGH else UNDETERMINED
        return Recognised(reading, language)

    def _position(self, found: Program, sheet: Sheet) -> _Position | None:
        """How the page lies and in what script it is; None when that cannot be told, as with few letters."""
        try:
            answer = program.run([found.path, "stdin", "stdout", "--psm", "0"], sheet.pgm(), seconds=self.seconds)
        except subprocess.CalledProcessError:
            return None
        facts = dict(_OSD.findall(answer.decode("utf-8", "replace")))
        turn = int(facts.get("Rotate", 0)) if float(facts.get("Orientation confidence", 0)) >= _TURN_SURE else 0
        sure = float(facts.get("Script confidence", 0)) >= _SCRIPT_SURE
        return _Position(turn, facts.get("Script", "Latin") if sure else "Latin")


def _quality(one: Recognised) -> float:
    """Confidence, halved where the letters are no language's."""
    garbled = one.reading.letters >= _ENOUGH and is_garbled(one.reading.text)
    return one.reading.confidence * (0.5 if garbled else 1.0)


def _is_noise(one: Recognised) -> bool:
    return not one.reading.letters or _quality(one) < _WORDLESS


def _is_blank(sheet: Sheet) -> bool:
    return sheet.pixels.count(sheet.pixels[:1]) == len(sheet.pixels)
