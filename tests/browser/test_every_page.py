"""Every page of the site, as everybody who may see it, in light and dark, on a phone and a desktop: axe finds nothing.

The pages are those of the route list; a route that is neither judged nor named in `NO_PAGES` fails the first test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule

from kb.bootstrap import Kb
from kb.values import VISITOR
from tests.browser import guide_scene
from tests.browser.pages import DESKTOP, PHONE, violations
from tests.support import people
from tests.support.people import PASSWORD, Person
from tests.web.serving import served
from webui.app import create_app
from webui.submission import forms

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("guides")]

WHO: dict[str, str] = {
    "visitor": "",
    "member": "marta",
    "contributor": "anna",
    "curator": "carla",
    "administrator": "ada",
}
"""Role → who has it; the visitor is nobody, and judges what nobody else sees: `test_face.py` has her pages."""

FACES = tuple(product(("light", "dark"), (PHONE, DESKTOP)))

NO_PAGES = {
    "api.me",
    "api.record",
    "api.search",
    "assets.favicon",
    "assets.static_file",
    "atlas.outline_file",
    "atlas.points",
    "collections.as_csv",
    "collections.as_feed",
    "collections.as_json",
    "collections.as_pdf",
    "exports.list_bib",
    "exports.list_csv",
    "exports.list_json",
    "exports.list_ris",
    "exports.record_bib",
    "exports.record_json",
    "exports.record_ris",
    "exports.record_txt",
    "feeds.latest",
    "feeds.search",
    "health.healthz",
    "openid.back",
    "openid.begin",
    "profile.export",
    "records.original",
    "records.photo",
    "review.log_csv",
    "review.log_json",
    "submission.municipalities",
    "submission.progress_json",
    "suggest.anything",
    "suggest.municipalities",
}
"""Routes that answer with files, data, parts of pages or another address."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page, and the roles that may see it."""

    endpoint: str
    address: str
    roles: tuple[str, ...]
    again: bool
    """Whether another address of the same route is judged in every face, so that two are enough here."""

    def faces(self, role: str, turn: int) -> Sequence[Any]:
        """The part of the faces in which a role looks at the page; all roles together look at all of them."""
        turned = tuple(islice(cycle(FACES), turn, turn + len(FACES)))[:: 3 if self.again else 1]
        place = self.roles.index(role)
        return turned[place :: len(self.roles)] or (turned[place % len(turned)],)


@dataclass(frozen=True)
class House:
    """A site in which something has happened, and the people in it."""

    kb: Kb
    app: Flask
    site: str
    people: dict[str, Person]
    cases: dict[str, int]

    def pages(self) -> Iterator[Seen]:
        """Every page that anybody signed in may see."""
        clients = {role: people.client(self.app, self.people[name] if name else None) for role, name in WHO.items()}
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda one: one.endpoint):
            if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES:
                judged = False
                for address in self._addresses(rule):
                    seeing = tuple(role for role, client in clients.items() if _is_page(client, address))
                    roles = tuple(role for role in seeing if WHO[role]) or seeing
                    yield Seen(rule.endpoint, address, roles, judged)
                    judged = judged or bool(roles)

    def _addresses(self, rule: Rule) -> Iterator[str]:
        urls = self.app.url_map.bind("localhost")
        for values in self._values(rule):
            blanks = {name: values[name] for name in rule.arguments}
            for query in self._queries(rule.endpoint, values):
                yield urls.build(rule.endpoint, blanks) + query

    def _values(self, rule: Rule) -> Iterator[dict[str, Any]]:
        known = {
            "key": "shelf",
            "account_id": self.people["luca"].account_id,
            "token": self.kb.access.link(self.people["luca"].account_id).rpartition("/")[2].partition("?")[0],
            "record_id": 2,
            "document_id": self._readable(),
        }
        if rule.arguments == {"audience"}:
            yield from ({"audience": one} for one in WHO if one != "visitor")
        elif rule.arguments == {"key"}:
            yield from ({"key": one} for one in ("shelf", "guide-it"))
        elif rule.arguments == {"record_id"}:
            chosen = (2, *(self.cases[f"{name}.it"] for name in ("upload", "garden", "double", "amendment")))
            yield from ({"record_id": one} for one in chosen)
        else:
            yield known

    def _queries(self, endpoint: str, values: dict[str, Any]) -> Sequence[str]:
        return {
            "compare.show": ("", "?record=1&record=3"),
            "review.merge": ("?other=3&keep=3",),
            "search.browse": ("", "?place=Lucca&theme=waste"),
            "search.results": ("?q=", "?q=raccolta+porta+a+porta", "?q=zzz&country=XX"),
            "submission.form": tuple(f"?group={one}" for one in forms.GROUPS)
            if values.get("record_id") == self.cases["upload.it"]
            else ("",),
            "dashboard.feedback": ("", "?state=closed"),
            "viewer.read": ("", "?view=text"),
        }.get(endpoint, ("",))

    def _readable(self) -> int:
        """The document of a published record that has pages to turn."""
        records = (self.kb.catalog.record(number, VISITOR) for number in range(1, len(guide_scene.PUBLISHED) + 1))
        return next(one.document_id for record in records for one in record.documents if one.page_count)


