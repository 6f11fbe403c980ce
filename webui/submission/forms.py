"""The form of a record: its fields in groups, how each is shown, and what a browser sends of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from kb import places, vocabulary
from kb.places import Municipality
from kb.services import fields
from kb.services.fields import SECTIONS, Indicator
from kb.values import Problem
from webui.texts import text

LIMITS = fields.limits()
PARTS = tuple(Indicator.model_fields)
SPARE = 3
"""Empty rows for indicators below those that are there."""

MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it is filled in with, and the vocabulary its values come from."""

    name: str
    widget: str = "text"
    vocabulary: str | None = None
    rows: int = 6

    @property
    def most(self) -> int | None:
        """The most characters it takes, if that is limited."""
        return LIMITS.get(self.name)


def _areas(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "area") for name in names)


GROUPS: Mapping[str, tuple[Field, ...]] = {
    "identity": (
        Field("kind", "choose", "kinds"),
        Field("title"),
        Field("summary", "area", rows=4),
        Field("language", "language"),
        Field("keywords", "lines", rows=3),
    ),
    "place": (
        Field("municipality", "municipality"),
        Field("region"),
        Field("country", "country"),
        Field("nuts"),
        Field("lau"),
        Field("lat", "number"),
        Field("lon", "number"),
        Field("population", "number"),
        Field("scale", "choose", "scales"),
        Field("territory", "boxes", "territories"),
    ),
    "who": (
        Field("promoter"),
        Field("promoter_kind", "choose", "promoter-kinds"),
        Field("partners", "lines", rows=4),
        Field("beneficiaries"),
        Field("contact_name"),
        Field("contact_email", "email"),
        Field("contact_phone", "tel"),
        Field("contact_consent", "check"),
    ),
    "what": (
        Field("themes", "boxes", "themes"),
        *_areas("challenge", "objectives", "solution", "innovation", "participation"),
        Field("instruments", "boxes", "instruments"),
        Field("sdgs", "boxes", "sdgs"),
        Field("aalborg", "boxes", "aalborg"),
    ),
    "when": (
        Field("status", "choose", "statuses"),
        Field("start", "number"),
        Field("end", "number"),
        Field("lifetime"),
    ),
    "means": (*_areas("cost", "funding"), Field("programme"), *_areas("legal_background")),
    "outcome": (
        *_areas("results"),
        Field("indicators", "indicators"),
        *_areas("success_factors", "limiting_factors", "lessons", "transferability"),
    ),
    "study": (
        *_areas("abstract"),
        Field("authors", "lines", rows=3),
        Field("year", "number"),
        Field("publisher"),
        Field("doi"),
        Field("study_type", "choose", "study-types"),
    ),
    "rights": (
        Field("licence", "licence"),
        Field("source_url", "url"),
        Field("third_party"),
        Field("photo"),
        Field("photo_credit"),
    ),
}
"""All fields of a record, in the order of the form."""

STEPS = {
    "practice": ("identity", "place", "who", "what", "when", "means", "outcome", "rights"),
    "study": ("identity", "study", "place", "who", "what", "outcome", "rights"),
}
"""Kind of a record → the groups that it is asked for."""

LICENCES = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CC-BY-NC-4.0", "IODL-2.0")
"""Licences that are offered; others can be written."""

WHERE = ("region", "nuts", "lau", "country")
"""Fields that an Italian municipality brings with it."""


def group_of(name: str) -> str:
    """The group that a field is asked in; the first for what is in none."""
    return next((group for group, held in GROUPS.items() if any(one.name == name for one in held)), "identity")


def label(name: str, language: str) -> str:
    """What a field is called."""
    if name in SECTIONS:
        return vocabulary.label("sections", name, language)
    return text(f"submission.label.{name}", language)


def sent(group: str, form: MultiDict[str, str]) -> dict[str, Any]:
    """What a browser sent of a group's fields, as a record states it; line ends are those of Unix."""
    return {one.name: _value(one, form) for one in GROUPS[group]}


def _value(field: Field, form: MultiDict[str, str]) -> Any:
    if field.widget == "boxes":
        return form.getlist(field.name)
    if field.widget == "check":
        return bool(form.get(field.name))
    if field.widget == "indicators":
        return list(_indicators(form))
    words = form.get(field.name, "").replace("\r\n", "\n").strip()
    if field.widget == "lines":
        return [line.strip() for line in words.split("\n") if line.strip()]
    return words.replace(",", ".") if field.name in ("lat", "lon") else words


def _indicators(form: MultiDict[str, str]) -> Iterator[dict[str, str]]:
    columns = [form.getlist(f"indicators-{part}")[:MOST_ROWS] for part in PARTS]
    for row in zip(*columns, strict=False):
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield dict(zip(PARTS, cells, strict=True))


def shown(field: Field, value: Any) -> Any:
    """A value as its widget takes it."""
    if field.widget == "indicators":
        blank = dict.fromkeys(PARTS, "")
        return [*({**blank, **one} for one in value or ()), *([blank] * SPARE)]
    if field.widget == "lines":
        return "\n".join(value or ())
    if field.widget == "boxes":
        return tuple(str(one) for one in value or ())
    return "" if value is None else value


def taken(values: dict[str, Any], chosen: str) -> dict[str, Any]:
    """The values with a proposal taken over, named as `field=value`."""
    name, _, value = chosen.partition("=")
    if name not in values or not value:
        return values
    several = isinstance(values[name], list)
    return {**values, name: list(dict.fromkeys([*values[name], value])) if several else value}


def placed(values: dict[str, Any]) -> tuple[dict[str, Any], tuple[Municipality, ...]]:
    """The values with all that an Italian municipality brings with it, or the several of its name."""
    given = values.get("municipality") or ""
    if not given or values.get("country") not in ("", "IT", None):
        return values, ()
    found = places.candidates(given)
    by_code = [one for one in found if one.istat == (values.get("lau") or "").zfill(6)]
    if len(found) != 1 and len(by_code) != 1:
        return values, found
    (home,) = by_code if len(found) != 1 else found
    brought = {"region": home.region, "nuts": home.nuts2, "lau": home.istat, "country": "IT"}
    return {**values, **brought, "municipality": home.name}, ()


def problems_by_field(problems: Sequence[Problem], language: str) -> dict[str, str]:
    """Field → what is wrong with it, in the reader's language; the first thing where several are."""
    told: dict[str, str] = {}
    for one in problems:
        sentence = text(f"submission.problem.{one.code}", language, **{"most": "", "least": "", **one.facts})
        if one.row is not None:
            sentence = text("submission.problem.row", language, row=one.row + 1, problem=sentence)
        told.setdefault(one.field, sentence)
    return told
