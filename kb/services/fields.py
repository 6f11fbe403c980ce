"""The fields of a record as they are handed in, checked against DOMAIN's lengths and vocabularies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from kb import vocabulary
from kb.errors import InvalidManifest
from kb.values import UNDETERMINED, Block

SEPARATOR = ";"


def _split(value: object) -> object:
    """A cell of a table holds several values with semicolons between."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(SEPARATOR) if part.strip()]
    return value


def _term(name: str) -> AfterValidator:
    def check(value: str) -> str:
        known = vocabulary.terms(name)
        if value not in known:
            raise ValueError(f"'{value}' is none of {', '.join(known)}")
        return value

    return AfterValidator(check)


def _terms_of(name: str) -> Any:
    return Annotated[tuple[Annotated[str, _term(name)], ...], BeforeValidator(_strings), BeforeValidator(_split)]


def _strings(value: object) -> object:
    return [str(item) for item in value] if isinstance(value, list | tuple) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Long = Annotated[str, Field(max_length=5_000)]
Middle = Annotated[str, Field(max_length=3_000)]


class RecordFields(BaseModel):
    """What a submitter says of a practice or study; only the title is required."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    key: str | None = Field(default=None, max_length=200)
    kind: Annotated[str, _term("kinds")] = "practice"
    title: str = Field(min_length=1, max_length=250)
    summary: str = Field(default="", max_length=500)
    language: str = Field(default=UNDETERMINED, pattern=r"^[a-z]{2,3}$")
    keywords: Texts = ()

    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    region: str | None = Field(default=None, max_length=120)
    nuts: str | None = Field(default=None, pattern=r"^[A-Z]{2}[0-9A-Z]{0,3}$")
    municipality: str | None = Field(default=None, max_length=120)
    lau: str | None = Field(default=None, max_length=20)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    population: int | None = Field(default=None, ge=0)
    scale: Annotated[str, _term("scales")] | None = None
    territory: _terms_of("territories") = ()  # type: ignore[valid-type]

    promoter: str | None = Field(default=None, max_length=250)
    partners: Texts = ()
    beneficiaries: str | None = Field(default=None, max_length=500)

    challenge: Long = ""
    objectives: Long = ""
    solution: Long = ""
    innovation: Middle = ""
    participation: Middle = ""
    results: Long = ""
    success_factors: Middle = ""
    limiting_factors: Middle = ""
    lessons: Middle = ""
    transferability: Middle = ""
    cost: Middle = ""
    funding: Middle = ""
    legal_background: Middle = ""
    abstract: Long = ""

    themes: _terms_of("themes") = ()  # type: ignore[valid-type]
    sdgs: _terms_of("sdgs") = ()  # type: ignore[valid-type]
    aalborg: _terms_of("aalborg") = ()  # type: ignore[valid-type]
    instruments: _terms_of("instruments") = ()  # type: ignore[valid-type]

    status: Annotated[str, _term("statuses")] | None = None
    start: int | None = Field(default=None, ge=1900, le=2100)
    end: int | None = Field(default=None, ge=1900, le=2100)

    authors: Texts = ()
    publisher: str | None = Field(default=None, max_length=250)
    year: int | None = Field(default=None, ge=1500, le=2100)
    doi: str | None = Field(default=None, max_length=200)
    study_type: Annotated[str, _term("study-types")] | None = None

    licence: str | None = Field(default=None, max_length=80)
    source_url: str | None = Field(default=None, max_length=1_000)

    @field_validator("source_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^\s]+$", value):
            raise ValueError("must be an address that begins with https:// or http://")
        return value

    @property
    def described(self) -> bool:
        """Whether there is text to search besides the title."""
        return bool(self.summary or any(getattr(self, name) for name in SECTIONS))


SECTIONS = tuple(vocabulary.terms("sections"))
"""Names of the long fields in the order in which a record is read."""

COLUMNS = ("kind", "title", "summary", "language", "country", "region", "municipality")
"""Fields that are columns of the record; the others are kept in its `details`."""


PROVISIONAL = "provisional"
"""Key of `details` that lists the fields nobody has stated yet, to be filled from the file."""

WHEN_READ = "state_when_read"
"""Key of `details` that holds the state a record made of a file takes once its text has been read."""

INTERNAL = (PROVISIONAL, WHEN_READ)
"""Keys of `details` that are notes of the pipeline, not words of anybody."""


def parse(row: Mapping[str, Any], *, where: str) -> RecordFields:
    """Check one row of a manifest or one form.

    Raises:
        InvalidManifest: names the row, the field and what is wrong with it.
    """
    given = {name: value for name, value in row.items() if value not in (None, "")}
    try:
        return RecordFields.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason = "there is no such field; 'kb import --help' lists them"
        raise InvalidManifest(f"{where}: field '{name}': {reason}.", where=where, field=name) from error


def details(fields: RecordFields) -> dict[str, Any]:
    """All that is given beyond the columns, as JSON."""
    return fields.model_dump(mode="json", exclude={"key", *COLUMNS}, exclude_defaults=True)


def year(fields: RecordFields) -> int | None:
    """The year a record is listed under: a study's publication, a practice's start."""
    return fields.year or fields.start or fields.end


def description(fields: Mapping[str, Any]) -> tuple[Block, ...]:
    """A record's own words as blocks: title and summary, then each long field under its name."""
    language = str(fields.get("language", UNDETERMINED))
    opening = [str(fields["title"]), str(fields.get("summary") or "")]
    blocks = [Block(kind="heading", text=opening[0], level=1)]
    if opening[1]:
        blocks.append(Block(kind="paragraph", text=opening[1]))
    for name in SECTIONS:
        if text := str(fields.get(name) or ""):
            blocks.append(Block(kind="heading", text=vocabulary.label("sections", name, language), level=2))
            blocks.extend(_paragraphs(text))
    return tuple(blocks)


def _paragraphs(text: str) -> list[Block]:
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [Block(kind="paragraph", text=part) for part in parts if part]


State = Literal["draft", "submitted", "published"]
"""States in which a record may enter."""
