"""Export and erasure: all of hers and nothing of others, and afterwards nothing that names her."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from kb.bootstrap import Kb
from kb.db.editorial import Feedback, Remark
from kb.db.entities import Collection, Record
from kb.db.people import Account, Identity, SavedSearch
from kb.errors import InvalidAccount, NotAllowed, NotFound
from kb.services import letters
from kb.services.fields import State, parse
from kb.services.profiles import Profile
from kb.values import OPERATOR, Letter
from tests.support import people
from tests.support.people import Person


def hand_in(kb: Kb, person: Person, title: str, state: State) -> int:
    (outcome,) = kb.intake.add_record(parse({"title": title}, where="test"), source="test", state=state)
    with kb.database.write() as session:
        record = session.get(Record, outcome.record_id)
        assert record is not None
        record.submitter_id = person.account_id
    return outcome.record_id or 0


def fill(kb: Kb, person: Person) -> dict[str, int]:
    """Leave a trace of a person in every table that can hold one."""
    profile = Profile(name=f"Name {person.email}", organisation=f"Ufficio {person.email}", home="Pesaro")
    kb.profiles.change(person.account_id, profile, person.reader)
    kb.accounts.sign_in(person.account_id, agent=f"Firefox {person.email}")
    kb.tokens.create(person.account_id, "export", [], person.reader)
    kb.collections.create(f"mine-{person.account_id}", "Mine", person.reader)
    kb.collections.create(f"shared-{person.account_id}", "Shared", person.reader, visibility="shared")
    works = {state: hand_in(kb, person, f"{state} of {person.account_id}", state) for state in ("draft", "published")}
    with kb.database.write() as session:
        session.add(Identity(account_id=person.account_id, issuer="https://id.example", subject=person.email))
        session.add(SavedSearch(account_id=person.account_id, name="Treni", feed_key=person.email))
        session.add(Feedback(topic="site", text="A typo.", contact=person.email.upper()))
        session.add(Remark(record_id=works["published"], account_id=person.account_id, text="Good."))
        letters.write(session, Letter(account_id=person.account_id, subject="Buongiorno Anna", body="secret link"))
    return works


def test_the_export_holds_all_of_hers_and_nothing_of_others(kb: Kb) -> None:
    anna, bea = people.add(kb, "contributor", "anna"), people.add(kb, "contributor", "bea")
    fill(kb, anna)
    fill(kb, bea)
    told = kb.personal.export(anna.account_id, anna.reader)
    assert [name for name, rows in told.items() if not rows and name not in ("assessments", "versions")] == []
    assert told["account"]["preferences"] == {"reads": [], "home": "041044"}
    whole = json.dumps(told)
    assert bea.email not in whole
    assert f"of {bea.account_id}" not in whole
    assert "argon2" not in whole
    assert "hash" not in whole


def test_only_she_and_an_administrator_have_her_data(kb: Kb) -> None:
    anna, carla = people.add(kb, "member", "anna"), people.add(kb, "curator", "carla")
    for act in (kb.personal.export, kb.personal.erase):
        with pytest.raises(NotAllowed):
            act(anna.account_id, carla.reader)
    assert kb.personal.export(anna.account_id, OPERATOR)["account"]["email"] == anna.email


def test_after_erasure_nothing_in_the_database_names_her(kb: Kb) -> None:
    anna, bea = people.add(kb, "contributor", "anna"), people.add(kb, "contributor", "bea")
    works = fill(kb, anna)
    fill(kb, bea)
    kb.personal.erase(anna.account_id, anna.reader)
    with kb.database.read() as session:
        tables = session.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
        whole = {name: str(session.execute(text(f'select * from "{name}"')).all()) for name in tables}  # noqa: S608
        left = session.execute(select(Record.id, Record.submitter_id)).all()
        owners = session.execute(select(Collection.key, Collection.owner_id)).all()
    for trace in (anna.email, anna.email.upper(), f"draft of {anna.account_id}"):
        assert [name for name, rows in whole.items() if trace in rows] == []
    assert [name for name, rows in whole.items() if bea.email in rows]
    assert (works["published"], None) in [tuple(row) for row in left]
    assert works["draft"] not in [row.id for row in left]
    assert (f"shared-{anna.account_id}", None) in [tuple(row) for row in owners]
    assert f"mine-{anna.account_id}" not in [row.key for row in owners]
    assert kb.personal.export(bea.account_id, bea.reader)["records"]


def test_an_erased_account_is_gone_and_its_number_means_nobody(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    secret = kb.accounts.sign_in(anna.account_id)
    kb.personal.erase(anna.account_id, anna.reader)
    assert kb.accounts.signed_in(secret) is None
    assert list(kb.accounts.list()) == []
    with pytest.raises(NotFound):
        kb.accounts.view(anna.account_id)
    assert people.add(kb, "member", "anna").account_id != anna.account_id
    with kb.database.read() as session:
        row = session.get(Account, anna.account_id)
        assert row is not None
        assert (row.email, row.name, row.preferences) == (None, "", {})


def test_the_last_administrator_cannot_erase_herself(kb: Kb) -> None:
    boss = people.add(kb, "administrator")
    with pytest.raises(InvalidAccount, match="last administrator"):
        kb.personal.erase(boss.account_id, boss.reader)
