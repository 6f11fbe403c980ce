"""The JSON interface: the same answers, by keys alone, and errors that programs can read."""

from __future__ import annotations

import pytest
from flask import Flask

from kb.bootstrap import Kb
from kb.values import Reader
from tests.support import people
from tests.web import library

MOST = 100


def bearer(kb: Kb, person: people.Person, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {kb.tokens.create(person.account_id, 'test', scopes, person.reader)}"}


def test_a_search_answers_as_its_page_does(app: Flask, kb: Kb) -> None:
    client = app.test_client()
    answer = client.get("/api/v1/search?q=pozzo+acqua&language=it&page=1")
    assert answer.json is not None
    assert answer.mimetype == "application/json"
    assert {hit["language"] for hit in answer.json["hits"]} == {"it"}
    assert f"/records/{answer.json['hits'][0]['record']}#" in answer.json["hits"][0]["url"]
    listed = client.get("/api/v1/search?country=DE").json
    assert listed is not None
    assert {one["key"] for one in listed["records"]} >= {"wildpoldsried"}


def test_what_is_not_published_is_seen_only_with_a_key_of_somebody_who_may(app: Flask, kb: Kb) -> None:
    draft = library.record(kb, "draft").record_id
    client = app.test_client()
    address = f"/api/v1/records/{draft}"
    assert client.get(address).status_code == 404
    member, curator = people.add(kb, "member", "api-member"), people.add(kb, "curator", "api-curator")
    assert client.get(address, headers=bearer(kb, member)).status_code == 404
    answer = client.get(address, headers=bearer(kb, curator))
    assert answer.json is not None
    assert answer.json["state"] == "draft"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_cookie_counts_for_nothing_here(app: Flask, kb: Kb) -> None:
    client = people.client(app, people.add(kb, "curator", "api-cookie"))
    assert client.get(f"/records/{library.record(kb, 'draft').record_id}").status_code == 200
    assert client.get(f"/api/v1/records/{library.record(kb, 'draft').record_id}").status_code == 404
    assert client.get("/api/v1/me").status_code == 401


def test_a_key_counts_for_nothing_on_pages(app: Flask, kb: Kb) -> None:
    boss = people.add(kb, "administrator", "api-boss")
    client, key = app.test_client(), bearer(kb, boss, "curate", "hand-in")
    assert client.get("/admin/accounts", headers=key).status_code == 302
    assert client.get("/account", headers=key).status_code == 302
    assert client.get(f"/records/{library.record(kb, 'draft').record_id}", headers=key).status_code == 404


def test_a_key_tells_whom_it_acts_for(app: Flask, kb: Kb) -> None:
    curator = people.add(kb, "curator", "api-me")
    told = app.test_client().get("/api/v1/me", headers=bearer(kb, curator, "curate")).json
    assert told == {
        "account": curator.account_id,
        "name": "api-me",
        "role": "curator",
        "language": "it",
        "scopes": ["curate", "read"],
    }


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "agora21_x", "Bearer \u00e8"])
def test_a_key_that_opens_nothing_is_refused_rather_than_ignored(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/v1/search?q=pozzo", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json == {"error": {"code": "not-signed-in", "message": "There is no such key, or it has ended."}}


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/v1/search?q=a&page=0", 400, "invalid-page"),
        ("/api/v1/search?theme=nonsense", 400, "invalid-filter"),
        ("/api/v1/search?q=...", 400, "empty-query"),
        ("/api/v1/records/999999", 404, "not-found"),
        ("/api/v1/nothing", 404, "404"),
    ],
)
def test_errors_are_json_with_a_code(app: Flask, address: str, status: int, code: str) -> None:
    answer = app.test_client().get(address)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"]
    assert "Set-Cookie" not in answer.headers


def test_nothing_can_be_changed_here(app: Flask, kb: Kb) -> None:
    key = bearer(kb, people.add(kb, "curator", "api-post"), "curate")
    for address in ("/api/v1/search", "/api/v1/me", "/api/v1/records/1"):
        answer = app.test_client().post(address, headers=key)
        assert answer.status_code == 405
        assert answer.json is not None


def test_a_reader_of_a_program_is_no_person() -> None:
    assert Reader(account_id=1) != Reader(account_id=1, scopes=frozenset())
