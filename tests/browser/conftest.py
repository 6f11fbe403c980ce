"""A real server and a real Chromium; without the latter the tests are skipped, but never where CI counts on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.web import library
from tests.web.serving import served

OUTPUT = Path(__file__).parents[1] / "output"
PATIENCE_MS = 15_000
"""How long a page is waited for, on a machine that has other things to do; what is there sooner costs nothing."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Path of the browser; skips the test where there is none, fails it in CI."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        reason = f"{path} is missing: install Chromium, or name it in CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the library of the web tests."""
    kb = library.build(tmp_path_factory.mktemp("library"))
    with served(kb) as (host, port, _):
        yield f"http://{host}:{port}"
    kb.close()


@pytest.fixture(scope="session")
def output() -> Path:
    """Folder of the screenshots, for people to look at."""
    OUTPUT.mkdir(exist_ok=True)
    return OUTPUT
