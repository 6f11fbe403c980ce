"""The edge: limits, headers, cookies, proxies, and what logs must not hold."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from kb.bootstrap import Kb
from kb.errors import TooLarge, Unsupported
from tests.support import people
from tests.support.people import PASSWORD
from tests.support.tiny import tiny_kb
from webui import limits
from webui.app import create_app

Make = Callable[..., Flask]
WRONG = {"email": "anna@comune.example", "password": "not the one at all"}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """An application with settings of its own and without tokens of forms."""
    built: list[Kb] = []

    def make(**settings: object) -> Flask:
        kb = tiny_kb(tmp_path / str(len(built)), **{"limits": True, **settings})
        built.append(kb)
        app = create_app(kb)
        app.config["WTF_CSRF_ENABLED"] = False
        return app

    yield make
    for kb in built:
        kb.close()


def at(address: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address}


def test_wrong_passwords_from_one_address_are_stopped_and_right_ones_never_count(make: Make) -> None:
    app = make(limit_sign_in="3/minute")
    people.add(app.extensions["kb"], "member", "anna")
    client = app.test_client()
    right = {**WRONG, "password": PASSWORD}
    for _ in range(5):
        assert client.post("/sign-in", data=right).status_code == 302
    for number in range(3):
        assert client.post("/sign-in", data={**WRONG, "email": f"{number}@x.example"}).status_code == 401
    stopped = client.post("/sign-in?lang=en", data=right)
    assert stopped.status_code == 429
    assert "Wait a moment" in stopped.text
    assert 0 < int(stopped.headers["Retry-After"]) <= 61
    assert client.post("/sign-in", data=right, environ_base=at("192.0.2.7")).status_code == 302


def test_wrong_passwords_for_one_account_are_stopped_wherever_they_come_from(make: Make) -> None:
    app = make(limit_account="3/minute")
    client = app.test_client()
    answers = [client.post("/sign-in", data=WRONG, environ_base=at(f"192.0.2.{n}")).status_code for n in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    other = {**WRONG, "email": "bea@comune.example"}
    assert client.post("/sign-in", data=other, environ_base=at("192.0.2.1")).status_code == 401


def test_letters_searches_and_uploads_are_limited_each_for_itself(make: Make) -> None:
    app = make(limit_letters="2/minute", limit_search="2/minute", limit_upload="2/minute")
    client = app.test_client()
    for act in (
        lambda: client.post("/forgotten", data={"email": "x@y.example"}),
        lambda: client.get("/search?q=x"),
        lambda: client.post("/similar", data={"text": ""}),
    ):
        assert [act().status_code == 429 for _ in range(3)] == [False, False, True]
    assert client.post("/register", data={"email": "z@y.example"}).status_code == 429
    answer = client.get("/api/v1/search?q=x")
    assert answer.status_code == 429
    assert answer.json is not None
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/records").status_code == 200


def test_limits_can_be_turned_off(make: Make) -> None:
    client = make(limits=False, limit_letters="1/minute").test_client()
    assert [client.post("/forgotten", data={"email": "x@y.example"}).status_code for _ in range(3)] == [200] * 3


def test_one_subscriber_of_ipv6_is_one_client(make: Make) -> None:
    app = make()
    found = []
    for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1", "192.0.2.2"):
        with app.test_request_context(environ_base=at(address)):
            found.append(limits.client())
    assert found[0] == found[1]
    assert len(set(found)) == 4
    assert not any("192.0.2" in one or "2001:db8" in one for one in found)


def test_only_as_many_proxies_are_believed_as_there_are(make: Make) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1", "X-Forwarded-Proto": "https"}
    seen = []
    for proxies in (0, 1):
        app = make(proxies=proxies)

        @app.get("/seen")
        def seen_as() -> str:
            from flask import request

            return f"{request.remote_addr} {request.scheme}"

        seen.append(app.test_client().get("/seen", headers=forged).text)
    assert seen == ["127.0.0.1 http", "198.51.100.1 https"]


def test_with_https_cookies_and_browsers_keep_to_it(make: Make) -> None:
    app = make(public_url="https://buone.example.it", proxies=1)
    answer = app.test_client().get("/sign-in", headers={"X-Forwarded-Proto": "https"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-agora21=")
    for flag in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = make().test_client().get("/sign-in")
    assert "Strict-Transport-Security" not in plain.headers
    assert "Secure" not in plain.headers["Set-Cookie"]


def test_no_page_may_run_script_or_style_of_its_own(make: Make) -> None:
    app = make(limits=False)
    boss = people.add(app.extensions["kb"], "administrator")
    client = people.client(app, boss)
    for address in ("/", "/sign-in", "/register", "/forgotten", "/account", "/account/erase", "/admin/accounts", "/x"):
        answer = client.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", answer.text)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_link_in_a_letter_does_not_begin_with_what_a_request_calls_the_host(make: Make) -> None:
    app = make(public_url="https://buone.example.it")
    kb = app.extensions["kb"]
    anna = people.add(kb, "member", "anna")
    app.test_client().post("/forgotten", data={"email": anna.email}, headers={"Host": "evil.example"})
    assert kb.access.link(anna.account_id).startswith("https://buone.example.it/password/")
    with kb.database.read() as session:
        from sqlalchemy import select

        from kb.db.people import Message

        (body,) = session.execute(select(Message.body)).scalars()
    assert "evil" not in body


def test_a_form_that_is_too_large_is_refused_before_it_is_read(make: Make) -> None:
    app = make(limits=False)
    client = app.test_client()
    large = "x" * (limits.MOST_FORM_BYTES + 1)
    answer = client.post("/sign-in?lang=en", data={"email": large})
    assert answer.status_code == 413
    assert "larger than" in answer.text


@pytest.mark.parametrize("checked", [True, False])
def test_a_view_that_declares_its_largest_form_gets_it_with_its_token_checked(make: Make, checked: bool) -> None:
    app = make(limits=False)
    app.config["WTF_CSRF_ENABLED"] = checked

    @app.post("/take")
    @limits.largest_form(3_000_000)
    def take() -> str:
        from flask import request

        return str(len(request.files["file"].read()))

    client = app.test_client()
    page = client.get("/sign-in").text
    token = re.search(r'csrf_token" value="([^"]+)"', page)
    assert token
    for size, status in ((2_000_000, 200), (3_000_001, 413)):
        assert post(client, token[1], size) == status
    assert post(client, "x", 0) == (400 if checked else 200)


def post(client: FlaskClient, token: str, size: int) -> int:
    """Hand in a file of so many bytes to /take; returns the status."""
    boundary, body = encode_multipart({"csrf_token": token, "file": FileStorage(io.BytesIO(bytes(size)), "a.pdf")})
    content_type = f"multipart/form-data; boundary={boundary}"
    return client.post("/take", data=body, content_type=content_type).status_code


def test_files_are_refused_by_their_ending_and_size(make: Make) -> None:
    config = make(max_file_mb=60).extensions["kb"].config
    limits.check_upload("piano.PDF", 60 << 20, config)
    limits.check_upload("nota.txt", 25 << 20, config)
    for name, size in (("piano.pdf", (60 << 20) + 1), ("nota.txt", (25 << 20) + 1), ("foto.jpg", (50 << 20) + 1)):
        with pytest.raises(TooLarge):
            limits.check_upload(name, size, config)
    for name in ("program.exe", "page.svg", "none", ".pdf.js", ""):
        with pytest.raises(Unsupported):
            limits.check_upload(name, 1, config)


@pytest.mark.parametrize("level", ["WARNING", "INFO"])
def test_logs_hold_no_address_no_question_and_no_secret(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    app = make(limit_sign_in="1/minute", public_url="https://buone.example.it")
    app.testing = False
    kb = app.extensions["kb"]
    anna = people.add(kb, "member", "anna")
    caplog.set_level(level)
    client, where = app.test_client(), at("192.0.2.77")
    for _ in range(3):
        client.post("/sign-in", data={**WRONG, "password": "hunter2 hunter2"}, environ_base=where)
    client.post("/forgotten", data={"email": anna.email}, environ_base=where)
    client.get(kb.access.link(anna.account_id).removeprefix("https://buone.example.it"), environ_base=where)
    client.get("/search?q=una+domanda+segreta", environ_base=where)

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(kb.search), "search", fail)
    assert client.get("/search?q=una+domanda+segreta", environ_base=where).status_code == 500
    assert "RuntimeError" in caplog.text
    for trace in ("192.0.2.77", "domanda", "anna@comune", "hunter2", "/password/"):
        assert trace not in caplog.text


def test_an_error_of_the_database_does_not_tell_its_values(make: Make) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    kb = make().extensions["kb"]
    with pytest.raises(SQLAlchemyError) as failed, kb.database.read() as session:
        session.execute(text("select * from nothing where email = :email"), {"email": "anna@comune.example"})
    assert "anna" not in str(failed.value)
