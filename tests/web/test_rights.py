"""Every route × every kind of reader × every state of a record: who gets in, who is turned away, and nothing breaks.

A route without a row in `ADMITS` fails the first test, so a new page cannot be forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import update
from werkzeug.routing import Rule

from kb.bootstrap import Kb
from kb.db.entities import Collection, Document, Record
from kb.services import publishing
from kb.services.fields import parse
from kb.values import OPERATOR, NewAccount, Query, Reader
from kb.worker import Worker
from tests.support import people
from tests.support.people import Person
from tests.support.tiny import tiny_kb
from webui.app import create_app

STATES = ("draft", "submitted", "returned", "rejected", "published", "withdrawn", "archived")
WHO = ("visitor", "member", "stranger", "owner", "curator", "administrator")
"""The stranger hands in records too, the owner these."""

Admits = Callable[[str, str], bool]
"""(who, state of the record) → whether she gets in; what is not about a record is asked with any state."""

STAFF = ("curator", "administrator")


def anybody(_who: str, _state: str) -> bool:
    return True


def signed_in(who: str, _state: str) -> bool:
    return who != "visitor"


def contributors(who: str, _state: str) -> bool:
    return who in ("stranger", "owner", *STAFF)


def staff(who: str, _state: str) -> bool:
    return who in STAFF


def administrators(who: str, _state: str) -> bool:
    return who == "administrator"


def nobody(_who: str, _state: str) -> bool:
    """Programs only: a browser's session opens nothing there."""
    return False


def seen(who: str, state: str) -> bool:
    """Whoever may know of the record."""
    return state == "published" or who == "owner" or who in STAFF


def published(_who: str, state: str) -> bool:
    """What a program without a key gets; the session of a browser is none."""
    return state == "published"


def owner_or_administrator(*states: str) -> Admits:
    return lambda who, state: state in states and who in ("owner", "administrator")


def the_owner(*states: str) -> Admits:
    return lambda who, state: who == "owner" and state in states


def its_people(who: str, _state: str) -> bool:
    return who == "owner" or who in STAFF


def own(*states: str) -> Admits:
    """The owner while the record is in one of these states, and the staff."""
    return lambda who, state: who in STAFF or (who == "owner" and state in states)


def seen_signed_in(who: str, state: str) -> bool:
    return who != "visitor" and seen(who, state)


ADMITS: dict[str, Admits] = {
    "account.ask_again": anybody,
    "account.begin": anybody,
    "account.choose": anybody,
    "account.enrol": anybody,
    "account.forgotten": anybody,
    "account.password": anybody,
    "account.register": anybody,
    "account.sign_in": anybody,
    "account.sign_out": anybody,
    "api.me": nobody,
    "api.record": published,
    "api.search": anybody,
    "assets.favicon": anybody,
    "assets.static_file": anybody,
    "atlas.outline_file": anybody,
    "atlas.points": anybody,
    "atlas.show": anybody,
    "collections.as_csv": anybody,
    "collections.as_feed": anybody,
    "collections.as_json": anybody,
    "collections.as_pdf": anybody,
    "collections.collect": seen_signed_in,
    "collections.overview": anybody,
    "collections.page": anybody,
    "compare.show": anybody,
    "curating.arrange": staff,
    "curating.change": staff,
    "curating.create": signed_in,
    "curating.delete": staff,
    "curating.edit": staff,
    "curating.fill": staff,
    "curating.new": signed_in,
    "curating.sections": staff,
    "curating.show": staff,
    "dashboard.feedback": staff,
    "dashboard.lay_aside": staff,
    "dashboard.overview": staff,
    "exports.list_bib": anybody,
    "exports.list_csv": anybody,
    "exports.list_json": anybody,
    "exports.list_ris": anybody,
    "exports.record_bib": seen,
    "exports.record_json": seen,
    "exports.record_ris": seen,
    "exports.record_txt": seen,
    "feedback.form": anybody,
    "feedback.send": anybody,
    "feeds.latest": anybody,
    "feeds.search": anybody,
    "guide.overview": anybody,
    "guide.show": anybody,
    "health.healthz": anybody,
    "languages.form": anybody,
    "languages.keep": anybody,
    "openid.back": anybody,
    "openid.begin": anybody,
    "pages.accessibility": anybody,
    "people.account": administrators,
    "people.accounts": administrators,
    "people.add": administrators,
    "people.set_role": administrators,
    "people.set_state": administrators,
    "profile.ask_to_erase": signed_in,
    "profile.change": signed_in,
    "profile.end_sessions": signed_in,
    "profile.erase": signed_in,
    "profile.export": signed_in,
    "profile.make_token": signed_in,
    "profile.password": signed_in,
    "profile.revoke": signed_in,
    "profile.show": signed_in,
    "profile.wish": signed_in,
    "records.original": seen,
    "records.photo": seen,
    "records.record": seen,
    "review.assess": staff,
    "review.assign": staff,
    "review.bulk": staff,
    "review.case": staff,
    "review.decide": staff,
    "review.dismiss": staff,
    "review.join": staff,
    "review.link": staff,
    "review.log": staff,
    "review.log_csv": staff,
    "review.log_json": staff,
    "review.merge": staff,
    "review.queue": staff,
    "review.reply": its_people,
    "review.remark": staff,
    "review.state_language": staff,
    "search.browse": anybody,
    "search.results": anybody,
    "search.start": anybody,
    "searches.change": signed_in,
    "searches.overview": signed_in,
    "searches.save": signed_in,
    "similar.form": anybody,
    "similar.of_record": seen,
    "similar.of_text": anybody,
    "submission.amend": own("published"),
    "submission.ask_withdrawal": the_owner("published"),
    "submission.attach": own("draft", "returned"),
    "submission.begin": contributors,
    "submission.check_record": its_people,
    "submission.detach": own("draft", "returned"),
    "submission.difference": its_people,
    "submission.discard": owner_or_administrator("draft", "returned"),
    "submission.files": contributors,
    "submission.form": its_people,
    "submission.history": its_people,
    "submission.municipalities": signed_in,
    "submission.my": signed_in,
    "submission.new": contributors,
    "submission.progress": signed_in,
    "submission.progress_json": signed_in,
    "submission.record_files": its_people,
    "submission.restore": own("draft", "returned"),
    "submission.save": own("draft", "returned"),
    "submission.send": own("draft", "returned"),
    "submission.submit": contributors,
    "submission.table": contributors,
    "submission.take_back": owner_or_administrator("submitted"),
    "submission.take_files": contributors,
    "submission.take_table": contributors,
    "suggest.anything": anybody,
    "suggest.municipalities": anybody,
    "viewer.read": seen,
}
"""Endpoint → who gets in."""

