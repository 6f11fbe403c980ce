"""Saved searches: what is new is told once, to those who may see it, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from kb.bootstrap import Kb
from kb.db.entities import Record, now
from kb.db.people import Account, Match, Message, SavedSearch
from kb.errors import InvalidFilter, InvalidSearch, NotAllowed, NotFound
from kb.services import publishing
from kb.values import OPERATOR, VISITOR, Outcome
from kb.worker import Worker
from tests.support import people
from tests.support.people import Person

Describe = Callable[..., Outcome]
BINS = {"q": "brown bins"}


@pytest.fixture
def anna(kb: Kb) -> Person:
    return people.add(kb, "member", "anna")


def told(kb: Kb, search_id: int) -> list[int]:
    """Records that a search was told of, for ever."""
    with kb.database.read() as session:
        return sorted(session.execute(select(Match.record_id).where(Match.search_id == search_id)).scalars())


def shown(kb: Kb, search_id: int, reader: Person) -> list[int]:
    """Records in the feed of a search."""
    (key,) = [one.feed_key for one in kb.searches.list(reader.reader) if one.search_id == search_id]
    return [one.record.record_id for one in kb.searches.feed(key).entries]


def move(kb: Kb, record_id: int, state: str) -> None:
    with kb.database.write() as session:
        publishing.move(session, record_id, state)
    Worker(kb).drain()


def letters(kb: Kb) -> list[tuple[str, str]]:
    with kb.database.read() as session:
        return [(one.subject, one.body) for one in session.execute(select(Message).order_by(Message.id)).scalars()]


def test_what_is_new_is_told_once_and_what_was_there_is_not(kb: Kb, describe: Describe, anna: Person) -> None:
    describe(key="old", title="Brown bins of old")
    search = kb.searches.save("Bins", BINS, anna.reader)
    theme = kb.searches.save("Waste", {"theme": ["waste"]}, anna.reader)
    new = describe(key="new", title="Brown bins", themes=["waste"]).record_id or 0
    describe(key="other", title="Trams")
    assert told(kb, search) == [new]
    assert told(kb, theme) == [new]
    # Said again, withdrawn and back, retitled: it stays told once, and the old one does not become new.
    with kb.database.write() as session:
        for row in session.execute(select(Record)).scalars():
            row.published_at = min(row.published_at or now(), now()) - timedelta(days=0 if row.id == new else 9)
            publishing.announce(session, row)
    Worker(kb).drain()
    move(kb, new, "withdrawn")
    move(kb, new, "published")
    assert told(kb, search) == told(kb, theme) == [new]


def test_what_is_withdrawn_leaves_the_feed_at_once(kb: Kb, describe: Describe, anna: Person) -> None:
    search = kb.searches.save("Bins", BINS, anna.reader)
    record = describe(title="Brown bins").record_id or 0
    assert shown(kb, search, anna) == [record]
    with kb.database.write() as session:
        publishing.move(session, record, "withdrawn")
    assert shown(kb, search, anna) == []
    assert kb.searches.list(anna.reader)[0].found == 0


def test_nobody_is_told_of_a_draft_not_even_of_her_own(kb: Kb, describe: Describe, anna: Person) -> None:
    boss = people.add(kb, "curator")
    searches = [kb.searches.save("Bins", BINS, who.reader) for who in (anna, boss)]
    draft = describe(title="Brown bins", state="draft").record_id or 0
    with kb.database.write() as session:
        session.execute(update(Record).values(submitter_id=anna.account_id))
    assert [told(kb, one) for one in searches] == [[], []]
    move(kb, draft, "published")
    assert [told(kb, one) for one in searches] == [[draft], [draft]]


def test_a_collection_that_is_no_longer_hers_to_see_matches_nothing(kb: Kb, describe: Describe, anna: Person) -> None:
    kb.collections.create("mine", "Mine", OPERATOR, visibility="shared")
    search = kb.searches.save("Mine", {"collection": ["mine"]}, anna.reader)
    with kb.database.write() as session:
        session.connection().exec_driver_sql("UPDATE collection SET visibility = 'private'")
    describe(title="Brown bins")
    assert told(kb, search) == []
    assert not kb.alerts.one()


def test_another_model_makes_nothing_new_and_loses_nothing(kb: Kb, describe: Describe, anna: Person) -> None:
    search = kb.searches.save("Bins", BINS, anna.reader)
    describe(title="Trams")
    first = describe(title="Brown bins").record_id or 0
    with kb.database.write() as session:
        session.execute(update(Match).values(record_id=first))
        session.connection().exec_driver_sql("DELETE FROM search_match")
        columns = "dimension, projection, created_at"
        sql = (
            f"INSERT INTO model (id, key, name, in_use, {columns}) SELECT 9, 'tiny@9', 'other', 0, {columns} FROM model"  # noqa: S608
        )
        session.connection().exec_driver_sql(sql)
        head = session.execute(select(SavedSearch.seen_seq)).scalar_one()
    # Its vectors come later in the feed, but the passages were known: the search has seen them.
    with kb.database.write() as session:
        copied = f"INSERT INTO embedding SELECT 9, passage_id, seq + {head}, live, data, sentences FROM embedding"  # noqa: S608
        session.connection().exec_driver_sql(copied)
        session.connection().exec_driver_sql("UPDATE counter SET value = value * 2 WHERE name = 'seq'")
        session.connection().exec_driver_sql("UPDATE model SET in_use = (id = 9)")
    while kb.alerts.one():
        pass
    assert told(kb, search) == []
    with kb.database.read() as session:
        assert session.execute(select(SavedSearch.seen_seq)).scalar_one() == 2 * head
    assert describe(title="More brown bins").record_id in told(kb, search)


def test_one_letter_a_day_in_her_language_with_what_was_found_before(kb: Kb, describe: Describe, anna: Person) -> None:
    with kb.database.write() as session:
        session.execute(update(Account).values(language="de"))
    kb.searches.save("Biotonne", BINS, anna.reader, "daily")
    kb.searches.save("Nie", BINS, anna.reader, "never")
    first = describe(title="Brown bins").record_id or 0
    gone = describe(title="Brown bins elsewhere").record_id or 0
    assert letters(kb) == []
    move(kb, gone, "withdrawn")
    tomorrow = now() + timedelta(days=1)
    _run(kb, tomorrow)
    ((subject, body),) = letters(kb)
    assert subject == "Neues zu Ihrer Suche: Biotonne"
    assert f"{kb.config.site}/records/{first}" in body
    assert f"/records/{gone}" not in body
    assert f"{kb.config.site}/my/searches" in body
    later = describe(title="Brown bins again").record_id or 0
    _run(kb, tomorrow)
    assert len(letters(kb)) == 1
    _run(kb, tomorrow + timedelta(days=1))
    assert len(letters(kb)) == 2
    assert f"/records/{later}" in letters(kb)[1][1]
    assert f"/records/{first}" not in letters(kb)[1][1]
    _run(kb, tomorrow + timedelta(days=2))
    assert len(letters(kb)) == 2


def test_a_weekly_letter_waits_for_monday_and_the_disabled_get_none(kb: Kb, describe: Describe, anna: Person) -> None:
    bruno = people.add(kb, "member", "bruno")
    for who in (anna, bruno):
        kb.searches.save("Bins", BINS, who.reader, "weekly")
    describe(title="Brown bins")
    kb.accounts.disable(bruno.account_id, OPERATOR)
    monday = now() + timedelta(days=7 - now().weekday())
    _run(kb, monday - timedelta(days=1))
    assert letters(kb) == []
    _run(kb, monday)
    assert [subject for subject, _ in letters(kb)] == ["La settimana della tua ricerca: Bins"]


def _run(kb: Kb, at: datetime) -> None:
    """The worker's idle turns at a moment, in a process of its own."""
    kb.alerts._mailed = None
    while kb.alerts.one(at):
        pass


