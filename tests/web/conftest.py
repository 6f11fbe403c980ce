"""One library for all tests of the web face, because none of them changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kb.bootstrap import Kb
from tests.web import library
from webui.app import create_app


@pytest.fixture(scope="session")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    kb = library.build(tmp_path_factory.mktemp("library"))
    yield kb
    kb.close()


@pytest.fixture(scope="session")
def app(kb: Kb) -> Flask:
    app = create_app(kb)
    app.testing = False  # an unforeseen error has to come out as the page people would see
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
