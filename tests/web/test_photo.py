"""The photo of a record: one of its files is shown, an address elsewhere is a link, anything else is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from kb.bootstrap import Kb
from kb.services.fields import parse
from kb.worker import Worker
from tests.support.tiny import tiny_kb
from webui.app import create_app


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    kb = tiny_kb(tmp_path / "data", tesseract="")
    yield kb
    kb.close()


def shown(kb: Kb, tmp_path: Path, **details: str) -> BeautifulSoup:
    """The page of a record that has a picture and a text."""
    files = [tmp_path / "piazza.png", tmp_path / "nota.txt"]
    Image.new("RGB", (60, 40), "green").save(files[0])
    files[1].write_text("Una piazza con dodici tigli, piantati nel 2019 dai bambini della scuola.")
    fields = parse({"title": "La piazza", "summary": "Dodici tigli.", "language": "it", **details}, where="test")
    outcome = kb.intake.add_record(fields, files, source="test")[-1]
    Worker(kb).drain()
    return BeautifulSoup(create_app(kb).test_client().get(f"/records/{outcome.record_id}").text, "lxml")


def test_a_file_of_the_record_is_shown_with_its_credit(kb: Kb, tmp_path: Path) -> None:
    page = shown(kb, tmp_path, photo="piazza.png", photo_credit="Comune di Lucca")
    (picture,) = page.select("figure.photo img")
    answer = create_app(kb).test_client().get(str(picture["src"]), buffered=True)
    assert answer.data == (tmp_path / "piazza.png").read_bytes()
    assert picture["alt"] == "Foto: La piazza"
    assert page.select_one("figcaption").text == "Foto: Comune di Lucca"  # type: ignore[union-attr]


def test_an_address_elsewhere_is_a_link_and_nothing_is_loaded_from_there(kb: Kb, tmp_path: Path) -> None:
    page = shown(kb, tmp_path, photo="https://foto.example/piazza.jpg", photo_credit="Anna")
    assert page.select(".photo, img[src*=example]") == []
    assert page.select_one("a[href='https://foto.example/piazza.jpg']")["rel"] == ["noopener", "noreferrer", "external"]  # type: ignore[index]


@pytest.mark.parametrize("named", ["another.png", "nota.txt"])
def test_a_file_that_is_no_picture_of_the_record_is_not_shown(kb: Kb, tmp_path: Path, named: str) -> None:
    assert shown(kb, tmp_path, photo=named).select(".photo") == []
