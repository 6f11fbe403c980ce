"""Everywhere a record can show: pages, lists, counts, feeds, files, exports and the interface for programs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from playwright.sync_api import APIResponse, BrowserContext
from pypdf import PdfReader

OWN = frozenset({"record", "json", "ris", "bib", "txt", "its-neighbours", "api", "original", "reader"})
"""Places that are about the record alone; that they answer at all is a trace."""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """A record by what can give it away: `title` stands in no other, `neighbour` is a record like it."""

    record_id: int
    document_id: int
    title: str
    question: str
    neighbour: int
    collection: str
    feed_key: str


def addresses(sought: Sought) -> Mapping[str, str]:
    """Name of a place → where it is."""
    this, other, shelf = sought.record_id, sought.neighbour, sought.collection
    asked, titled = urlencode({"q": sought.question}), urlencode({"q": sought.title[:20]})
    return {
        "record": f"/records/{this}",
        **{ending: f"/records/{this}.{ending}" for ending in ("json", "ris", "bib", "txt")},
        "its-neighbours": f"/records/{this}/similar",
        "api": f"/api/v1/records/{this}",
        "original": f"/documents/{sought.document_id}/original",
        "reader": f"/documents/{sought.document_id}/read",
        "search": f"/search?{asked}",
        "narrowed": f"/search?{asked}&language=it",
        "api-search": f"/api/v1/search?{asked}",
        "suggestions": f"/suggest?{titled}",
        "start": "/",
        "list": "/records",
        "table": "/records.csv",
        "data": "/records.json",
        "references": "/records.ris",
        "collection": f"/collections/{shelf}",
        **{f"collection-{ending}": f"/collections/{shelf}.{ending}" for ending in ("csv", "json", "pdf", "atom")},
        "latest": "/feeds/latest.atom",
        "saved-search": f"/feeds/searches/{sought.feed_key}.atom",
        "alike": f"/records/{other}/similar",
        "beside-a-neighbour": f"/records/{other}",
        "map": "/map",
        "points": "/map/points",
        "compared": f"/compare?record={this}&record={other}",
    }


def traces(browser: BrowserContext, site: str, sought: Sought) -> frozenset[str]:
    """The places where whoever is signed in finds the record, each asked once, now."""
    answers = {name: browser.request.get(site + where) for name, where in addresses(sought).items()}
    assert all(answer.status in (200, 404) for answer in answers.values()), answers
    return frozenset(
        name for name, answer in answers.items() if answer.ok and (name in OWN or sought.title in _words(answer))
    )


def counts(browser: BrowserContext, site: str) -> dict[str, list[str]]:
    """What the pages count: records, passages and languages in all, and behind every filter."""
    found = {}
    for name, where, chosen in (
        ("start", "/", "dl.counts div, .examples .count"),
        ("list", "/records", "#results h1, #narrow label"),
        ("search", "/search?q=raccolta", "#results h1, #narrow label"),
    ):
        soup = BeautifulSoup(browser.request.get(site + where).text(), "lxml")
        found[name] = [" ".join(one.get_text(" ").split()) for one in soup.select(chosen)]
    points = browser.request.get(f"{site}/map/points").json()
    found["points"] = [str(points[name]) for name in ("numberMatched", "numberLocated")]
    collections = BeautifulSoup(browser.request.get(f"{site}/collections").text(), "lxml")
    found["collections"] = [one.get_text(" ", strip=True) for one in collections.select(".card .about")]
    return found


def _words(answer: APIResponse) -> str:
    """The text of an answer, that of a booklet too, its spaces as one each."""
    if answer.headers["content-type"] == "application/pdf":
        pages = PdfReader(io.BytesIO(answer.body())).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())
    return " ".join(answer.text().split())
