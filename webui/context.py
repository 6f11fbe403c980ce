"""What a view needs to know of the request: the knowledge base, who reads, and in which language."""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request

from kb.bootstrap import Kb
from kb.values import Reader
from webui import session
from webui.texts import LANGUAGES


def kb() -> Kb:
    """The knowledge base this application was created for."""
    return cast(Kb, current_app.extensions["kb"])


def reader() -> Reader:
    """Who is asking."""
    return session.reader()


def chosen_language() -> str | None:
    """The language named in the address, if the interface speaks it."""
    # Every link asks; some pages have thousands.
    if "chosen_language" not in g:
        asked = request.args.get("lang", "")
        g.chosen_language = asked if asked in LANGUAGES else None
    return cast("str | None", g.chosen_language)


def language() -> str:
    """The language of the page: the address has the first word, then the account, the browser, and Italian."""
    who = session.account()
    own = who.language if who and who.language in LANGUAGES else None
    return chosen_language() or own or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
