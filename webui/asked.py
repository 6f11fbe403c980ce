"""A search as it stands in the address: read from it, checked, and written back to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from kb.errors import InvalidInput, NotFound
from kb.values import Filters, Query

FIELDS = ("language", "kind", "country")
"""What narrows a search, in the order of the page."""

PER_PAGE = 10
MOST_CHARACTERS = 2_000
MOST_PAGES = 100_000
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}
"""Unicode categories nobody types: controls, format characters, private, surrogate, unassigned."""


class QueryTooLong(InvalidInput):
    """A question longer than any a person would write."""

    code = "query-too-long"


class InvalidPage(InvalidInput):
    """A page number that is no whole number from 1."""

    code = "invalid-page"


class NoSuchPage(NotFound):
    """A page of results beyond the last."""

    code = "no-such-page"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: the text, what narrows it, and which page of the results from 1."""

    text: str
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1

    @property
    def query(self) -> Query:
        """The question as the search service takes it."""
        languages, kinds, countries = (self.chosen.get(name, ()) for name in FIELDS)
        filters = Filters(languages=languages, kinds=kinds, countries=countries)
        return Query(text=self.text, filters=filters, offset=(self.page - 1) * PER_PAGE, limit=PER_PAGE)

    @property
    def narrowed(self) -> bool:
        """Whether any filter is in use."""
        return any(self.chosen.values())

    def address(self, page: int = 1) -> dict[str, object]:
        """The parameters of the same search on another page; the first has no number."""
        values: dict[str, object] = {"q": self.text, **{name: list(v) for name, v in self.chosen.items() if v}}
        return values | ({"page": page} if page > 1 else {})

    def without(self, name: str, value: str) -> dict[str, object]:
        """The parameters of the same search with one filter less."""
        kept = {**self.chosen, name: tuple(v for v in self.chosen.get(name, ()) if v != value)}
        return Asked(self.text, kept).address()

    def plain(self) -> dict[str, object]:
        """The parameters of the same search without filters."""
        return Asked(self.text).address()


def read(arguments: MultiDict[str, str]) -> Asked:
    """The search that the parameters of an address ask for.

    Raises:
        QueryTooLong: the text has more characters than a question needs.
        InvalidPage: the page is no whole number from 1.
    """
    text = clean(arguments.get("q", ""))
    if len(text) > MOST_CHARACTERS:
        raise QueryTooLong(f"A question has at most {MOST_CHARACTERS} characters; shorten it.", most=MOST_CHARACTERS)
    chosen = {name: _values(arguments, name) for name in FIELDS}
    return Asked(text, chosen, _page(arguments.get("page", "")))


def salvage(arguments: MultiDict[str, str]) -> Asked:
    """As much of a search as can be kept for a second try, whatever was wrong with it."""
    return Asked(clean(arguments.get("q", "")[:MOST_CHARACTERS]), {name: _values(arguments, name) for name in FIELDS})


def clean(text: str) -> str:
    """What a person can have meant: invisible characters are gaps, and gaps are single spaces."""
    visible = (" " if unicodedata.category(letter) in INVISIBLE else letter for letter in text)
    return " ".join("".join(visible).split())


def _values(arguments: MultiDict[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in arguments.getlist(name) if value))


def _page(given: str) -> int:
    if not given:
        return 1
    if not re.fullmatch(r"[0-9]{1,6}", given) or not 1 <= int(given) <= MOST_PAGES:
        raise InvalidPage(f"'{given[:20]}' is no page number; they are whole numbers from 1.")
    return int(given)
