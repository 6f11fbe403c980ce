"""Bad input to every form and every address, made up by schemathesis from the site as it is: an answer, never a 500.

The description of the site is taken from its routes and from the forms on its own pages, so a new form is tested the
day it is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from kb.bootstrap import Kb
from tests.support import openapi, people
from tests.support.openapi import Schema
from tests.web import library
from webui.app import create_app

EXAMPLES = int(os.environ.get("FORM_EXAMPLES", "6"))
"""Requests of each kind to each address; more are made by whoever asks for more."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Kb]]:
    """A site of its own, because what is sent to it may be taken in."""
    kb = library.build(tmp_path_factory.mktemp("forms"))
    app = create_app(kb)
    app.config.update(WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    yield app, kb
    kb.close()


@pytest.fixture(scope="module")
def described(own: tuple[Flask, Kb]) -> Schema:
    app, kb = own
    boss = people.add(kb, "administrator")
    kb.collections.create("acqua", "Acqua", boss.reader, visibility="public")
    return openapi.specification(app, [people.client(app), people.client(app, boss)], samples(kb))


def samples(kb: Kb) -> dict[str, object]:
    """What fills the blanks of addresses."""
    return {"record_id": 1, "document_id": 1, "key": "acqua", "account_id": 1, "number": 1}


@pytest.mark.parametrize("who", ["visitor", "member", "contributor", "curator", "administrator"])
def test_nothing_that_is_sent_breaks_anything(own: tuple[Flask, Kb], described: Schema, who: Any) -> None:
    app, kb = own
    client = people.client(app, None if who == "visitor" else people.add(kb, who, f"form-{who}"))
    schema = schemathesis.openapi.from_dict(described)
    broken: list[str] = []
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def send(case: Any) -> None:
            nonlocal tried
            tried += 1
            answer = _send(client, case)
            if answer.status_code >= 500 and answer.status_code != 503:
                broken.append(f"{case.method} {case.formatted_path} {case.query} {case.body}: {answer.status_code}")

        send()
    assert tried > EXAMPLES, "nothing was sent"
    assert broken == []


def _send(client: Any, case: Any) -> Any:
    query = {name: str(value) for name, value in (case.query or {}).items()}
    body = case.body if isinstance(case.body, dict) else {}
    data = {name: value if isinstance(value, bytes) else str(value) for name, value in body.items()}
    return client.open(case.formatted_path, method=case.method, query_string=query, data=data, buffered=True)


def test_the_description_holds_every_form_that_changes_something(described: Schema) -> None:
    """A form that no page shows would not be tested with the fields it has."""
    without = {
        path
        for path, operations in described["paths"].items()
        if "post" in operations
        and not next(iter(operations["post"]["requestBody"]["content"].values()))["schema"].get("properties")
    }
    assert sorted(without - UNSEEN) == []


UNSEEN = {
    "/account/sessions",
    "/account/tokens/{token_id}/revoke",
    "/account/wish",
    "/collections/{key}/records",
    "/collections/{key}/records/{record_id}",
    "/collections/{key}/visibility",
    "/dashboard/feedback/{report_id}",
    "/my/searches",
    "/my/searches/{search_id}",
    "/password/{token}",
    "/records/{record_id}/amend",
    "/records/{record_id}/restore",
    "/review",
    "/review/{record_id}/duplicates",
    "/review/{record_id}/merge",
    "/review/{record_id}/replies",
    "/sign-out",
    "/submit/record/{record_id}/ask-withdrawal",
    "/submit/record/{record_id}/check",
    "/submit/record/{record_id}/discard",
    "/submit/record/{record_id}/take-back",
}
"""Addresses whose form has no field but its token, or stands on a page that needs more than a published record;
they are sent fields of any name all the same."""


def test_a_spoilt_page_is_noticed(tmp_path: Path) -> None:
    """The test above fails when a page breaks: here one does."""
    app = Flask(__name__)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError

    app.config["PROPAGATE_EXCEPTIONS"] = False
    schema = schemathesis.openapi.from_dict(openapi.specification(app, [app.test_client()], {}))
    operation = next(iter(schema.get_all_operations())).ok()
    case = operation.Case()
    assert _send(app.test_client(), case).status_code == 500
