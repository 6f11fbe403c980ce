"""`create_app(kb)`: the web face of an already built knowledge base."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import Babel
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from kb.bootstrap import Kb
from kb.services import rights
from kb.services.catalog import RECORD_TYPE
from webui import (
    account,
    api,
    assets,
    atlas,
    collections,
    compare,
    compression,
    context,
    curating,
    dashboard,
    errors,
    exporting,
    feedback,
    feeds,
    guide,
    headers,
    health,
    labels,
    languages,
    limits,
    noted,
    openid,
    pages,
    people,
    profile,
    records,
    review,
    search,
    searches,
    session,
    similar,
    submission,
    suggest,
    viewer,
)
from webui.place_map import place_map
from webui.texts import LANGUAGES, plural, text

PAGES = (
    "account.sign_in",
    "account.register",
    "account.forgotten",
    "account.password",
    "profile.show",
    "profile.ask_to_erase",
    "people.accounts",
    "people.account",
    "guide.overview",
    "guide.show",
    "pages.accessibility",
    "languages.form",
    "languages.keep",
    "search.start",
    "search.results",
    "search.browse",
    "records.record",
    "similar.form",
    "similar.of_text",
    "similar.of_record",
    "collections.overview",
    "collections.page",
    "curating.new",
    "curating.edit",
    "dashboard.overview",
    "dashboard.feedback",
    "feedback.form",
    "searches.overview",
    "viewer.read",
    "submission.amend",
    "submission.ask_withdrawal",
    "submission.attach",
    "submission.begin",
    "submission.detach",
    "submission.discard",
    "submission.restore",
    "submission.save",
    "submission.send",
    "submission.submit",
    "submission.take_back",
    "submission.take_files",
    "submission.take_table",
    "submission.files",
    "submission.table",
    "submission.progress",
    "submission.new",
    "submission.form",
    "submission.record_files",
    "submission.check_record",
    "submission.my",
    "submission.history",
    "submission.difference",
    "review.queue",
    "review.case",
    "review.merge",
    "review.log",
    "atlas.show",
    "compare.show",
)
"""Endpoints whose address carries the language somebody chose."""

BOUND = (
    "condition",
    "day",
    "failure",
    "left_out",
    "remarks",
    "in_language",
    "kind_name",
    "device",
    "megabytes",
    "moment",
    "number",
    "pages",
    "place_name",
)
"""Functions of `labels` that templates call without naming the language, which comes last."""

FOOT = (
    ("guide.overview", "guide.title"),
    ("pages.accessibility", "site.accessibility"),
    ("feedback.form", "site.feedback"),
)
"""What the foot of every page leads to, as far as there is such a page."""

TIMEZONE = "Europe/Rome"
"""Where the network is: moments are kept in UTC and told in the time of its people."""


AREAS = (
    search,
    suggest,
    records,
    viewer,
    similar,
    compare,
    atlas,
    submission,
    collections,
    curating,
    exporting,
    feeds,
    searches,
    review,
    dashboard,
    feedback,
    noted,
    guide,
    pages,
    languages,
    account,
    openid,
    profile,
    people,
    api,
    health,
)
"""What the site consists of, in the order in which its pages are offered."""


def create_app(kb: Kb) -> Flask:
    """The web face of an already built `kb`; reads no settings itself."""
    app = Flask(__name__, static_folder=None)
    if kb.config.proxies:
        many = kb.config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=many, x_proto=many, x_host=many)  # type: ignore[method-assign]
    limits.register_forms(app, kb.config)
    app.extensions["kb"] = kb
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    session.register(app, kb)
    Babel(app, locale_selector=context.language, default_timezone=TIMEZONE)
    for area in AREAS:
        app.register_blueprint(area.blueprint)
        _link(app, area)
    app.url_defaults(_keep_language)
    app.context_processor(_vocabulary)
    app.jinja_env.filters["named_language"] = lambda code: (code, labels.language_name(code, context.language()))
    assets.register(app)
    errors.register(app)
    headers.protect(app, https=kb.config.https)
    compression.register(app)
    openid.register(app, kb.config)
    limits.register_rates(app, kb.config)
    return app


def _link(app: Flask, area: ModuleType) -> None:
    """What an area adds to the navigation."""
    app.extensions.setdefault("entries", []).extend(getattr(area, "ENTRIES", ()))


def _keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """A language chosen by hand stays in every link; one the browser asked for needs no mention."""
    chosen = context.chosen_language()
    if endpoint in PAGES and chosen:
        values.setdefault("lang", chosen)


def _vocabulary() -> dict[str, object]:
    """What templates speak with: texts and names, bound to the language of the request."""
    language, kb = context.language(), context.kb()
    return {
        "lang": language,
        "t": lambda key, **values: text(key, language, **values),
        "tn": lambda key, n, **values: plural(key, n, language, **values),
        **{name: partial(_last, getattr(labels, name), language) for name in BOUND},
        "html_language": labels.html_language,
        "foreign": labels.foreign,
        "page_label": labels.page_label,
        "chosen_language": context.chosen_language(),
        "in_other_languages": _in_other_languages,
        "record_type": RECORD_TYPE,
        "entries": current_app.extensions["entries"],
        "foot": FOOT,
        "place_map": place_map,
        "exists": current_app.view_functions.__contains__,
        "provider_name": kb.config.oidc_name if kb.config.oidc_issuer else "",
        "who": session.account(),
        "may": lambda action: rights.may(session.reader(), action),
    }


def _last(function: Any, language: str, *values: object) -> object:
    return function(*values, language)


def _in_other_languages() -> list[tuple[str, str]]:
    """Each language of the interface with the address of this page in it.

    What a form was sent to can be without a page: its answer leads to the form's page, and else to the start page.
    """
    endpoint, values = _page()
    return [(code, url_for(endpoint, **{**values, "lang": code})) for code in LANGUAGES]


def _page() -> tuple[str, dict[str, Any]]:
    """The page at the address of the request, with all that is in it; the start page where there is none."""
    routes = current_app.create_url_adapter(request)
    try:
        endpoint, values = routes.match(method="GET") if routes else ("", {})
    except HTTPException:
        endpoint, values = "", {}
    if endpoint not in PAGES:
        return "search.start", {}
    return endpoint, {**request.args.to_dict(flat=False), **values}
