"""Names for codes, in the reader's language: languages, countries, kinds, pages, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup

from kb import facets, places, sentences, vocabulary
from kb.values import UNDETERMINED, DocumentView, Member, Place
from webui.texts import text

NAMES = 2_000
"""Names of languages and countries remembered; finding one takes as long as drawing a row of a table."""


@lru_cache(NAMES)
def language_name(code: str, language: str) -> str:
    """The name of a language: `de` is "tedesco" in Italian."""
    if code == UNDETERMINED:
        return text("language.und", language)
    return str(Locale.parse(language).languages.get(code.replace("-", "_"), code))


@lru_cache(NAMES)
def in_language(code: str, language: str) -> str:
    """The label that says which language a text is in: "in tedesco"."""
    name = language_name(code, language)
    return name if code == UNDETERMINED else text("language.in", language, language=name)


def html_language(code: str) -> str:
    """The value of a `lang` attribute; empty where the language is unknown, as HTML has it."""
    return "" if code == UNDETERMINED else code


@lru_cache(NAMES)
def direction(code: str) -> str:
    """Whether a language is written from the right (`rtl`) or from the left (`ltr`)."""
    try:
        return Locale.parse(code.replace("-", "_")).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


@lru_cache(NAMES)
def foreign(code: str) -> Markup:
    """The attributes of an element in a language of its own: ` lang="de"`, and `dir` where that runs from the right."""
    attributes = Markup(' lang="{}"').format(html_language(code))
    return attributes + Markup(' dir="rtl"') if direction(code) == "rtl" else attributes


BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(agent: str, language: str) -> str:
    """What a browser calls itself, as people would: "Firefox on Windows"."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser and system:
        return text("profile.device", language, browser=browser, system=system)
    return browser or system or text("profile.device.unknown", language)


def moment(at: datetime, language: str) -> str:
    """A day and a time of the day in UTC, as they are written in a language."""
    return str(format_datetime(at, "short", locale=language)) + " UTC"


@lru_cache(NAMES)
def country_name(code: str, language: str) -> str:
    """The name of a country: `DE` is "Germania" in Italian."""
    return str(Locale.parse(language).territories.get(code.upper(), code))


def region_name(key: str, _language: str) -> str:
    """The name of a region as people there write it."""
    return places.region_names().get(key, key)


def kind_name(code: str, language: str) -> str:
    """The name of a kind of record."""
    return vocabulary.label("kinds", code, language)


def value_name(field: str, code: str, language: str) -> str:
    """The name of a value of one of the fields that narrow a search."""
    if field in BY_CODE:
        return BY_CODE[field](code, language)
    known = facets.BY_NAME[field].vocabulary if field in facets.BY_NAME else None
    name = vocabulary.label(known, code, language) if known else code
    return f"{code}. {name}" if field in NUMBERED and name != code else name


BY_CODE: Mapping[str, Callable[[str, str], str]] = {
    "language": language_name,
    "country": country_name,
    "region": region_name,
}
"""Fields whose names no vocabulary holds → what names their values."""

NUMBERED = ("sdg", "aalborg")
"""Fields whose codes are numbers that people know the terms by."""


def kilometres(km: float, language: str) -> str:
    """A distance for people: "30 km"."""
    return f"{number(km, language)} km"


def place_name(place: Place, language: str) -> str:
    """Municipality, region and country, as far as they are known."""
    country = country_name(place.country, language) if place.country else None
    return ", ".join(part for part in (place.municipality, place.region, country) if part)


def pages(page_from: int | None, page_to: int | None, label: str | None, language: str) -> str:
    """Physical pages, "p. 12" or "pp. 12–13", with the printed label where it differs; empty without pages."""
    if page_from is None:
        return ""
    if page_to is None or page_to == page_from:
        shown = text("page.one", language, page=page_from)
    else:
        shown = text("page.several", language, first=page_from, last=page_to)
    if label and label != str(page_from):
        return text("page.labelled", language, pages=shown, label=label)
    return shown


def page_label(page_labels: tuple[str, ...], page: int | None) -> str | None:
    """The label printed on a physical page, counted from 1; None where the file has none."""
    return page_labels[page - 1] if page and page <= len(page_labels) else None


@lru_cache(maxsize=4096)
def number(value: float, language: str) -> str:
    """A number with the separators of the language: 12.480 in Italian."""
    return format_decimal(value, locale=language)


def failure(document: DocumentView, language: str) -> str:
    """Why a document could not be read and what to do about it."""
    return sentences.tell(document.failure_code or "", language) or document.failure_message or ""


def condition(document: DocumentView, language: str) -> str:
    """Whether a document's text can be searched: all of it, a part of it, or before long."""
    if document.status == "searchable" and document.lacking:
        return sentences.tell("partly-needs-ocr", language) or ""
    return text(f"document.{document.status}", language)


def remarks(document: DocumentView, language: str) -> list[str]:
    """What a reader has to know before quoting from a document's text."""
    told = [sentences.tell(one.code, language, **one.facts) or one.message for one in document.notices]
    if pages := document.recognised:
        percent = round(100 * sum(page.confidence for page in pages) / len(pages))
        told.insert(0, sentences.tell("recognised", language, count=len(pages), percent=percent) or "")
    return told


def left_out(member: Member, language: str) -> str:
    """Why a file in a container is no document."""
    return sentences.tell(member.code or "", language) or member.message


def megabytes(size: int, language: str) -> str:
    """The size of a file for people: "240 kB", "1,8 MB"."""
    if size < 1_000_000:
        return f"{number(max(1, round(size / 1000)), language)} kB"
    return f"{number(round(size / 1_000_000, 1), language)} MB"


def day(at: date, language: str) -> str:
    """A day for people: "25 novembre 2026"."""
    return format_date(at, format="long", locale=language)
