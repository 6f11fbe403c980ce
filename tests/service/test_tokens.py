"""Keys of programs: shown once, narrowed by scope and role, and ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from kb.bootstrap import Kb
from kb.db.entities import now
from kb.db.people import Token
from kb.errors import InvalidAccount, NotAllowed, NotFound
from kb.services import rights
from kb.services.tokens import PREFIX
from kb.values import OPERATOR, Reader
from tests.support import people


def test_a_key_is_kept_only_as_a_hash(kb: Kb) -> None:
    anna = people.add(kb, "member", "anna")
    secret = kb.tokens.create(anna.account_id, "export", [], anna.reader)
    assert secret.startswith(PREFIX)
    with kb.database.read() as session:
        row = session.execute(select(Token)).scalar_one()
        kept = [str(getattr(row, column.name)) for column in Token.__table__.columns]
    assert not any(secret in value for value in kept)


def test_a_key_acts_for_its_owner_within_its_scopes(kb: Kb) -> None:
    carla = people.add(kb, "curator", "carla")
    reading = kb.tokens.bearer(kb.tokens.create(carla.account_id, "a", [], carla.reader))
    curating = kb.tokens.bearer(kb.tokens.create(carla.account_id, "b", ["curate"], carla.reader))
    assert reading is not None
    assert curating is not None
    assert reading.reader == Reader(role="curator", account_id=carla.account_id, scopes=frozenset({"read"}))
    assert reading.reader.sees_everything
    assert not rights.may(reading.reader, "decide")
    assert not rights.may(reading.reader, "hand-in")
    assert rights.may(curating.reader, "decide")
    assert not rights.may(curating.reader, "hand-in")


def test_no_program_administers(kb: Kb) -> None:
    boss = people.add(kb, "administrator")
    bearer = kb.tokens.bearer(kb.tokens.create(boss.account_id, "all", list(rights.SCOPES), boss.reader))
    assert bearer is not None
    assert not rights.may(bearer.reader, "administer")
    with pytest.raises(NotAllowed):
        kb.tokens.create(boss.account_id, "more", [], bearer.reader)
    with pytest.raises(NotAllowed):
        kb.personal.erase(boss.account_id, bearer.reader)


def test_an_action_that_is_in_no_scope_is_for_people_alone() -> None:
    every = frozenset(rights.SCOPES)
    for action in rights.RIGHTS:
        named = any(action in actions for _, actions in rights.SCOPES.values())
        assert rights.may(Reader(role="administrator", account_id=1, scopes=every), action) == named
        assert not rights.may(Reader(role="administrator", account_id=1, scopes=frozenset()), action)


def test_a_scope_beyond_the_role_is_refused_and_lost_with_it(kb: Kb) -> None:
    anna, carla = people.add(kb, "member", "anna"), people.add(kb, "curator", "carla")
    for scope in ("curate", "hand-in", "everything"):
        with pytest.raises(InvalidAccount):
            kb.tokens.create(anna.account_id, "x", [scope], anna.reader)
    secret = kb.tokens.create(carla.account_id, "x", ["curate"], carla.reader)
    kb.accounts.set_role(carla.account_id, "member", OPERATOR)
    bearer = kb.tokens.bearer(secret)
    assert bearer is not None
    assert bearer.scopes == {"read"}


def test_a_key_ends_when_it_is_taken_back_too_old_or_its_account_closed(kb: Kb) -> None:
    anna, bea = people.add(kb, "member", "anna"), people.add(kb, "member", "bea")
    back, old, closed = (kb.tokens.create(anna.account_id, name, [], anna.reader) for name in "abc")
    last, middle, first = kb.tokens.of(anna.account_id)
    with pytest.raises(NotAllowed):
        kb.tokens.revoke(anna.account_id, first.token_id, bea.reader)
    with pytest.raises(NotFound):
        kb.tokens.revoke(bea.account_id, first.token_id, bea.reader)
    kb.tokens.revoke(anna.account_id, first.token_id, anna.reader)
    with kb.database.write() as session:
        gone = now() - timedelta(seconds=1)
        session.execute(update(Token).where(Token.id == middle.token_id).values(expires_at=gone))
    assert [kb.tokens.bearer(secret) is None for secret in (back, old, closed)] == [True, True, False]
    assert kb.tokens.of(anna.account_id)[0].used is not None
    assert last.used is None
    kb.accounts.disable(anna.account_id, OPERATOR)
    assert kb.tokens.bearer(closed) is None
    assert kb.tokens.bearer("") is None
