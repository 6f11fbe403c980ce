"""Files with bytes changed, lost and doubled are read or end in a documented sentence, never in a traceback."""

from __future__ import annotations

import contextlib
import io
import random
import warnings
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from ingest.extractors import extract
from kb.errors import IngestError

ROUNDS = 40


def _docx() -> bytes:
    document = docx.Document()
    document.add_heading("Roofs", 1)
    document.add_table(2, 2).cell(0, 0).text = "City"
    return _saved(document)


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in (["City", "kWh"], ["Graz", 400.5], ["Ulm", 12]):
        book.active.append(row)
    return _saved(book)


def _pptx() -> bytes:
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[1]).shapes.title.text = "Roofs"
    return _saved(show)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plan.txt", "Water is collected from roofs.")
        archive.writestr("a/b.txt", "Trees give shade.")
    return out.getvalue()


def _saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


RTF = rb"{\rtf1\ansi{\fonttbl{\f0\fcharset238 T;}}{\stylesheet{\s1 heading 1;}}\pard\s1 Pla\'b3\par\trowd a\cell\row}"
EML = (
    b"From: a@b.eu\nSubject: =?utf-8?q?Piano_=C3=A0?=\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="b"\n\n'
    b'--b\nContent-Type: text/html; charset="utf-8"\n\n<p>Ciao</p>\n--b\nContent-Type: application/pdf\n'
    b"Content-Disposition: attachment; filename*=utf-8''pi%C3%A0no.pdf\nContent-Transfer-Encoding: base64\n\n"
    b"JVBERg==\n--b--"
)
CSV = 'Comune;Abitanti\n"Forlì";117.000\nUlm;2\n'.encode("cp1252")
SEEDS = {"docx": _docx, "xlsx": _xlsx, "pptx": _pptx, "zip": _zip} | {
    "rtf": lambda: RTF,
    "eml": lambda: EML,
    "csv": lambda: CSV,
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 10)):
        place, length = chance.randrange(len(changed)), chance.randrange(1, 30)
        choice = chance.randrange(3)
        if choice == 0:
            changed[place] = chance.randrange(256)
        elif choice == 1 and len(changed) > 2 * length:
            del changed[place : place + length]
        else:
            changed[place:place] = changed[chance.randrange(len(changed)) :][:length]
    return bytes(changed)


def within(data: bytes, chance: random.Random) -> bytes:
    """The container with one member mutated, so that the change is not caught by its checksum."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, mutated(part, chance) if name == chosen and part else part)
    return out.getvalue()


@pytest.mark.parametrize("kind", list(SEEDS))
def test_what_is_damaged_is_read_or_said(tmp_path: Path, kind: str) -> None:
    seed, path = SEEDS[kind](), tmp_path / "file"
    for number in range(ROUNDS):
        chance = random.Random(f"{kind} {number}")
        is_inside = seed.startswith(b"PK") and chance.random() < 0.7
        path.write_bytes(within(seed, chance) if is_inside else mutated(seed, chance))
        # What a library warns of is no matter in the child, where this happens.
        with contextlib.suppress(IngestError), warnings.catch_warnings(action="ignore"):
            extract(path, f"file.{kind}")