def test_an_idle_look_is_one_number(kb: Kb, describe: Describe, anna: Person) -> None:
    kb.searches.save("Bins", BINS, anna.reader, "daily")
    describe(title="Brown bins")
    assert not kb.alerts.one()
    looked = kb.alerts._looked
    assert not kb.alerts.one()
    assert kb.alerts._looked == looked > 0


def test_a_search_is_its_owners_alone(kb: Kb, anna: Person) -> None:
    bruno = people.add(kb, "curator", "bruno")
    search = kb.searches.save(" Bins\n\x00", BINS, anna.reader)
    (kept,) = kb.searches.list(anna.reader)
    assert (kept.name, kept.frequency, kb.searches.list(bruno.reader)) == ("Bins", "never", ())
    for act in (
        lambda: kb.searches.change(search, bruno.reader, name="X", frequency="daily"),
        lambda: kb.searches.delete(search, bruno.reader),
        lambda: kb.searches.renew(search, bruno.reader),
    ):
        with pytest.raises(NotFound):
            act()
    kb.searches.renew(search, anna.reader)
    with pytest.raises(NotFound):
        kb.searches.feed(kept.feed_key)
    kb.accounts.disable(anna.account_id, OPERATOR)
    with pytest.raises(NotFound):
        kb.searches.feed(kb.searches.list(anna.reader)[0].feed_key)


def test_what_cannot_be_kept_is_refused(kb: Kb, anna: Person) -> None:
    with pytest.raises(NotAllowed):
        kb.searches.save("Bins", BINS, VISITOR)
    refused = [
        ("", BINS, "never"),
        ("Bins", {"q": "?!"}, "never"),
        ("x" * 251, BINS, "never"),
        ("Bins", {}, "never"),
        ("Bins", BINS, "hourly"),
    ]
    for name, address, frequency in refused:
        with pytest.raises(InvalidSearch):
            kb.searches.save(name, address, anna.reader, frequency)
    with pytest.raises(InvalidFilter):
        kb.searches.save("Bins", {"theme": ["nonsense"]}, anna.reader)
    assert kb.searches.list(anna.reader) == ()


def test_a_search_that_cannot_be_carried_out_holds_up_nobody(kb: Kb, describe: Describe, anna: Person) -> None:
    broken, good = (kb.searches.save("Bins", BINS, anna.reader) for _ in range(2))
    with kb.database.write() as session:
        session.execute(update(SavedSearch).where(SavedSearch.id == broken).values(address={"q": "?!"}))
    record = describe(title="Brown bins").record_id
    assert (told(kb, broken), told(kb, good)) == ([], [record])
    assert not kb.alerts.one()