MISSING = {"audience": "member", "token": "no-token", "feed_key": "no-key", "name": "site.css", "digest": "0"}
"""What fills blanks that nothing real stands for: the answer may be that there is no such thing."""

ASKS_PASSWORD = ("account.begin", "profile.password")
"""Where 401 says that the password is wrong, not that she may not be here."""

TURNED_AWAY = (401, 403, 404)


class Site:
    """A site with one record in each state, all of one submitter, that can be put back as it was."""

    def __init__(self, folder: Path) -> None:
        self.kb: Kb = tiny_kb(folder)
        self.records = {state: _record(self.kb, folder, state) for state in STATES}
        self.people: dict[str, Person] = {
            "member": people.add(self.kb, "member"),
            "stranger": people.add(self.kb, "contributor", "stranger"),
            "owner": people.add(self.kb, "contributor", "owner"),
            "curator": people.add(self.kb, "curator"),
            "administrator": people.add(self.kb, "administrator"),
        }
        self._give_to_owner()
        self.app: Flask = create_app(self.kb)
        self.app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
        self._path = self.kb.database.url.removeprefix("sqlite:///")
        self._before = sqlite3.connect(":memory:")
        with sqlite3.connect(self._path) as live:
            live.backup(self._before)

    def _give_to_owner(self) -> None:
        boss, owner = self.people["administrator"], self.people["owner"]
        self.kb.collections.create("shelf", "Shelf", boss.reader, visibility="public")
        for record_id in self.records.values():
            self.kb.collections.add("shelf", record_id, boss.reader)
        with self.kb.database.write() as session:
            session.execute(update(Record).values(submitter_id=owner.account_id))
            session.execute(update(Collection).values(owner_id=boss.account_id))

    def put_back(self) -> None:
        """Undo whatever was done."""
        self.kb.models.close()
        with sqlite3.connect(self._path, timeout=30) as live:
            self._before.backup(live)

    def version(self, state: str) -> str:
        with self.kb.database.read() as session:
            return str(session.get_one(Record, self.records[state]).version)

    def another(self, state: str) -> dict[str, str]:
        """A second record, as the pages that join, link and compare two of them name it."""
        other = str(self.records["published" if state != "published" else "withdrawn"])
        own = self.document(state)
        return {"other": other, "keep": other, "document": str(own), "code": "it"}

    def document(self, state: str) -> int:
        with self.kb.database.read() as session:
            found = session.query(Document.id).where(Document.record_id == self.records[state])
            return int(found.where(Document.media_type == "text/plain").scalar() or 0)

    def address(self, rule: Rule, state: str) -> str:
        known = {"record_id": self.records[state], "document_id": self.document(state), "key": "shelf"}
        known |= {"account_id": self.people["member"].account_id}
        values = {name: known.get(name, MISSING.get(name, 1)) for name in rule.arguments}
        return self.app.url_map.bind("localhost").build(rule.endpoint, values)


def _record(kb: Kb, folder: Path, state: str) -> int:
    path = folder / f"{state}.txt"
    path.write_text(f"Il comune {state} raccoglie i rifiuti porta a porta da dieci anni, e tutti partecipano.")
    picture = folder / f"{state}.png"
    Image.new("RGB", (30, 20), (STATES.index(state), 90, 0)).save(picture)
    row = {"key": state, "title": f"Rifiuti {state}", "summary": "Porta a porta.", "lat": 45, "lon": 9}
    fields = parse({**row, "photo": picture.name}, where="t")
    outcome = kb.intake.add_record(fields, [path, picture], source="test", state="draft")[0]
    Worker(kb).drain()
    record_id = outcome.record_id or 0
    with kb.database.write() as session:
        session.execute(update(Record).where(Record.id == record_id).values(state=state))
        session.expire_all()
        publishing.announce(session, session.get_one(Record, record_id))
    return record_id


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("rights"))
    yield site
    site.kb.close()


