"""The fields of a record as they are handed in, checked against DOMAIN's lengths and vocabularies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from kb import vocabulary
from kb.errors import InvalidFields, InvalidManifest
from kb.values import UNDETERMINED, Block, Problem

SEPARATOR = ";"

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that no database keeps: NUL, and halves of those beyond the first 65,536."""


def _split(value: object) -> object:
    """A cell of a table holds several values with semicolons between."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(SEPARATOR) if part.strip()]
    return value


def _term(name: str) -> AfterValidator:
    def check(value: str) -> str:
        known = vocabulary.terms(name)
        if value not in known:
            facts = {"value": value, "known": ", ".join(known)}
            raise PydanticCustomError("unknown_term", "'{value}' is none of {known}", facts)
        return value

    return AfterValidator(check)


def _terms_of(name: str) -> Any:
    return Annotated[tuple[Annotated[str, _term(name)], ...], BeforeValidator(_strings), BeforeValidator(_split)]


def _strings(value: object) -> object:
    return [str(item) for item in value] if isinstance(value, list | tuple) else value


def _storable(value: object) -> object:
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, Mapping):
        return {name: _storable(one) for name, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list | tuple) else value


def _measured(value: object) -> object:
    """A cell of a table holds `name|value|unit|baseline`, several with semicolons between."""
    if not isinstance(value, str):
        return value
    rows = (row.split("|") for row in value.split(SEPARATOR) if row.strip(" |"))
    return [dict(zip(Indicator.model_fields, row, strict=False)) for row in rows]


class Indicator(BaseModel):
    """Something that was measured: what, how much, in which unit, and how much it was before."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True)

    name: str = Field(min_length=1, max_length=120)
    value: str = Field(min_length=1, max_length=60)
    unit: str = Field(default="", max_length=60)
    baseline: str = Field(default="", max_length=60)


Texts = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(max_length=100), BeforeValidator(_split)
]
Indicators = Annotated[tuple[Indicator, ...], Field(max_length=50), BeforeValidator(_measured)]
Long = Annotated[str, Field(max_length=5_000)]
Middle = Annotated[str, Field(max_length=3_000)]


WEB_ADDRESS = re.compile(r"https?://[^\s]+$")


