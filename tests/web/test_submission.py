"""Handing in by form, by files and by table, for each who may and against each who may not."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.bootstrap import Kb
from kb.services import publishing
from kb.services.fields import check
from kb.values import OPERATOR, VISITOR
from kb.worker import Worker
from tests.support import people
from tests.support.people import Person
from tests.support.tiny import tiny_kb
from webui.app import create_app

WORDS = "Capannori collects household waste door to door since 2005, and weighs what each family leaves."


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    """A library of its own, for these tests change it."""
    built = tiny_kb(tmp_path, max_file_mb=1)
    yield built
    built.close()


@pytest.fixture
def anna(kb: Kb) -> Person:
    return people.add(kb, "contributor", "anna")


def browser(kb: Kb, person: Person | None, *, csrf: bool = False) -> FlaskClient:
    app = create_app(kb)
    app.config["WTF_CSRF_ENABLED"] = csrf
    return people.client(app, person)


@pytest.fixture
def client(kb: Kb, anna: Person) -> FlaskClient:
    return browser(kb, anna)


@pytest.fixture
def draft(kb: Kb, anna: Person) -> int:
    return kb.editing.begin(check({"title": "Waste", "language": "en", "solution": WORDS}), anna.reader)


def publish(kb: Kb, record_id: int) -> None:
    with kb.database.write() as session:
        publishing.move(session, record_id, "published", OPERATOR)
    Worker(kb).drain()


def upload(
    client: FlaskClient, *files: tuple[str, bytes], field: str = "files", to: str = "/submit/files"
) -> TestResponse:
    """Send a form with files, written out here because the client of tests leaves large ones open."""
    parts = (
        f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode() + content
        for name, content in files
    )
    body = b"\r\n".join([*parts, b"--edge--\r\n"])
    return client.post(to, data=body, content_type="multipart/form-data; boundary=edge")


# --- describing by form --------------------------------------------------------------------------------


def test_a_record_is_described_group_by_group_and_sent(kb: Kb, client: FlaskClient, anna: Person) -> None:
    form = {"kind": "practice", "title": "Porta a porta", "language": "it", "keywords": "rifiuti\r\nriuso"}
    answer = client.post("/submit/record", data=form)
    assert answer.status_code == 302
    assert answer.location.endswith("?group=place")
    (own,) = kb.desk.records(anna.reader)
    place = {"version": "1", "municipality": "Capannori (LU)"}
    address = f"/submit/record/{own.record_id}"
    assert client.post(f"{address}?group=place", data=place).location.endswith("group=who")
    view = kb.editing.view(own.record_id, anna.reader)
    assert (view.record.place.region, view.fields["lau"], view.record.place.population) == ("Toscana", "046007", 44898)
    what = {
        "version": "2",
        "solution": "Due righe.\r\n\r\nE altre due.",
        "themes": ["waste", "energy"],
        "then": "check",
    }
    assert client.post(f"{address}?group=what", data=what).location.endswith("/check")
    page = client.get(f"{address}/check?lang=en").text
    assert "Transferable" in page
    assert client.post(f"{address}/check", data={"version": "3"}).location == "/my"
    assert kb.editing.view(own.record_id, anna.reader).record.state == "submitted"
    assert "Porta a porta" in client.get("/my").text


@pytest.mark.parametrize(
    ("group", "sent", "field", "told"),
    [
        ("identity", {"kind": "practice", "title": ""}, "title", "It is missing."),
        ("identity", {"kind": "practice", "title": "A" * 251}, "title", "at most 250 characters"),
        ("what", {"solution": "A" * 5001}, "solution", "at most 5000 characters"),
        ("what", {"themes": "wastes"}, "themes", "none of those there are"),
        ("place", {"lat": "north"}, "lat", "Write a number"),
        ("place", {"municipality": "Castro"}, "municipality", "Several municipalities"),
        ("who", {"contact_email": "nobody"}, "contact_email", "no e-mail address"),
        ("when", {"start": "2010", "end": "2009"}, "end", "cannot come before"),
        ("outcome", {"indicators-name": "CO2"}, "indicators", ""),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_written_stays(
    kb: Kb, client: FlaskClient, draft: int, group: str, sent: dict[str, str], field: str, told: str
) -> None:
    if group == "outcome":
        sent |= {f"indicators-{part}": "" for part in ("value", "unit", "baseline")}
    answer = client.post(f"/submit/record/{draft}?group={group}&lang=en", data={"version": "1", **sent})
    assert answer.status_code == 400
    found = re.search(rf'id="{field}-error">([^<]*)<', answer.text)
    assert found is not None
    assert told in found[1]
    assert group == "what" or max(sent.values(), key=len) in answer.text
    assert kb.editing.view(draft, OPERATOR).version == 1


def test_of_two_who_edit_the_second_sees_both_and_decides(
    kb: Kb, client: FlaskClient, anna: Person, draft: int
) -> None:
    kb.editing.save(draft, 1, {"cost": "ten euros"}, people.add(kb, "curator").reader)
    mine = {"cost": "twelve euros", "funding": "own", "version": "1"}
    answer = client.post(f"/submit/record/{draft}?group=means&lang=en", data=mine)
    assert answer.status_code == 409
    assert "ten euros" in answer.text
    assert "twelve euros" in answer.text
    assert kb.editing.view(draft, anna.reader).fields["cost"] == "ten euros"
    fresh = re.search(r'name="version" value="(\d+)"', answer.text)
    assert fresh is not None
    assert client.post(f"/submit/record/{draft}?group=means", data={**mine, "version": fresh[1]}).status_code == 302
    assert kb.editing.view(draft, anna.reader).fields["cost"] == "twelve euros"


def test_a_proposal_is_shown_with_its_sentence_and_taken_over(
    kb: Kb, client: FlaskClient, anna: Person, tmp_path: Path
) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Rifiuti\n\nIl progetto di raccolta contribuisce agli SDG 11 e 12 in tutta la provincia.")
    record = kb.editing.hand_in(path, "a.md", anna.reader).record_id or 0
    Worker(kb).drain()
    page = client.get(f"/submit/record/{record}?group=what&lang=en").text
    assert 'value="sdgs=12"' in page
    assert "contribuisce agli" in page
    answer = client.post(f"/submit/record/{record}?group=what", data={"version": "1", "take": "sdgs=12"})
    assert answer.location.endswith("#field-sdgs")
    assert kb.editing.view(record, anna.reader).fields["sdgs"] == ["12"]
    assert "not confirmed yet" in client.get(f"/submit/record/{record}?lang=en").text


def test_names_of_municipalities_are_offered(client: FlaskClient) -> None:
    assert "Capannori (LU)" in client.get("/submit/municipalities.json?q=capan").get_json()
    assert client.get("/submit/municipalities.json?q=").get_json() == []


# --- files ---------------------------------------------------------------------------------------------


def test_many_files_become_drafts_whose_progress_is_told(kb: Kb, client: FlaskClient, anna: Person) -> None:
    answer = upload(client, ("a.txt", WORDS.encode()), ("../b.txt", b"Another text."), ("c.exe", b"MZ\x90\0"))
    assert answer.status_code == 200
    assert "c.exe" in answer.text
    assert [one.title for one in kb.desk.records(anna.reader)] == ["b", "a"]
    numbers = re.findall(r'data-document="(\d+)" data-status="waiting"', answer.text)
    assert len(numbers) == 2
    query = "&".join(f"document={one}" for one in numbers)
    Worker(kb).drain()
    told = client.get(f"/submit/progress.json?{query}&lang=en").get_json()
    assert {one["status"] for one in told} == {"searchable"}
    assert "Its text can be searched." in client.get(f"/submit/progress?{query}&lang=en").text
    other = browser(kb, people.add(kb, "contributor", "bruno"))
    assert other.get(f"/submit/progress.json?{query}").get_json() == []


def test_a_script_is_answered_file_by_file(client: FlaskClient) -> None:
    data = {"files": (io.BytesIO(b""), "empty.pdf")}
    headers = {"Accept": "application/json"}
    (told,) = client.post("/submit/files?lang=en", data=data, headers=headers).get_json()
    assert (told["status"], told["name"]) == ("rejected", "empty.pdf")
    assert "empty" in told["sentence"]


def test_nobody_learns_of_a_file_that_she_may_not_see(kb: Kb, client: FlaskClient, anna: Person) -> None:
    hidden, new = WORDS.encode(), b"Nobody has ever handed in this text about gardens."
    upload(browser(kb, people.add(kb, "contributor", "bruno")), ("secret-name.txt", hidden))
    Worker(kb).drain()

    def seen(content: bytes) -> str:
        told = upload(client, ("mine.txt", content)).text
        Worker(kb).drain()
        newest = kb.desk.records(anna.reader)[0].record_id
        told += client.get(f"/submit/record/{newest}/check").text + client.get("/my").text
        own = kb.editing.view(newest, anna.reader)
        kb.editing.discard(newest, own.version, anna.reader)
        return re.sub(r'csrf_token" value="[^"]*"|\d+', "", told)

    assert seen(hidden) == seen(new)
    assert "secret-name" not in seen(hidden)


def test_duplicates_that_she_may_see_are_shown_before_sending(
    kb: Kb, client: FlaskClient, anna: Person, draft: int
) -> None:
    publish(kb, draft)
    other = kb.editing.begin(check({"title": "Waste", "language": "en", "solution": WORDS}), anna.reader)
    Worker(kb).drain()
    page = client.get(f"/submit/record/{other}/check?lang=en").text
    assert f"/records/{draft}" in page
    assert "the same" in page
    assert "100 %" in page


def test_too_much_is_refused_and_visitors_send_nothing_large(kb: Kb, client: FlaskClient, anna: Person) -> None:
    large = ("a.txt", b"x" * (1_200_000))
    assert "too large" in upload(client, large, to="/submit/files?lang=en").text
    assert upload(client, *[("a.txt", b"x")] * 51).status_code == 400
    assert upload(client, ("a.txt", b"x" * 3_000_000)).status_code == 413
    assert upload(browser(kb, None), large).status_code == 302
    assert upload(browser(kb, None, csrf=True), large).status_code == 413
    assert kb.desk.records(anna.reader) == ()


def test_a_form_of_files_needs_its_token(kb: Kb, anna: Person) -> None:
    client = browser(kb, anna, csrf=True)
    assert upload(client, ("a.txt", b"x" * 1_040_000)).status_code == 400
    assert kb.desk.records(anna.reader) == ()


def test_files_of_a_record_come_and_go(kb: Kb, client: FlaskClient, anna: Person, draft: int) -> None:
    data = {"version": "1", "files": [(io.BytesIO(b"Some text."), "a.txt"), (io.BytesIO(b"MZ"), "b.exe")]}
    assert client.post(f"/submit/record/{draft}/files?lang=en", data=data).status_code == 302
    page = client.get(f"/submit/record/{draft}/files?lang=en").text
    assert "a.txt" in page
    assert "b.exe: This kind of file" in page
    (number,) = re.findall(r"/files/(\d+)/remove", page)
    assert client.post(f"/submit/record/{draft}/files/{number}/remove", data={"version": "1"}).status_code == 409
    assert client.post(f"/submit/record/{draft}/files/{number}/remove", data={"version": "2"}).status_code == 302
    assert [one.name for one in kb.editing.view(draft, anna.reader).record.documents] == ["description"]


# --- tables --------------------------------------------------------------------------------------------


def test_a_table_is_taken_whole_or_not_at_all(kb: Kb, client: FlaskClient, anna: Person) -> None:
    bad = b"title;country;themes\nA;IT;waste\nB;Italia;waste\n;IT;waste\n"
    answer = upload(client, ("t.csv", bad), field="table", to="/submit/table?lang=en")
    assert answer.status_code == 400
    assert "2 rows cannot be taken" in answer.text
    assert "country" in answer.text
    assert kb.desk.records(anna.reader) == ()
    answer = upload(client, ("t.csv", b"title;country\nA;IT\nB;FR\n"), field="table", to="/submit/table")
    assert answer.location == "/my"
    assert sorted(one.title for one in kb.desk.records(anna.reader)) == ["A", "B"]


def zipped(**members: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return held.getvalue()


def test_an_archive_brings_the_files_of_its_table(kb: Kb, client: FlaskClient, anna: Person) -> None:
    row = json.dumps({"title": "A", "file": "files/a.txt"})
    answer = upload(client, ("t.zip", zipped(t_jsonl=row, files__a_txt=WORDS)), field="table", to="/submit/table")
    assert answer.status_code == 302
    (own,) = kb.desk.records(anna.reader)
    assert [one.name for one in kb.editing.view(own.record_id, anna.reader).record.documents] == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", b'{"title": "A", "file": "/etc/passwd"}'),
        ("t.jsonl", b'{"title": "A", "file": "../../secret-key"}'),
        ("t.zip", zipped(t_jsonl='{"title": "A", "file": "/etc/passwd"}')),
        ("t.zip", zipped(t_jsonl='{"title": "A", "file": "absent.pdf"}')),
        ("t.zip", zipped(a_txt="no table")),
        ("t.zip", b"PK\3\4 damaged"),
        ("t.csv", b""),
        ("t.csv", b"\xff\xfe\x00"),
        ("t.jsonl", b'{"title": "\\ud800"}'),
        ("t.jsonl", b"[" * 100_000),
        ("t.exe", b"MZ"),
    ],
)
def test_a_table_that_cannot_be_taken_says_why(
    kb: Kb, client: FlaskClient, anna: Person, name: str, content: bytes
) -> None:
    answer = upload(client, (name, content), field="table", to="/submit/table?lang=en")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "kb-submitted" not in answer.text
    assert kb.desk.records(anna.reader) == ()


# --- following and correcting --------------------------------------------------------------------------


def test_a_change_of_a_published_record_is_proposed_compared_and_restored(
    kb: Kb, client: FlaskClient, anna: Person, draft: int
) -> None:
    publish(kb, draft)
    assert "Propose a change" in client.get(f"/records/{draft}?lang=en").text
    answer = client.post(f"/records/{draft}/amend")
    amendment = int(answer.location.rsplit("/", 1)[1])
    sent = {"version": "1", "cost": "<b>ten</b> euros"}
    client.post(f"/submit/record/{amendment}?group=means", data=sent)
    page = client.get(f"/records/{amendment}/difference?lang=en").text
    assert "<ins>&lt;b&gt;ten&lt;/b&gt; euros</ins>" in page
    assert "ten" not in client.get(f"/records/{draft}").text.split("</header>")[-1].split("<footer")[0].replace(
        "content", ""
    )
    assert client.post(f"/records/{amendment}/restore?lang=en", data={"number": "1", "version": "2"}).status_code == 302
    assert "cost" not in kb.editing.view(amendment, anna.reader).fields
    history = client.get(f"/records/{amendment}/history?lang=en").text
    assert "Version 3" in history
    assert "Version 1 restored" in history


def test_she_takes_back_discards_and_asks_for_withdrawal(kb: Kb, client: FlaskClient, anna: Person, draft: int) -> None:
    client.post(f"/submit/record/{draft}/check", data={"version": "1"})
    assert client.post(f"/submit/record/{draft}/take-back", data={"version": "1"}).status_code == 409
    client.post(f"/submit/record/{draft}/take-back", data={"version": "2"})
    assert kb.editing.view(draft, anna.reader).record.state == "draft"
    publish(kb, draft)
    assert client.post(f"/submit/record/{draft}/ask-withdrawal", data={"why": " "}).status_code == 400
    client.post(f"/submit/record/{draft}/ask-withdrawal", data={"why": "It is outdated."})
    shown = client.get(f"/records/{draft}?lang=en")
    assert shown.status_code == 200
    other = kb.editing.begin(check({"title": "B"}), anna.reader)
    assert client.get(f"/submit/record/{other}/discard").status_code == 200
    assert client.post(f"/submit/record/{other}/discard", data={"version": "1"}).location == "/my"
    assert [one.record_id for one in kb.desk.records(anna.reader)] == [draft]


def test_a_contact_without_consent_is_on_no_page_of_others(kb: Kb, client: FlaskClient, anna: Person) -> None:
    fields = check({"title": "A", "summary": "b", "contact_email": "anna.bianchi@comune.example"})
    record = kb.editing.begin(fields, anna.reader)
    publish(kb, record)
    for person in (None, people.add(kb, "contributor", "bruno")):
        other = browser(kb, person)
        for address in (f"/records/{record}", "/records", "/search?q=bianchi"):
            assert "anna.bianchi" not in other.get(address).text
    assert kb.catalog.record(record, VISITOR).details == {}
    assert "anna.bianchi" in client.get(f"/submit/record/{kb.editing.amend(record, anna.reader)}?group=who").text


PRIVATE = (
    "/submit/record/{0}",
    "/submit/record/{0}/files",
    "/submit/record/{0}/check",
    "/submit/record/{0}/discard",
    "/records/{0}/history",
    "/records/{0}/difference?from=1&to=1",
)
CHANGING = (
    "/submit/record/{0}?group=identity",
    "/submit/record/{0}/files",
    "/submit/record/{0}/files/1/remove",
    "/submit/record/{0}/check",
    "/submit/record/{0}/take-back",
    "/submit/record/{0}/discard",
    "/records/{0}/restore",
    "/records/{0}/amend",
)


def test_a_draft_and_its_versions_are_hers_and_the_curators(kb: Kb, anna: Person, draft: int) -> None:
    form = {"version": "1", "number": "1", "title": "Stolen", "kind": "practice", "why": "x"}
    for person in (people.add(kb, "member"), people.add(kb, "contributor", "bruno")):
        client = browser(kb, person)
        for address in PRIVATE:
            assert client.get(address.format(draft)).status_code == 404
        for address in CHANGING:
            data = {**form, "files": (io.BytesIO(b"x"), "a.txt")}
            assert client.post(address.format(draft), data=data).status_code == 404
    visitor = browser(kb, None)
    for address in PRIVATE:
        assert "/sign-in" in visitor.get(address.format(draft)).location
    for address in ("/submit", "/submit/files", "/submit/table", "/submit/record"):
        assert browser(kb, people.add(kb, "member")).get(address).status_code == 403
    curator = browser(kb, people.add(kb, "curator"))
    answers = {address: curator.get(address.format(draft)).status_code for address in PRIVATE}
    assert {address for address, status in answers.items() if status != 200} == {"/submit/record/{0}/discard"}
    assert kb.editing.view(draft, anna.reader).version == 1


@pytest.mark.parametrize("language", ["it", "en", "fr", "de", "es"])
def test_every_page_speaks_every_language(kb: Kb, client: FlaskClient, draft: int, language: str) -> None:
    groups = ("identity", "place", "who", "what", "when", "means", "outcome", "rights")
    pages = ["/submit", "/submit/files", "/submit/table", "/submit/record", "/submit/record?kind=study", "/my"]
    pages += [address.format(draft) for address in PRIVATE] + [f"/submit/record/{draft}?group={one}" for one in groups]
    for address in pages:
        answer = client.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
        assert answer.status_code == 200, address
