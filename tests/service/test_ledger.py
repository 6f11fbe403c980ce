"""The log handed out: whole, in order, to those who may read it, and without what identifies people for ever."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from kb.bootstrap import Kb
from kb.cli import commands
from kb.db.people import Account
from kb.errors import NotAllowed
from kb.services import ledger
from kb.services.ledger import Asked
from kb.services.steps import Decision
from kb.values import OPERATOR, VISITOR
from tests.support import cases, people
from tests.support.people import Person
from tests.support.tiny import TinyShelf

Run = Callable[..., Result]


@pytest.fixture
def run(kb: Kb, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("KB_DATA", str(kb.config.data))
    monkeypatch.setenv("KB_MODELS", str(kb.config.models))

    def call(*args: str) -> Result:
        return CliRunner().invoke(commands, ["log", *args], obj=TinyShelf)

    return call


@pytest.fixture
def carla(kb: Kb) -> Person:
    return people.add(kb, "curator", "carla")


@pytest.fixture
def decided(kb: Kb, carla: Person) -> int:
    record_id = cases.hand_in(kb, people.add(kb, "contributor", "anna"), read=False)
    kb.reviewing.decide(record_id, cases.version(kb, record_id), Decision("return", "Mancano i costi."), carla.reader)
    return record_id


def test_all_of_it_comes_in_order_however_long_it_is(kb: Kb, carla: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "BATCH", 2)
    for number in range(5):
        people.add(kb, "member", f"member-{number}")
    everything = list(kb.ledger.everything(OPERATOR))
    assert len(everything) == 6
    assert [one.id for one in everything] == sorted(one.id for one in everything)
    assert list(kb.ledger.everything(carla.reader)) == []  # accounts are no business of a curator's


def test_a_reason_goes_with_the_decision_it_was_given_for(kb: Kb, carla: Person, decided: int) -> None:
    kb.reviewing.assign(decided, carla.account_id, carla.reader)
    reasons = {one.action: one.why for one in kb.ledger.everything(carla.reader)}
    assert reasons == {"returned": "Mancano i costi.", "assigned": ""}
    page = kb.ledger.page(carla.reader, Asked(action="returned", subject_id=decided))
    assert (page.total, page.entries[0].facts["before"], page.subjects) == (1, "submitted", ("record",))


def test_names_are_those_of_now_and_addresses_are_nowhere(kb: Kb, carla: Person, decided: int) -> None:
    assert "@" not in "".join(ledger.as_csv(kb.ledger.everything(OPERATOR)))
    with kb.database.write() as session:
        session.get_one(Account, carla.account_id).name = ""
    (entry,) = kb.ledger.everything(carla.reader)
    assert (entry.account_id, entry.name) == (carla.account_id, "")


def test_nobody_below_a_curator_reads_it(kb: Kb) -> None:
    for reader in (VISITOR, people.add(kb, "member").reader, people.add(kb, "contributor").reader):
        for look in (kb.ledger.page, kb.ledger.everything):
            with pytest.raises(NotAllowed):
                look(reader)


def test_the_command_shows_and_hands_out(run: Run, decided: int, carla: Person) -> None:
    rows = json.loads(run("--json").output)
    assert [row["action"] for row in rows] == ["account-added", "account-added", "returned"]
    assert json.loads(run("--json", "--record", str(decided), "--account", str(carla.account_id)).output) == rows[-1:]
    assert json.loads(run("--json", "--until", "2001-01-01").output) == []
    table = list(csv.DictReader(io.StringIO(run("--csv").output)))
    assert [row["why"] for row in table] == ["", "", "Mancano i costi."]
    assert "returned" in run("--action", "returned").output
    assert run("--csv", "--json").exit_code == 2