class RecordFields(BaseModel):
    """What a submitter says of a practice or study; only the title is required."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

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
    population: int | None = Field(default=None, ge=0, le=2_000_000_000)
    scale: Annotated[str, _term("scales")] | None = None
    territory: _terms_of("territories") = ()  # type: ignore[valid-type]

    promoter: str | None = Field(default=None, max_length=250)
    promoter_kind: Annotated[str, _term("promoter-kinds")] | None = None
    # Each as "name" or "name: what it gave".
    partners: Texts = ()
    beneficiaries: str | None = Field(default=None, max_length=500)
    contact_name: str | None = Field(default=None, max_length=120)
    contact_email: str | None = Field(default=None, max_length=254)
    contact_phone: str | None = Field(default=None, max_length=40, pattern=r"^[0-9+()/. -]*$")
    # Whether everybody may see the three above; without it only the submitter and curators do.
    contact_consent: bool = False

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
    programme: str | None = Field(default=None, max_length=250)
    legal_background: Middle = ""
    indicators: Indicators = ()
    abstract: Long = ""

    themes: _terms_of("themes") = ()  # type: ignore[valid-type]
    sdgs: _terms_of("sdgs") = ()  # type: ignore[valid-type]
    aalborg: _terms_of("aalborg") = ()  # type: ignore[valid-type]
    instruments: _terms_of("instruments") = ()  # type: ignore[valid-type]

    status: Annotated[str, _term("statuses")] | None = None
    start: int | None = Field(default=None, ge=1900, le=2100)
    end: int | None = Field(default=None, ge=1900, le=2100)
    lifetime: str | None = Field(default=None, max_length=120)

    authors: Texts = ()
    publisher: str | None = Field(default=None, max_length=250)
    year: int | None = Field(default=None, ge=1500, le=2100)
    doi: str | None = Field(default=None, max_length=200)
    study_type: Annotated[str, _term("study-types")] | None = None

    licence: str | None = Field(default=None, max_length=80)
    source_url: str | None = Field(default=None, max_length=1_000)
    # Whose record this was first, where it is not the submitter's own.
    third_party: str | None = Field(default=None, max_length=250)
    # A web address, or the name of a picture among the record's files.
    photo: str | None = Field(default=None, max_length=1_000)
    photo_credit: str | None = Field(default=None, max_length=250)

    @model_validator(mode="before")
    @classmethod
    def _without_what_cannot_be_stored(cls, given: Any) -> Any:
        return _storable(given)

    @field_validator("source_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not WEB_ADDRESS.match(value):
            raise PydanticCustomError("web_address", "must be an address that begins with https:// or http://")
        return value

    @field_validator("photo")
    @classmethod
    def _picture(cls, value: str | None) -> str | None:
        if value is not None and not WEB_ADDRESS.match(value) and not re.match(r"[^/\\:]+$", value):
            raise PydanticCustomError("web_address", "must be a web address or the name of one of the record's files")
        return value

    @field_validator("contact_email")
    @classmethod
    def _mail_address(cls, value: str | None) -> str | None:
        try:
            return value and validate_email(value, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise PydanticCustomError("mail_address", "must be an e-mail address") from error

    @field_validator("end")
    @classmethod
    def _after_start(cls, value: int | None, info: ValidationInfo) -> int | None:
        start = info.data.get("start")
        if value is not None and start is not None and value < start:
            raise PydanticCustomError("before_start", "must not lie before the start, {start}", {"start": start})
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

LEFT_EMPTY = "left_empty"
"""Key of `details` that lists the fields whose filled-in value somebody took out, so that they stay empty."""

READ_LANGUAGE = "read_language"
"""Key of `details` that holds the language found in the file that was read first, where nobody had stated one."""

INTERNAL = (PROVISIONAL, WHEN_READ, LEFT_EMPTY, READ_LANGUAGE)
"""Keys of `details` that are notes of the pipeline, not words of anybody."""

CONTACT = ("contact_name", "contact_email", "contact_phone")
"""Personal fields, shown to others only with the consent that `contact_consent` tells of."""

CODES = {
    "missing": "required",
    "string_too_short": "required",
    "string_too_long": "too-long",
    "too_long": "too-many",
    "unknown_term": "unknown-term",
    "int_parsing": "no-number",
    "int_type": "no-number",
    "int_from_float": "no-number",
    "float_parsing": "no-number",
    "float_type": "no-number",
    "finite_number": "no-number",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-large",
    "web_address": "web-address",
    "mail_address": "mail-address",
    "before_start": "before-start",
    "extra_forbidden": "no-such-field",
}
"""What is wrong with a value, as pydantic has it → as pages tell it; all else is `wrong-form`."""


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


def check(given: Mapping[str, Any]) -> RecordFields:
    """Check what a form states; raises `InvalidFields` with a `Problem` for everything that is wrong."""
    try:
        return RecordFields.model_validate({name: value for name, value in given.items() if value not in (None, "")})
    except ValidationError as error:
        problems = tuple(_problems(error.errors(include_input=False, include_url=False)))
        named = "; ".join(f"{one.field}: {one.message}" for one in problems)
        raise InvalidFields(f"Some fields cannot be taken as they are: {named}.", problems=problems) from error


def _problems(errors: list[ErrorDetails]) -> Iterator[Problem]:
    for error in errors:
        place = error["loc"] or ("",)
        limits = {"max_length": "most", "le": "most", "ge": "least", "start": "start"}
        facts = {limits[name]: value for name, value in error.get("ctx", {}).items() if name in limits}
        yield Problem(
            field=str(place[0]),
            code=CODES.get(error["type"], "wrong-form"),
            message=error["msg"].removeprefix("Value error, "),
            facts=facts,
            row=next((part for part in place[1:] if isinstance(part, int)), None),
        )


def limits() -> Mapping[str, int]:
    """Field → the most characters it takes, for those that have a limit."""
    schema = RecordFields.model_json_schema()["properties"]
    found = {name: [*one.get("anyOf", ()), one] for name, one in schema.items()}
    lengths = {name: [part["maxLength"] for part in parts if "maxLength" in part] for name, parts in found.items()}
    return {name: known[0] for name, known in lengths.items() if known}


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
