"""Registering, passwords, the own page, and the accounts as administrators see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kb.bootstrap import Kb
from kb.db.people import Message
from kb.values import OPERATOR
from tests.support import people
from tests.support.people import PASSWORD
from tests.support.tiny import tiny_kb
from webui.app import create_app
from webui.texts import TEXTS

ANOTHER = "un treno verde in ritardo"


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    built = tiny_kb(tmp_path)
    yield built
    built.close()


@pytest.fixture
def app(kb: Kb) -> Flask:
    app = create_app(kb)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def link(kb: Kb) -> str:
    """The link of the last letter, as a path."""
    with kb.database.read() as session:
        body = session.execute(select(Message.body).order_by(Message.id.desc())).scalars().first() or ""
    found = re.search(r"(/password/\S+)", body)
    assert found
    return found[1]


def test_she_registers_chooses_a_password_and_signs_in(app: Flask, kb: Kb) -> None:
    client = app.test_client()
    form = {"email": "anna@comune.example", "name": "Anna", "wish": "yes", "language": "es", "role": "administrator"}
    assert client.post("/register", data=form).status_code == 200
    assert client.post("/sign-in", data={"email": form["email"], "password": PASSWORD}).status_code == 401
    page = client.get(link(kb))
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(link(kb)).status_code == 200  # looking at it uses nothing up
    assert client.post(link(kb), data={"password": "anna@comune.example"}).status_code == 400
    assert client.post(link(kb), data={"password": PASSWORD}).location.startswith("/sign-in")
    assert client.post(link(kb), data={"password": ANOTHER}).status_code == 400
    assert client.post("/sign-in", data={"email": form["email"], "password": PASSWORD}).status_code == 302
    account = kb.accounts.find(form["email"])
    assert (account.role, account.language, account.preferences) == ("member", "es", {"wishes": "contributor"})


@pytest.mark.parametrize("address", ["/register", "/forgotten"])
def test_the_pages_do_not_tell_whether_an_address_has_an_account(app: Flask, kb: Kb, address: str) -> None:
    people.add(kb, "member", "anna")
    pages = [
        app.test_client().post(address, data={"email": email, "name": "x"})
        for email in ("anna@comune.example", "nobody@comune.example")
    ]
    assert pages[0].status_code == pages[1].status_code == 200
    assert pages[0].data == pages[1].data


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(app: Flask) -> None:
    for address in ("/account", "/account/export", "/account/erase", "/admin/accounts", "/admin/accounts/1"):
        answer = app.test_client().get(address)
        assert answer.status_code == 302
        assert answer.location.startswith("/sign-in?next=/")
    for address in ("/account", "/account/password", "/account/tokens", "/account/erase", "/admin/accounts/1/role"):
        assert app.test_client().post(address, data={}).status_code == 302


@pytest.mark.parametrize("role", ["member", "contributor", "curator"])
def test_only_administrators_see_the_accounts(app: Flask, kb: Kb, role: people.Role) -> None:
    client = people.client(app, people.add(kb, role))
    for address in ("/admin/accounts", "/admin/accounts/1"):
        assert client.get(address).status_code == 403
    for address in ("/admin/accounts", "/admin/accounts/1/role", "/admin/accounts/1/state"):
        assert client.post(address, data={"role": "administrator", "email": "x@y.example"}).status_code == 403
    assert [one.role for one in kb.accounts.list()] == [role]


def test_the_profile_is_kept(app: Flask, kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    client = people.client(app, anna)
    form = {"name": "Anna Verdi", "organisation": "ARPA", "language": "fr", "reads": ["it", "de"], "home": "pesaro"}
    assert client.post("/account", data=form).status_code == 302
    account = kb.accounts.view(anna.account_id)
    assert (account.name, account.language) == ("Anna Verdi", "fr")
    assert account.preferences == {"reads": ["it", "de"], "home": "041044"}
    assert "Pesaro (PU)" in client.get("/account").text
    for home, told in (("Nowhere", "profile.home.unknown"), ("Castro", "profile.home.several")):
        answer = client.post("/account?lang=en", data={**form, "home": home})
        assert answer.status_code == 400
        assert TEXTS[told]["en"].split("{")[0] in answer.text


def test_changing_the_password_ends_the_other_sessions(app: Flask, kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    here, there = people.client(app, anna), people.client(app, anna)
    assert here.post("/account/password", data={"old": "wrong", "new": ANOTHER}).status_code == 401
    assert here.post("/account/password", data={"old": PASSWORD, "new": "short"}).status_code == 400
    assert there.get("/account").status_code == 200
    assert here.post("/account/password", data={"old": PASSWORD, "new": ANOTHER}).status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_she_ends_sessions_of_hers_and_of_nobody_else(app: Flask, kb: Kb) -> None:
    anna, bea = people.add(kb, "member", "anna"), people.add(kb, "member", "bea")
    here, there, others = people.client(app, anna), people.client(app, anna), people.client(app, bea)
    (foreign,) = kb.sessions.of(bea.account_id, "")
    here.post("/account/sessions", data={"session": str(foreign.session_id)})
    assert others.get("/account").status_code == 200
    here.post("/account/sessions", data={"session": "all"})
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    assert others.get("/account").status_code == 200


def test_a_key_is_shown_once_and_taken_back_by_its_owner_alone(app: Flask, kb: Kb) -> None:
    anna, bea = people.add(kb, "contributor", "anna"), people.add(kb, "contributor", "bea")
    client = people.client(app, anna)
    page = client.post("/account/tokens", data={"label": "export", "scopes": ["hand-in"], "days": "30"}).text
    found = re.search(r"agora21_[\w-]+", page)
    assert found
    assert found[0] not in client.get("/account").text
    (token,) = kb.tokens.of(anna.account_id)
    assert token.scopes == ("hand-in", "read")
    address = f"/account/tokens/{token.token_id}/revoke"
    assert people.client(app, bea).post(address).status_code == 404
    assert kb.tokens.bearer(found[0]) is not None
    assert client.post(address).status_code == 302
    assert kb.tokens.bearer(found[0]) is None
    assert client.post("/account/tokens", data={"label": "x", "scopes": ["curate"]}).status_code == 400


def test_she_has_her_data_and_erases_it_only_by_writing_her_address(app: Flask, kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    client = people.client(app, anna)
    told = client.get("/account/export")
    assert told.headers["Content-Disposition"].startswith("attachment")
    assert told.json is not None
    assert told.json["account"]["email"] == anna.email
    assert client.post("/account/erase", data={"address": "x"}).status_code == 400
    assert kb.accounts.find(anna.email)
    assert client.post("/account/erase", data={"address": "Anna@comune.example"}).status_code == 302
    assert list(kb.accounts.list()) == []
    assert client.get("/account").status_code == 302


def test_an_administrator_finds_grants_closes_and_sees_what_happened(app: Flask, kb: Kb) -> None:
    boss, anna = people.add(kb, "administrator"), people.add(kb, "member", "anna")
    kb.profiles.wish(anna.account_id, anna.reader)
    client = people.client(app, boss)
    page = client.get("/admin/accounts?q=ANNA&lang=en").text
    assert anna.email in page
    assert "asks to hand in" in page
    assert boss.email not in client.get("/admin/accounts?q=anna").text
    assert anna.email not in client.get("/admin/accounts?role=curator").text
    one = f"/admin/accounts/{anna.account_id}"
    assert client.post(f"{one}/role", data={"role": "contributor"}).status_code == 302
    assert client.post(f"{one}/role", data={"role": "emperor"}).status_code == 400
    assert client.post(f"{one}/state", data={"state": "closed"}).status_code == 302
    account = kb.accounts.view(anna.account_id)
    assert (account.role, account.disabled, account.preferences) == ("contributor", True, {})
    page = client.get(one).text
    for act in ("account aperto", "ruolo cambiato", "account chiuso", "Administrator"):
        assert act in page
    client.post(f"/admin/accounts/{boss.account_id}/role", data={"role": "member"})
    assert kb.accounts.view(boss.account_id).role == "administrator"
    assert client.get("/admin/accounts/999").status_code == 404


def test_an_administrator_opens_an_account_and_hands_the_link_on_where_there_is_no_mail(app: Flask, kb: Kb) -> None:
    client = people.client(app, people.add(kb, "administrator"))
    form = {"email": "bea@comune.example", "role": "curator", "language": "de", "name": "Bea"}
    page = client.post("/admin/accounts", data=form).text
    found = re.search(r"/password/[^?<\s]+", page)
    assert found
    assert app.test_client().get(found[0]).status_code == 200
    assert client.post("/admin/accounts", data=form).status_code == 400
    assert client.post("/admin/accounts", data={**form, "email": "x"}).status_code == 400


def test_a_name_is_text_wherever_it_is_shown(app: Flask, kb: Kb) -> None:
    anna = people.add(kb, "administrator", "anna")
    client = people.client(app, anna)
    client.post("/account", data={"name": "<script>alert(1)</script>", "language": "it"})
    for address in ("/account", "/admin/accounts", f"/admin/accounts/{anna.account_id}"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_what_is_made_for_one_person_is_kept_by_no_cache(app: Flask, kb: Kb) -> None:
    client = people.client(app, people.add(kb, "member"))
    for address in ("/", "/account", "/account/export", "/no-such-page"):
        assert client.get(address).headers["Cache-Control"] == "no-store"
    assert app.test_client().get("/").headers["Cache-Control"] == "no-cache"


def test_every_form_of_these_pages_has_its_token(app: Flask, kb: Kb) -> None:
    boss = people.add(kb, "administrator")
    client = people.client(app, boss)
    kb.accounts.sign_in(boss.account_id, agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    kb.tokens.create(boss.account_id, "x", [], OPERATOR)
    app.config["WTF_CSRF_ENABLED"] = True
    one = f"/admin/accounts/{boss.account_id}"
    for address in ("/account", "/account/erase", "/admin/accounts", one):
        page = client.get(address).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        assert forms
        assert all('name="csrf_token"' in form for form in forms)
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in ("similar.of_text",):
            address = re.sub(r"<[^>]+>", "1", rule.rule)
            assert client.post(address, data={}).status_code == 400, rule.endpoint


def test_every_field_has_a_label_and_every_id_is_used_once(app: Flask, kb: Kb) -> None:
    boss = people.add(kb, "administrator")
    client = people.client(app, boss)
    kb.tokens.create(boss.account_id, "x", [], OPERATOR)
    kb.accounts.sign_in(boss.account_id)
    choosing = kb.access.link(boss.account_id).partition("8021")[2]
    one = f"/admin/accounts/{boss.account_id}"
    pages = [client.get(address).text for address in ("/account", "/account/erase", "/admin/accounts", one)]
    visitor = app.test_client()
    pages += [visitor.get(address).text for address in ("/sign-in", "/register", "/forgotten", choosing)]
    for page in pages:
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        labels = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', page))
        fields = re.findall(r"<(?:input|select|textarea)(?![^>]*hidden)[^>]*>", page)
        assert fields
        for field in fields:
            name = re.search(r'\sid="([^"]+)"', field)
            assert name, field
            assert name[1] in labels, field
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
