"""A site of its own for tests that change it: a few records, and people of several roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from kb.services import publishing
from kb.services.fields import parse
from kb.worker import Worker
from tests.support import people
from tests.support.tiny import tiny_kb
from webui.app import create_app

FORMULA = '=HYPERLINK("http://evil.example")'


@dataclass(frozen=True)
class Site:
    """The product, its web face, and browsers for it."""

    kb: Kb
    app: Flask

    def browser(self, role: str = "", name: str = "") -> FlaskClient:
        """A browser of a visitor, or of somebody with a role."""
        return people.client(self.app, people.add(self.kb, role, name) if role else None)  # type: ignore[arg-type]

    def add(self, state: str = "published", **fields: object) -> int:
        """A described record, read."""
        given = {"title": "Untitled", "language": "it", **fields}
        (outcome,) = self.kb.intake.add_record(parse(given, where="test"), source="test", state=state)  # type: ignore[arg-type]
        Worker(self.kb).drain()
        return outcome.record_id or 0

    def move(self, record_id: int, state: str) -> None:
        """Change a record's state, as a curator does; nothing else is told of it."""
        with self.kb.database.write() as session:
            publishing.move(session, record_id, state)


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """A site without records, whose forms need no token."""
    kb = tiny_kb(folder)
    app = create_app(kb)
    app.config["WTF_CSRF_ENABLED"] = False
    yield Site(kb, app)
    kb.close()


def soup(browser: FlaskClient, address: str) -> BeautifulSoup:
    """A page that must be there, parsed."""
    response = browser.get(address)
    assert response.status_code == 200, (address, response.status_code, response.text[:2000])
    return BeautifulSoup(response.text, "lxml")
