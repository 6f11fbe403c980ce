"""Settings, read once at the edge: `KB_*` in the environment, defaults otherwise."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from kb.errors import InvalidSetting

PREFIX = "KB_"

LIMITS = ("limit_sign_in", "limit_account", "limit_letters", "limit_search", "limit_upload", "limit_feedback")
"""Settings that say how often something may be done, as the package `limits` writes it."""
TILES = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?/[^\s;,\"'<>]*", re.IGNORECASE)
"""One host, so that pages can allow it and no other."""


def _xdg(variable: str, fallback: str) -> Path:
    """A folder of the XDG Base Directory Specification, for this product."""
    return Path(os.environ.get(variable) or Path.home() / fallback) / "agora21"


class Config(BaseSettings):
    """Every setting with its meaning; `kb config` prints them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Field(
        default_factory=lambda: _xdg("XDG_DATA_HOME", ".local/share"),
        description="Folder of the database, the originals and the indexes.",
    )
    models: Path = Field(
        default_factory=lambda: _xdg("XDG_CACHE_HOME", ".cache"),
        description="Folder of the encoders; several data folders can share it.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="Another database than `kb.sqlite` in the data folder, as a SQLAlchemy URL."
    )
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8021, ge=1, le=65535, description="Port the web server listens on.")
    web_threads: int = Field(default=4, ge=1, le=64, description="Requests answered at the same time.")
    worker: bool = Field(default=True, description="Whether `kb serve` runs a worker beside the web server.")
    runtime: Literal["auto", "openvino", "torch"] = Field(
        default="auto", description="What runs the encoder; `auto` takes OpenVINO and falls back to torch."
    )
    encoder_threads: int = Field(
        default=0, ge=0, le=256, description="Threads of the encoder; 0 takes one for each core."
    )
    passage_tokens: int = Field(
        default=480, ge=64, le=8192, description="Most tokens of a passage; never more than the encoder's window."
    )
    max_file_mb: int = Field(default=200, ge=1, description="Largest file taken in, in megabytes.")
    extract_memory_mb: int = Field(default=1024, ge=256, description="Memory the reader of one file may use.")
    extract_seconds: int = Field(default=300, ge=1, description="Wall-clock time the reader of one file may take.")
    readers: int = Field(
        default=0, ge=0, le=64, description="Files read at the same time; 0 takes one for each core, at most four."
    )
    tesseract: str = Field(
        default="tesseract", description="Program that recognises text in pictures; empty, nothing is recognised."
    )
    ocr_seconds: int = Field(
        default=180, ge=1, description="Wall-clock time each page whose text is recognised may take beyond that."
    )
    lease_seconds: int = Field(
        default=900, ge=5, description="How long a worker may be silent before its document is given to another."
    )
    language: Literal["", "it", "en", "fr", "de", "es"] = Field(
        default="", description="Language in which commands say what became of documents; empty takes that of `LANG`."
    )
    public_url: str = Field(
        default="",
        description="Address people open, such as https://buone.example.it; letters lead there.",
    )
    proxies: int = Field(
        default=0, ge=0, le=8, description="Proxies in front of the web server whose X-Forwarded headers are believed."
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Where letters are handed over: smtp+starttls://user:password@host:587, or smtps: or smtp:.",
    )
    mail_from: str = Field(
        default="", description="Address that letters come from; empty takes the user of KB_SMTP_URL."
    )
    oidc_issuer: str = Field(default="", description="Address of the OpenID Connect provider people may sign in with.")
    oidc_client_id: str = Field(default="", description="Name of this site at the provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Secret of this site at the provider.")
    oidc_name: str = Field(default="OpenID Connect", description="What the button to the provider calls it.")
    limits: bool = Field(default=True, description="Whether the limits that follow are kept.")
    limit_sign_in: str = Field(default="10/minute;60/hour", description="Failed sign-ins from one address.")
    limit_account: str = Field(default="20/15 minute", description="Failed sign-ins to one account.")
    limit_letters: str = Field(default="20/hour", description="Registrations and forgotten passwords from one address.")
    limit_search: str = Field(default="300/minute", description="Searches from one address.")
    limit_upload: str = Field(default="60/hour", description="Files handed in or compared from one address.")
    limit_feedback: str = Field(default="10/hour", description="Reports from one address.")
    tiles: str = Field(
        default="",
        description="Tile server of the map, such as `https://tiles.example.org/{z}/{x}/{y}.png`; empty, the map is "
        "drawn from outlines of our own and asks nobody.",
    )
    tiles_attribution: str = Field(default="", description="Whom the map names as the source of the tiles.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="What is written to standard error."
    )

    @field_validator("data", "models", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("tiles", mode="after")
    @classmethod
    def _tile_address(cls, value: str) -> str:
        blanks = all(blank in value for blank in ("{z}", "{x}", "{y}"))
        if value and not (blanks and TILES.fullmatch(value)):
            raise ValueError("not the address of a tile server; write for example https://host/{z}/{x}/{y}.png")
        return value

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            make_url(value.get_secret_value())
        except ArgumentError as error:
            raise ValueError("not a database address; write for example postgresql+psycopg://user@host/name") from error
        return value

    @field_validator("public_url", "oidc_issuer", mode="after")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("not an address; write for example https://pratiche.example.it")
        return value.rstrip("/")

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _known_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value() if value else "smtp://localhost")
        if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
            raise ValueError("not a mail server; write for example smtp+starttls://user:password@mail.example.it:587")
        return value

    @field_validator(*LIMITS, mode="after")
    @classmethod
    def _known_limit(cls, value: str) -> str:
        from limits import parse_many  # noqa: PLC0415 - a quarter of a second that most commands need not wait

        parse_many(value)
        return value

    @property
    def https(self) -> bool:
        """Whether people reach the site by HTTPS alone."""
        return self.public_url.startswith("https://")

    @property
    def site(self) -> str:
        """The address that links in letters begin with, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force, password included."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data / 'kb.sqlite'}"

    @property
    def files(self) -> Path:
        """Folder of the originals."""
        return self.data / "files"

    @property
    def index(self) -> Path:
        """Folder of the snapshots."""
        return self.data / "index"


def load(**overrides: Any) -> Config:
    """Read the settings from the environment; `overrides` come from the command line.

    Raises:
        InvalidSetting: a `KB_*` variable is unknown or has a value that cannot be used.
    """
    for name in os.environ:
        if name.startswith(PREFIX):
            _refuse_unknown(name)
    try:
        return Config(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + str(first["loc"][0] if first["loc"] else "").upper()
        raise InvalidSetting(f"{name}: {first['msg']}. 'kb config' lists the settings.", setting=name) from error


def _refuse_unknown(name: str) -> None:
    known = [PREFIX + field.upper() for field in Config.model_fields]
    if name in known:
        return
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
    raise InvalidSetting(f"There is no setting {name}; did you mean {nearest}? 'kb config' lists them.", setting=name)


def describe(config: Config) -> list[dict[str, str]]:
    """Name, value, source and meaning of every setting; secrets are masked."""
    rows = []
    for field, info in Config.model_fields.items():
        name = PREFIX + field.upper()
        rows.append(
            {
                "name": name,
                "value": str(_shown(field, getattr(config, field))),
                "source": "environment" if name in os.environ else "default",
                "meaning": info.description or "",
            }
        )
    return rows


def _shown(field: str, value: object) -> object:
    if isinstance(value, SecretStr):
        return _without_password(value.get_secret_value()) if field.endswith("_url") else "***"
    return "" if value is None else value


def _without_password(address: str) -> str:
    """An address without its password, and without its query, which may hold one too."""
    return make_url(address).set(query={}).render_as_string(hide_password=True)
