"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.bootstrap import Kb
from tests.support import real
from tests.support.tiny import tiny_kb

SHARED = Path(__file__).parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process of a parallel run loads the encoder and the sample, one starts the browser; the first may do both."""
    for item in items:
        kind = next((one for one in ("encoder", "browser") if item.get_closest_marker(one)), None)
        if kind:
            item.add_marker(pytest.mark.xdist_group(kind))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where everything is meant to be installed, a test that skips itself has failed."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI is set: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests must not change what they find; the encoders are shared."""
    for name in list(os.environ):
        if (name.startswith("KB_") and name != "KB_MODELS") or name in ("LANG", "LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name)


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    """An empty product with the tiny encoder."""
    built = tiny_kb(tmp_path)
    yield built
    built.close()


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where encoders lie; built on first use and shared with later runs when `KB_MODELS` says where."""
    return Path(os.environ.get("KB_MODELS") or tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def sample(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kb]:
    """The 120 sample records in a real product, searchable; loaded once, and changed by no test."""
    kb = real.real_kb(tmp_path_factory.mktemp("sample"), models_folder, limits=False)
    real.add(kb, *real.sample().values())
    yield kb
    kb.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The corpus that lies beside the checkout; skips where it does not."""
    if not SHARED.is_dir():
        pytest.skip("needs the shared corpus beside the checkout")
    return SHARED