def _is_page(client: FlaskClient, address: str) -> bool:
    answer = client.get(address, buffered=True)
    return answer.status_code == 200 and answer.mimetype == "text/html"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    kb = guide_scene.build(folder)
    known = guide_scene.open_accounts(kb)
    cases = guide_scene.fill(kb, folder, known)
    cases["amendment.it"] = _amended(kb, cases, known["anna"])
    kb.collections.create("shelf", "Rifiuti", known["carla"].reader, records=[1, 2], visibility="public")
    for one in known.values():
        kb.searches.save("rifiuti", {"q": "rifiuti"}, one.reader, "daily")
    kb.reports.add("record", "Il secondo numero non torna.", known["marta"].reader, record_id=1)
    with served(kb) as (host, port, _):
        yield House(kb, create_app(kb), f"http://{host}:{port}", known, cases)
    kb.close()


def _amended(kb: Kb, cases: dict[str, int], anna: Person) -> int:
    """A change of a published record of hers, begun."""
    published = guide_scene.cases.belongs(kb, 2, anna)
    amendment = kb.editing.amend(published, anna.reader)
    version = kb.editing.view(amendment, anna.reader).version
    kb.editing.save(amendment, version, {"summary": "Un riassunto più chiaro."}, anna.reader, "Era oscuro.")
    return amendment


@pytest.fixture(scope="module")
def pages(house: House) -> list[Seen]:
    return list(house.pages())


def test_every_route_is_a_page_that_somebody_sees_or_is_named_as_none(house: House, pages: list[Seen]) -> None:
    routes = {rule.endpoint for rule in house.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert {one.endpoint for one in pages if one.roles} == routes - NO_PAGES
    assert routes >= NO_PAGES


@pytest.mark.parametrize("role", WHO)
def test_axe_finds_nothing_wrong_on_any_page_of(house: House, pages: list[Seen], browser: Browser, role: str) -> None:
    page = _signed_in(house, browser, role)
    wrong: dict[str, list[str]] = {}
    for turn, seen in enumerate(pages):
        if role not in seen.roles:
            continue
        page.goto(house.site + seen.address)
        for scheme, screen in seen.faces(role, turn % len(FACES)):
            page.set_viewport_size(screen)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = violations(page) + _too_wide(page)
            if found:
                wrong[f"{seen.address} {scheme} {screen['width']}"] = found
    page.context.close()
    assert wrong == {}


def _too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{wide} pixels have to be scrolled sideways"] if wide > 0 else []


def _signed_in(house: House, browser: Browser, role: str) -> Page:
    """A browser of somebody in Italy who has that role."""
    page = browser.new_context(locale="it-IT").new_page()
    if not WHO[role]:
        return page
    page.goto(f"{house.site}/sign-in")
    page.fill("[name=email]", house.people[WHO[role]].email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    return page
