"""An OpenAPI description of the whole site, made of its routes and of the forms found on its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

Schema = dict[str, Any]
Forms = dict[tuple[str, str], Schema]
"""Path of a rule and method → the fields of its form."""

TEXT: Schema = {"type": "string"}
MULTIPART, ENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
QUIET = ("static", "healthz", "favicon")
"""Parts of addresses that take nothing from anybody."""


def specification(app: Flask, clients: Sequence[FlaskClient], samples: Mapping[str, object]) -> Schema:
    """Every route of `app` with its parameters and its form; `samples` fill the addresses to look for forms at."""
    forms = found_forms(app, clients, samples)
    paths: dict[str, Schema] = {}
    for rule in app.url_map.iter_rules():
        if any(part in rule.rule for part in QUIET):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = _operation(rule, method, forms.get((_path(rule), method)))
            paths.setdefault(_path(rule), {})[method.lower()] = operation
    return {"openapi": "3.0.3", "info": {"title": "Agorà 21", "version": "1"}, "paths": paths}


def found_forms(app: Flask, clients: Sequence[FlaskClient], samples: Mapping[str, object]) -> Forms:
    """The fields of each form on the pages that any of `clients` may read, by where the form is sent."""
    forms: Forms = {}
    for address in addresses(app, samples):
        for client in clients:
            answer = client.get(address, buffered=True)
            if answer.mimetype == "text/html" and answer.status_code == 200:
                _note(app, address, BeautifulSoup(answer.text, "lxml").find_all("form"), forms)
    return forms


def _note(app: Flask, address: str, found: Sequence[Tag], forms: Forms) -> None:
    for form in found:
        method = str(form.get("method", "get")).upper()
        rule = _matching(app, str(form.get("action") or address).partition("?")[0], method)
        if rule is not None:
            known = forms.setdefault((_path(rule), method), {"type": "object", "properties": {}})
            known["properties"].update(_fields(form))
            known["x-multipart"] = known.get("x-multipart") or form.get("enctype") == MULTIPART


def addresses(app: Flask, samples: Mapping[str, object]) -> Iterator[str]:
    """The address of every page that can be read, its blanks filled from `samples`; of others nothing."""
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= samples.keys():
            yield urls.build(rule.endpoint, {name: samples[name] for name in rule.arguments})


def _matching(app: Flask, path: str, method: str) -> Rule | None:
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method=method, return_rule=True)
    except HTTPException:
        return None
    return rule


def _fields(form: Tag) -> Iterator[tuple[str, Schema]]:
    for field in form.find_all(["input", "select", "textarea", "button"]):
        name = str(field.get("name") or "")
        if name and name != "csrf_token":
            yield name, _field(field)


def _field(field: Tag) -> Schema:
    if field.name == "select":
        return {
            "anyOf": [{"type": "string", "enum": [str(one.get("value", "")) for one in field.find_all("option")]}, TEXT]
        }
    if field.get("type") == "file":
        return {"type": "string", "format": "binary"}
    if field.get("type") in ("number", "hidden") and str(field.get("value", "")).isdigit():
        return {"anyOf": [{"type": "integer"}, TEXT]}
    return TEXT


def _path(rule: Rule) -> str:
    """The rule as OpenAPI writes it: `/records/{record_id}`."""
    return "".join(f"{{{part}}}" if is_dynamic else part for is_dynamic, part in _parts(rule))


def _parts(rule: Rule) -> Iterator[tuple[bool, str]]:
    for is_dynamic, part in rule._trace:
        if part != "|":
            yield is_dynamic, part


def _operation(rule: Rule, method: str, form: Schema | None) -> Schema:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _converted(rule, name)}
        for name in sorted(rule.arguments)
    ]
    operation: Schema = {"operationId": f"{method} {rule.endpoint}", "responses": {"200": {"description": "any"}}}
    if method == "GET":
        asked = (form or {}).get("properties", {})
        fixed: Schema = {"q": TEXT, "page": TEXT, "lang": TEXT, "sort": TEXT, "next": TEXT}
        for name, schema in {**fixed, **asked}.items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": schema})
    else:
        body = {key: value for key, value in (form or {"type": "object"}).items() if key != "x-multipart"}
        media = MULTIPART if (form or {}).get("x-multipart") else ENCODED
        operation["requestBody"] = {
            "required": True,
            "content": {media: {"schema": {**body, "additionalProperties": TEXT}}},
        }
    return {**operation, "parameters": parameters}


def _converted(rule: Rule, name: str) -> Schema:
    kind = type(rule._converters[name]).__name__
    return {"type": "integer", "minimum": 0} if kind == "IntegerConverter" else {"type": "string", "minLength": 1}
