"""People for tests: accounts of every role, and browsers that are signed in as them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.values import NewAccount, Reader, Role

PASSWORD = "una lunga frase segreta"  # noqa: S105 - the tests' own


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account."""

    account_id: int
    email: str
    role: Role

    @property
    def reader(self) -> Reader:
        """Who she is to the services."""
        return Reader(role=self.role, account_id=self.account_id)


def add(kb: Kb, role: Role, name: str = "", language: str = "it") -> Person:
    """Open a confirmed account with `PASSWORD`, once for each role and name."""
    email = f"{name or role}@comune.example"
    known = {one.email: one for one in kb.accounts.list()}
    account = known.get(email) or kb.accounts.add(
        NewAccount(
            email=email, name=name or role.title(), role=role, password=PASSWORD, language=language, verified=True
        )
    )
    return Person(account_id=account.account_id, email=email, role=role)


def client(app: Flask, person: Person | None = None) -> FlaskClient:
    """A browser, signed in as `person`; its forms need no token unless the application is told to ask for them."""
    browser = app.test_client()
    if person is not None:
        secret = app.extensions["kb"].accounts.sign_in(person.account_id)
        with browser.session_transaction() as session:
            session["_user_id"] = secret
            session["_fresh"] = True
    return browser
