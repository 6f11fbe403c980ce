"""How much and how often: the largest form of each view, and how often each address may do what costs or can be abused.

A view says so where it is defined, whatever other decorators it has:

    @blueprint.post("/submit")
    @largest_form(lambda config: config.max_file_mb << 20, text=1_000_000)
    @limited("upload")
    def submit() -> ...
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Flask, Response, request
from flask_limiter import Limiter

from kb.config import Config
from kb.errors import TooLarge, Unsupported
from kb.services.secrets import digest, fresh

MOST_FORM_BYTES = 1_000_000
"""The largest form of a view that does not say otherwise."""

Kind = Literal["sign-in", "letters", "search", "upload", "feedback"]

MEGABYTE = 1 << 20

MOST_MEGABYTES = {
    **dict.fromkeys(("txt", "md", "csv", "tsv", "json", "xml", "html", "htm", "rtf", "eml"), 25),
    **dict.fromkeys(("doc", "docx", "odt", "xls", "xlsx", "ods", "ppt", "pptx", "odp", "epub", "msg"), 100),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"), 50),
    **dict.fromkeys(("pdf", "zip"), 1_000_000),
}
"""Ending of a file that is taken in → its most megabytes, never more than `KB_MAX_FILE_MB`.

Endings only refuse early what cannot be read anyway: what a file is, its content says, and readers work in a sandbox.
"""

SALT = fresh()
"""Differs from process to process, so that what stands for an address cannot be turned back into it."""

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Form:
    """Most bytes of a form in all, and of its fields that are no files."""

    most: Callable[[Config], int]
    text: int


def largest_form(most: int | Callable[[Config], int], *, text: int = MOST_FORM_BYTES) -> Callable[[V], V]:
    """Let a view take forms of so many bytes, `text` of them outside files; set before anybody reads the form."""
    form = _Form(most if callable(most) else lambda _: most, text)

    def mark(view: V) -> V:
        view.largest_form = form  # type: ignore[attr-defined]
        return view

    return mark


def limited(kind: Kind) -> Callable[[V], V]:
    """Let each address use a view only as often as the settings of `kind` allow."""

    def mark(view: V) -> V:
        view.limited = kind  # type: ignore[attr-defined]
        return view

    return mark


def register_forms(app: Flask, config: Config) -> None:
    """Set the limits of each view's form; called before anything that reads forms, such as the check of tokens."""
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MOST_FORM_BYTES

    @app.before_request
    def _set() -> None:
        form = getattr(app.view_functions.get(request.endpoint or ""), "largest_form", None)
        if form is not None:
            request.max_content_length = form.most(config)
            request.max_form_memory_size = form.text


def register_rates(app: Flask, config: Config) -> None:
    """Keep the rates of all views of `app`; counts and addresses stay in the memory of this process."""
    limiter = Limiter(client, storage_uri="memory://", strategy="moving-window", enabled=config.limits)
    limiter.init_app(app)
    app.extensions["rates"] = limiter
    for endpoint, view in app.view_functions.items():
        kind = getattr(view, "limited", None)
        if kind is not None:
            app.view_functions[endpoint] = _wrapped(limiter, config, kind, view)


def _wrapped(limiter: Limiter, config: Config, kind: Kind, view: Callable[..., Any]) -> Callable[..., Any]:
    if kind == "sign-in":
        # Only what fails counts: an office behind one address may sign in as often as it likes.
        view = limiter.limit(config.limit_account, key_func=_account, deduct_when=_failed)(view)
        return limiter.limit(config.limit_sign_in, deduct_when=_failed)(view)
    rate = getattr(config, f"limit_{kind}")
    # One count for all views of a kind: what costs the same is counted together.
    return limiter.shared_limit(rate, scope=kind)(view)


def client() -> str:
    """What stands for a client: its address, of IPv6 the network one subscriber has, hashed with what no log knows."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    network = ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False)
    return digest(f"{SALT}{network}")[:16]


def _account() -> str:
    return digest(SALT + request.form.get("email", "").strip().lower())[:16]


def _failed(response: Response) -> bool:
    return response.status_code == 401


def retry_after(app: Flask) -> int:
    """Seconds until the limit that was just met lets this client go on."""
    met = app.extensions["rates"].current_limit
    return 60 if met is None else max(1, int(met.reset_at - time.time()) + 1)


def check_upload(name: str, size: int, config: Config) -> None:
    """Refuse a file by its name and size before it is stored.

    Raises:
        Unsupported: files of that ending are not taken in.
        TooLarge: it is larger than files of that ending may be.
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    most = min(MOST_MEGABYTES.get(ending, 0), config.max_file_mb)
    if not most:
        raise Unsupported(f"Files that end in '.{ending[:20]}' are not taken in.", ending=ending[:20])
    if size > most * MEGABYTE:
        raise TooLarge(f"A .{ending} file may have {most} MB.", most=most, ending=ending)