def _client(site: Site, who: str):  # type: ignore[no-untyped-def]
    return people.client(site.app, site.people.get(who))


def test_every_route_has_a_row_and_every_row_a_route(site: Site) -> None:
    routes = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert sorted(routes ^ ADMITS.keys()) == []


def _out(status: int, location: str | None) -> bool:
    return status in TURNED_AWAY or (status in (302, 303) and "/sign-in" in (location or ""))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("who", WHO)
def test_who_gets_in_where(site: Site, who: str, method: str) -> None:
    wrong: list[str] = []
    for rule in site.app.url_map.iter_rules():
        if method not in (rule.methods or ()):
            continue
        states = STATES if rule.arguments & {"record_id", "document_id"} else ("published",)
        for state in states:
            wrong += _judged(site, rule, method, who, state)
    assert not wrong, "\n".join(wrong)


def _judged(site: Site, rule: Rule, method: str, who: str, state: str) -> list[str]:
    """What is wrong with the answer that somebody gets at a route about a record in a state."""
    before = _fingerprint(site) if method == "POST" else ""
    data = {"version": site.version(state), "number": "1", "why": "because", "reason": "because", "sure": "yes"}
    data |= {"search": "theme=waste", "decision": "withdraw", "text": "a word"} if method == "POST" else {}
    data |= site.another(state)
    sent = {"data": data} if method == "POST" else {"query_string": data}
    answer = _client(site, who).open(site.address(rule, state), method=method, buffered=True, **sent)
    out = _out(answer.status_code, answer.location) and not (
        answer.status_code == 401
        and rule.endpoint in ASKS_PASSWORD
        and (who != "visitor" or "account" in rule.endpoint)
    )
    changed = method == "POST" and _fingerprint(site) != before
    if changed:
        site.put_back()
    admitted = ADMITS[rule.endpoint](who, state)
    if method == "POST" and not admitted and not changed and answer.status_code == 400:
        out = True  # A form that cannot be understood, or a state that does not allow it, is told before who asks.
    told = f"{method} {rule.endpoint} as {who}, {state}: {answer.status_code}"
    if answer.status_code >= 500:
        return [f"{told}: broke"]
    if not admitted and not out:
        return [f"{told}: let in"]
    if not admitted and changed:
        return [f"{told}: turned away, and yet it changed something"]
    if admitted and out and not _may_be_missing(rule):
        return [f"{told}: turned away"]
    return []


def _may_be_missing(rule: Rule) -> bool:
    """Whether the address names something that is not there, such as a token, so that 404 is right."""
    return bool(rule.arguments - {"record_id", "document_id", "key", "account_id"}) or rule.endpoint in NEEDS_PROVIDER


NEEDS_PROVIDER = ("openid.begin", "openid.back")


def _fingerprint(site: Site) -> str:
    """All records and what hangs on them; sessions come and go with every request."""
    tables = (
        "record",
        "document",
        "collection",
        "collection_record",
        "account",
        "remark",
        "assessment",
        "saved_search",
    )
    with sqlite3.connect(site._path, timeout=30) as live:
        return repr([live.execute(f"SELECT * FROM {table}").fetchall() for table in tables])  # noqa: S608


@pytest.mark.parametrize("who", WHO)
def test_search_lists_facets_counts_feeds_and_exports_show_the_same_records(site: Site, who: str) -> None:
    """One function decides, so all that lists records lists the same ones."""
    reader: Reader = site.people[who].reader if who in site.people else Reader()
    browsed = {record.record_id for record in site.kb.browsing.browse(Query(text="", limit=50), reader).records}
    expected = {site.records[state] for state in STATES if seen(who, state)}
    assert browsed == expected
    listing = site.kb.browsing.browse(Query(text="", limit=50), reader)
    assert listing.total == sum(listing.facets["kind"].values()) == len(expected)
    assert site.kb.catalog.counts(reader)["records"] == len(expected)
    client = _client(site, who)
    exported = client.get("/records.json").get_json()
    listed = exported if isinstance(exported, list) else exported["records"]
    assert len(listed) == len(expected)
    assert client.get("/map/points").get_json()["numberMatched"] == len(expected)
    found = site.kb.search.search(Query(text="rifiuti porta a porta", limit=50), reader)
    assert {hit.record_id for hit in found.hits} <= expected
    assert site.records["published"] in {hit.record_id for hit in found.hits}
    feed = client.get("/feeds/latest.atom").text
    assert all((f"Rifiuti {state}" in feed) == (state == "published") for state in STATES)


def test_the_roles_are_all_here() -> None:
    from kb.values import Role

    assert set(get_args(Role)) - {"visitor", "contributor"} <= set(WHO)
    assert NewAccount(email="a@b.example").role == "member"
    assert OPERATOR.sees_everything
