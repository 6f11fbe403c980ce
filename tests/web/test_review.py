"""The pages of reviewers: who gets in, and what each form does."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.values import VISITOR
from tests.support import cases, people
from tests.support.people import Person
from tests.support.tiny import tiny_kb
from webui.app import create_app


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    """A product of its own, because these tests change it."""
    built = tiny_kb(tmp_path)
    yield built
    built.close()


@pytest.fixture
def app(kb: Kb) -> Flask:
    app = create_app(kb)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def carla(kb: Kb) -> Person:
    return people.add(kb, "curator", "carla")


@pytest.fixture
def anna(kb: Kb) -> Person:
    return people.add(kb, "contributor", "anna")


@pytest.fixture
def curator(app: Flask, carla: Person) -> FlaskClient:
    return people.client(app, carla)


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def post(browser: FlaskClient, address: str, **form: object) -> int:
    return browser.post(address, data=form).status_code


GUARDED = ("/review", "/review/1", "/review/1/merge?other=1", "/review/log", "/review/log.json", "/review/log.csv")
FORMS = ("", "/1/decision", "/1/assignee", "/1/remarks", "/1/criteria", "/1/duplicates", "/1/versions", "/1/language")


def test_nobody_but_reviewers_gets_in(kb: Kb, app: Flask, anna: Person) -> None:
    record_id = cases.hand_in(kb, anna, read=False)
    assert record_id == 1
    visitor = people.client(app)
    for address in GUARDED:
        answer = visitor.get(address)
        assert (answer.status_code, answer.location.startswith("/sign-in?next=")) == (302, True)
    for person in (people.add(kb, "member"), people.add(kb, "contributor", "bruno"), anna):
        browser = people.client(app, person)
        assert [browser.get(address).status_code for address in GUARDED] == [403] * len(GUARDED)
        given = {"decision": "accept", "reason": "so", "version": "1", "text": "hello", "to": "submitter", "other": "1"}
        assert {post(browser, f"/review{form}", **given) for form in (*FORMS, "/1/merge")} == {403}
    assert cases.events(kb, record_id) == []
    assert cases.state(kb, record_id) == "submitted"


def test_a_form_without_its_token_decides_nothing(kb: Kb, carla: Person, anna: Person) -> None:
    record_id = cases.hand_in(kb, anna, read=False)
    browser = people.client(create_app(kb), carla)
    assert post(browser, f"/review/{record_id}/decision", decision="reject", reason="no", version=1) == 400
    assert cases.state(kb, record_id) == "submitted"


def test_the_queue_shows_what_waits_and_narrows_it(kb: Kb, curator: FlaskClient, anna: Person) -> None:
    cases.hand_in(kb, anna, title="Rifiuti zero", themes=["waste"], read=False)
    cases.hand_in(kb, anna, title="Energiedorf", themes=["energy"], language="de", read=False)
    page = curator.get("/review?lang=en").text
    assert page.index("Rifiuti zero") < page.index("Energiedorf")
    assert "2 records" in page
    narrowed = curator.get("/review?theme=energy&lang=en").text
    assert "Energiedorf" in narrowed
    assert "Rifiuti zero" not in narrowed
    assert curator.get("/review?theme=none").status_code == 400
    assert curator.get("/review?page=99&days=x").status_code == 200
    assert curator.get("/review?state=published").text.count("<tr>") == 0


def test_a_record_is_shown_with_all_that_is_needed_to_decide(
    kb: Kb, curator: FlaskClient, anna: Person, text_file: Callable[[str, str], Path]
) -> None:
    words = "Quaranta orti di quartiere sono affidati ai pensionati, che li curano insieme ogni giorno. " * 12
    first = cases.hand_in(kb, None, text_file("a.txt", words), state="published", title="Orti vecchi")
    second = cases.hand_in(
        kb, anna, text_file("b.txt", words + "Amen."), title="Orti nuovi", summary="Orti <b>nuovi</b>"
    )
    kb.reviewing.remark(second, "Guarda il vecchio", people.add(kb, "curator", "dario").reader)
    page = curator.get(f"/review/{second}?lang=en").text
    for shown in (
        "Orti nuovi",
        "Orti &lt;b&gt;nuovi&lt;/b&gt;",
        "b.txt",
        "Quaranta orti",
        "Funded",
        "Guarda il vecchio",
    ):
        assert shown in page
    assert f"/review/{second}/merge?other={first}&amp;keep={first}" in page
    assert "/documents/" in page
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    assert levels[0] == 1


def test_answers_are_kept_and_a_record_is_published(kb: Kb, curator: FlaskClient, anna: Person) -> None:
    record_id = cases.hand_in(kb, anna, summary="Orti per tutti.")
    version = cases.version(kb, record_id)
    refused = curator.post(f"/review/{record_id}/decision?lang=en", data={"decision": "accept", "version": version})
    assert refused.status_code == 400
    assert "A reason is needed" in refused.text
    answers = {f"met-{name}": "yes" for name in cases.MET} | {"note-funded": "dal Comune", "met-innovative": "no"}
    assert post(curator, f"/review/{record_id}/criteria", version=version, **answers) == 302
    assert 'value="dal Comune"' in curator.get(f"/review/{record_id}").text
    assert post(curator, f"/review/{record_id}/decision?lang=en", decision="accept", version=version) == 302
    assert "Published: Orti sociali" in curator.get(f"/review/{record_id}?lang=en").text
    assert kb.catalog.record(record_id, VISITOR).state == "published"


def test_what_was_typed_stays_when_somebody_was_faster(kb: Kb, curator: FlaskClient, anna: Person) -> None:
    record_id = cases.hand_in(kb, anna, read=False)
    version = cases.version(kb, record_id)
    cases.change(kb, record_id)
    form = {"decision": "return", "version": version, "reason": "Mancano i costi"}
    answer = curator.post(f"/review/{record_id}/decision", data=form)
    assert answer.status_code == 409
    assert "Mancano i costi</textarea>" in answer.text
    assert cases.state(kb, record_id) == "submitted"


def test_many_are_sent_back_at_once_with_a_line_for_each(kb: Kb, curator: FlaskClient, anna: Person) -> None:
    good, stale = (cases.hand_in(kb, anna, title=title, read=False) for title in ("Primo", "Secondo"))
    ticked = [f"{one}:{cases.version(kb, one)}" for one in (good, stale)]
    cases.change(kb, stale)
    form = {"act": "return", "reason": "Rivedi", "chosen": [*ticked, "x:y"], "state": "submitted"}
    page = curator.post("/review?lang=en", data=form).text
    assert re.search(r"Primo</a>:\s+done", page)
    assert re.search(r"Secondo</a>:\s+<strong>Not done", page)
    assert (cases.state(kb, good), cases.state(kb, stale)) == ("returned", "submitted")
    assert post(curator, "/review", act="assign", to="mine", chosen=[f"{stale}:1"]) == 200
    assert kb.reviewing.queue(people.add(kb, "curator", "carla").reader).mine == 1
    assert post(curator, "/review", act="return") == 302
    assert post(curator, "/review", act="burn", chosen=ticked) == 400


def test_an_internal_remark_is_nowhere_for_the_submitter(
    kb: Kb, app: Flask, curator: FlaskClient, anna: Person
) -> None:
    record_id = cases.hand_in(kb, anna, read=False)
    assert post(curator, f"/review/{record_id}/remarks", text="SEGRETO", to="reviewers") == 302
    assert post(curator, f"/review/{record_id}/remarks", text="Di che anno?", to="submitter") == 302
    assert post(curator, f"/review/{record_id}/remarks", text=" ", to="submitter") == 400
    hers = people.client(app, anna)
    for address in (f"/records/{record_id}", "/records", "/"):
        assert "SEGRETO" not in hers.get(address).text
    assert "Di che anno?" in hers.get(f"/records/{record_id}").text
    assert post(hers, f"/review/{record_id}/replies", text="Del 2019.") == 302
    assert "Del 2019." in curator.get(f"/review/{record_id}").text
    assert [one.remarks for one in kb.desk.records(anna.reader)] == [("Di che anno?",)]  # not her own answer
    assert [one.text for one in kb.reviewing.remarks(record_id, anna.reader)] == ["Di che anno?", "Del 2019."]
    cases.move(kb, record_id, "published")
    for other in (people.client(app), people.client(app, people.add(kb, "contributor", "bruno"))):
        assert "Di che anno?" not in other.get(f"/records/{record_id}").text
        assert post(other, f"/review/{record_id}/replies", text="psst") in (302, 403)
    assert len(kb.reviewing.remarks(record_id, anna.reader)) == 2


def test_two_records_are_merged_and_the_old_address_leads_to_the_new(
    kb: Kb, app: Flask, curator: FlaskClient, anna: Person
) -> None:
    keep = cases.hand_in(kb, anna, state="published", title="Uno", solution="Orti.")
    drop = cases.hand_in(kb, anna, state="published", title="Due", solution="Api lungo il fiume.")
    page = curator.get(f"/review/{drop}/merge?other={keep}&keep={keep}").text
    form = dict(re.findall(r'name="(version-\d+|other)" value="(\d+)"', page))
    assert re.search(rf'value="{keep}" checked', page)
    assert post(curator, f"/review/{drop}/merge", **{**form, f"version-{drop}": 99, "keep": keep}) == 409
    assert post(curator, f"/review/{drop}/merge", **form) == 400
    answer = curator.post(f"/review/{drop}/merge", data={**form, "keep": keep, "reason": "Uguali"})
    assert (answer.status_code, answer.location) == (302, f"/review/{keep}")
    for browser in (people.client(app), people.client(app, anna), curator):
        answer = browser.get(f"/records/{drop}")
        assert (answer.status_code, answer.location) == (301, f"/records/{keep}")
    assert "Uguali" in curator.get(f"/review/{drop}").text  # the history of the other stays readable
    assert curator.get(f"/review/{keep}/merge?other=999").status_code == 404
    assert curator.get(f"/review/{keep}/merge").status_code == 404


def test_a_merged_record_leads_nowhere_for_whoever_may_not_see_the_other(
    kb: Kb, app: Flask, curator: FlaskClient, carla: Person, anna: Person
) -> None:
    keep = cases.hand_in(kb, people.add(kb, "contributor", "bruno"), title="Uno", read=False)
    drop = cases.hand_in(kb, anna, title="Due", read=False)
    kb.merging.merge(keep, drop, (cases.version(kb, keep), cases.version(kb, drop)), carla.reader)
    assert people.client(app).get(f"/records/{drop}").status_code == 404
    hers = people.client(app, anna).get(f"/records/{drop}?lang=en")
    assert hers.status_code == 200
    assert "Archived" in hers.text


def test_language_versions_are_linked_and_shown(kb: Kb, app: Flask, curator: FlaskClient) -> None:
    one = cases.hand_in(kb, None, title="Orti", state="published", read=False)
    other = cases.hand_in(kb, None, title="Gärten", language="de", state="published", read=False)
    assert post(curator, f"/review/{one}/versions", other=other) == 302
    assert post(curator, f"/review/{one}/versions", other=one) == 400
    assert post(curator, f"/review/{one}/versions", other=999) == 404
    page = people.client(app).get(f"/records/{one}?lang=en").text
    assert "In other languages" in page
    assert "Gärten" in page
    cases.move(kb, other, "withdrawn")
    assert "Gärten" not in people.client(app).get(f"/records/{one}").text
    assert post(curator, f"/review/{one}/versions", other=other, act="unlink") == 302
    assert "In other languages" not in people.client(app).get(f"/records/{one}?lang=en").text


def test_the_language_of_a_document_is_stated_by_hand(
    kb: Kb, curator: FlaskClient, anna: Person, text_file: Callable[[str, str], Path]
) -> None:
    record_id = cases.hand_in(kb, anna, text_file("a.txt", "Quaranta orti di quartiere per i pensionati. " * 5))
    document = next(one for one in kb.catalog.record(record_id, anna.reader).documents if one.name == "a.txt")
    form = {"document": document.document_id}
    assert post(curator, f"/review/{record_id}/language", **form, code="FR") == 302
    assert {one.language for one in kb.catalog.record(record_id, anna.reader).documents if one.name == "a.txt"} == {
        "fr"
    }
    assert post(curator, f"/review/{record_id}/language", **form, code="französisch") == 400
    assert post(curator, f"/review/{record_id}/language", **form, act="detect") == 302
    assert [one.action for one in kb.ledger.everything(people.add(kb, "curator").reader)] == [
        "language-stated",
        "language-detected",
    ]


def test_the_record_page_has_a_bar_for_reviewers_only(kb: Kb, app: Flask, curator: FlaskClient, anna: Person) -> None:
    record_id = cases.hand_in(kb, anna, state="published", summary="Orti.")
    for browser in (people.client(app), people.client(app, anna)):
        assert "/review/" not in browser.get(f"/records/{record_id}").text
    page = curator.get(f"/records/{record_id}").text
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    assert post(curator, f"/review/{record_id}/decision", decision="withdraw", version=version) == 302
    assert people.client(app).get(f"/records/{record_id}").status_code == 404


def test_the_log_is_shown_and_taken_away(kb: Kb, app: Flask, curator: FlaskClient, carla: Person, anna: Person) -> None:
    record_id = cases.hand_in(kb, anna, read=False)
    form = {"decision": "return", "version": cases.version(kb, record_id), "reason": '=cmd("x"), "subito"'}
    assert post(curator, f"/review/{record_id}/decision", **form) == 302
    boss = people.client(app, people.add(kb, "administrator"))
    page = curator.get("/review/log?lang=en").text
    assert "sent back" in page
    assert "account opened" not in page
    assert "account opened" in boss.get("/review/log?lang=en").text
    rows = json.loads(curator.get("/review/log.json").text)
    assert [(row["action"], row["subject_id"], row["account_id"]) for row in rows] == [
        ("returned", record_id, carla.account_id)
    ]
    assert len(json.loads(boss.get("/review/log.json").text)) > len(rows)
    assert json.loads(boss.get("/review/log.json?until=2001-01-01").text) == []
    assert json.loads(boss.get(f"/review/log.json?record={record_id}&action=returned").text) == rows
    answer = curator.get("/review/log.csv")
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert line["why"] == '\'=cmd("x"), "subito"'  # no spreadsheet computes it
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "@comune.example" not in boss.get("/review/log.csv").text


@pytest.mark.parametrize("language", ["it", "en", "fr", "de", "es"])
def test_every_page_speaks_every_language(kb: Kb, curator: FlaskClient, anna: Person, language: str) -> None:
    record_id = cases.hand_in(kb, anna, read=False)
    kb.reviewing.remark(record_id, "Ciao", anna.reader, internal=False)
    for address in (
        "/review?",
        f"/review/{record_id}?",
        f"/review/{record_id}/merge?other={record_id}&",
        "/review/log?",
    ):
        assert curator.get(f"{address}lang={language}").status_code == 200, address
