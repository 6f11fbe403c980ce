"""How much goes over the wire: static files and pages compressed, and kept."""

from __future__ import annotations

import gzip
import re

from flask.testing import FlaskClient

from kb.bootstrap import Kb
from tests.web import library
from webui.assets import FOLDER, digest, names

PACKED = {"Accept-Encoding": "gzip"}


def test_sheets_are_sent_compressed_to_those_who_take_it(client: FlaskClient) -> None:
    address = f"/static/{digest(names())}/site.css"
    packed, plain = client.get(address, headers=PACKED), client.get(address, buffered=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == (FOLDER / "site.css").read_bytes()
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_fonts_are_not_compressed_twice(client: FlaskClient) -> None:
    response = client.get(f"/static/{digest(names())}/vendor/titillium-400.woff2", headers=PACKED, buffered=True)
    assert response.mimetype == "font/woff2"
    assert "Content-Encoding" not in response.headers


def test_pages_are_sent_compressed_and_say_what_they_depend_on(client: FlaskClient) -> None:
    response = client.get("/", headers=PACKED)
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(response.data)
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert "Accept-Encoding" in response.headers["Vary"]


def test_originals_are_sent_as_they_are(client: FlaskClient, kb: Kb) -> None:
    page = library.documents(kb)["pagina.html"]
    response = client.get(f"/documents/{page}/original", headers=PACKED, buffered=True)
    assert response.mimetype == "text/html"
    assert "Content-Encoding" not in response.headers


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    pages = (path.read_text(encoding="utf-8") for path in (FOLDER.parent / "templates").rglob("*.html"))
    named = {name for page in pages for name in re.findall(r"icon\('(it-[a-z0-9-]+)'", page)}
    drawn = set(re.findall(r'id="([^"]+)"', (FOLDER / "vendor" / "icons.svg").read_text(encoding="utf-8")))
    assert named
    assert named - drawn == set()


def test_the_sheet_finds_its_fonts() -> None:
    sheet = (FOLDER / "vendor" / "italia.css").read_text(encoding="utf-8")
    fonts = re.findall(r'url\("([^":]+\.woff2)"\)', sheet)
    assert fonts
    assert [name for name in fonts if not (FOLDER / "vendor" / name).exists()] == []
