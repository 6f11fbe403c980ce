"""What goes over the wire: headers, originals, static files, health and errors."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kb import errors
from kb.bootstrap import Kb
from tests.support.tiny import tiny_kb
from tests.web import library
from webui.app import create_app
from webui.assets import digest, names
from webui.errors import status_of

PAGE_ADDRESSES = ["/", "/search?q=pozzo", "/search?q=", "/records/999999", "/nothing", "/healthz"]


@pytest.fixture(scope="module")
def documents(kb: Kb) -> dict[str, int]:
    return library.documents(kb)


@pytest.fixture(scope="module")
def whole(kb: Kb) -> bytes:
    """The bytes of the library's PDF."""
    return (kb.config.data.parent / "energiekonzept.pdf").read_bytes()


@pytest.mark.parametrize("address", PAGE_ADDRESSES)
def test_every_answer_carries_the_security_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-cache"


def test_pages_tell_caches_that_they_depend_on_the_language(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept-Language": "en"})
    assert "Accept-Language" in response.headers["Vary"]
    assert response.headers["Content-Language"] == "en"


def test_static_files_are_kept_under_the_hash_of_their_content(client: FlaskClient) -> None:
    for name in names():
        response = client.get(f"/static/{digest(names())}/{name}", buffered=True)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_outdated_address_of_a_static_file_is_not_kept(client: FlaskClient) -> None:
    response = client.get("/static/0000000000000000/site.css", buffered=True)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.css", "..%2fapp.py", "../app.py", "vendor/../../app.py", "vendor", "%00"])
def test_only_static_files_are_static(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/0/{name}").status_code == 404


@pytest.mark.parametrize("address", ["/favicon.svg", "/favicon.ico"])
def test_favicon(client: FlaskClient, address: str) -> None:
    assert client.get(address, buffered=True).mimetype == "image/svg+xml"


def test_a_pdf_is_shown_whole_with_its_name(client: FlaskClient, documents: dict[str, int], whole: bytes) -> None:
    response = client.get(f"/documents/{documents['energiekonzept.pdf']}/original", buffered=True)
    assert response.mimetype == "application/pdf"
    assert response.headers["Content-Disposition"] == "inline; filename=energiekonzept.pdf"
    assert response.data == whole
    assert "sandbox" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_a_file_is_sent_once_and_then_only_asked_for(client: FlaskClient, documents: dict[str, int]) -> None:
    address = f"/documents/{documents['energiekonzept.pdf']}/original"
    tag = client.get(address, buffered=True).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}, buffered=True).status_code == 304
    assert client.get(address, headers={"If-None-Match": '"other"'}, buffered=True).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=100-199", slice(100, 200)), ("bytes=-5", slice(-5, None))],
)
def test_a_part_of_a_file(
    client: FlaskClient, documents: dict[str, int], whole: bytes, wanted: str, part: slice
) -> None:
    address = f"/documents/{documents['energiekonzept.pdf']}/original"
    response = client.get(address, headers={"Range": wanted}, buffered=True)
    assert response.status_code == 206
    assert response.data == whole[part]
    assert response.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_part_beyond_the_end_is_refused(client: FlaskClient, documents: dict[str, int]) -> None:
    address = f"/documents/{documents['energiekonzept.pdf']}/original"
    assert client.get(address, headers={"Range": "bytes=99999999-"}, buffered=True).status_code == 416


def test_a_web_page_is_handed_over_and_never_shown(client: FlaskClient, documents: dict[str, int]) -> None:
    response = client.get(f"/documents/{documents['pagina.html']}/original", buffered=True)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_could_not_be_read_is_handed_over(client: FlaskClient, documents: dict[str, int]) -> None:
    response = client.get(f"/documents/{documents['rotto.pdf']}/original", buffered=True)
    assert response.status_code == 200
    assert response.data.startswith(b"%PDF")


@pytest.mark.parametrize(("name", "charset"), [("nota.txt", "utf-8"), ("vecchia.txt", "windows-1252")])
def test_plain_text_comes_with_its_encoding(
    client: FlaskClient, documents: dict[str, int], name: str, charset: str
) -> None:
    response = client.get(f"/documents/{documents[name]}/original", buffered=True)
    assert response.headers["Content-Type"] == f"text/plain; charset={charset}"
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "perché" in response.data.decode(charset)


def test_a_description_is_no_file(client: FlaskClient, documents: dict[str, int]) -> None:
    assert client.get(f"/documents/{documents['description']}/original").status_code == 404


def test_names_outside_ascii_survive(tmp_path_factory: pytest.TempPathFactory) -> None:
    from kb.worker import Worker

    folder = tmp_path_factory.mktemp("names")
    kb = tiny_kb(folder)
    path = folder / 'Relazione "più" bella — città.txt'
    path.write_text("Una relazione sulla città e sui suoi giardini, scritta con cura per chi la abita.")
    outcome = kb.intake.add_file(path)
    Worker(kb).drain()
    response = create_app(kb).test_client().get(f"/documents/{outcome.document_id}/original", buffered=True)
    kb.close()
    assert "filename*=UTF-8''Relazione%20%22pi%C3%B9%22%20bella%20" in response.headers["Content-Disposition"]


def test_health_is_quick_to_tell(client: FlaskClient) -> None:
    response = client.get("/healthz")
    answer = response.get_json()
    assert response.status_code == 200
    assert answer["status"] in ("ok", "warning")
    assert {"level", "subject", "message"} == set(answer["findings"][0])


def test_health_of_a_house_without_a_database_is_bad(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = _empty_house(tmp_path_factory).test_client()
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.get_json()["status"] == "error"


@pytest.mark.parametrize("address", ["/", "/search?q=pozzo", "/records/1", "/documents/1/original"])
def test_what_is_not_ready_says_so(tmp_path_factory: pytest.TempPathFactory, address: str) -> None:
    response = _empty_house(tmp_path_factory).test_client().get(address)
    assert response.status_code == 503
    assert "Non è ancora pronto" in response.text


def _empty_house(folders: pytest.TempPathFactory) -> Flask:
    from kb.bootstrap import build
    from kb.config import load

    folder = folders.mktemp("empty")
    return create_app(build(load(data=folder / "data", models=folder / "models")))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidFilter, 400),
        (errors.EmptyQuery, 400),
        (errors.NotAllowed, 403),
        (errors.NotFound, 404),
        (errors.Busy, 503),
        (errors.NoModel, 503),
        (errors.Unreadable, 400),
        (errors.KbError, 500),
    ],
)
def test_each_class_of_error_has_its_status(error: type[errors.KbError], status: int) -> None:
    assert status_of(error("sentence")) == status


@pytest.mark.parametrize(
    ("method", "status"), [("POST", 405), ("PUT", 405), ("DELETE", 405), ("HEAD", 200), ("OPTIONS", 200)]
)
def test_pages_are_only_read(client: FlaskClient, method: str, status: int) -> None:
    assert client.open("/", method=method).status_code == status


def test_what_nobody_foresaw_is_a_page_too(kb: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(kb)
    # All applications of a process share their logger.
    monkeypatch.setattr(app.logger, "disabled", True)
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert "Qualcosa si è rotto" in response.text
    assert "ZeroDivisionError" not in response.text
