"""The audit of dependencies: it fails on what is known, and does not pass in silence when nobody answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import audit

FLAW = {"id": "PYSEC-2021-66", "aliases": ["CVE-2020-28493"], "fix_versions": ["2.11.3"], "description": ""}
BAD = {"name": "jinja2", "version": "2.11.2", "vulns": [FLAW]}
GOOD = {"name": "flask", "version": "3.1.3", "vulns": []}
UNKNOWN = {"name": "flask", "skip_reason": "Dependency not found on PyPI and could not be audited: flask (3.1.3)"}


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *packages: Any) -> tuple[int, str]:
    monkeypatch.setattr(audit, "ask", lambda *_: {"dependencies": list(packages)} if packages else {})
    return audit.main(), capsys.readouterr().out


def test_a_known_vulnerability_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(monkeypatch, capsys, GOOD, BAD)
    assert code == 1
    assert "jinja2 2.11.2: PYSEC-2021-66, mended in 2.11.3" in told
    assert run(monkeypatch, capsys, GOOD) == (0, "1 packages audited, 0 vulnerabilities.\n")


def test_an_audit_that_asked_nobody_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for packages in ((), (UNKNOWN, UNKNOWN)):
        assert "NOTHING WAS AUDITED" in run(monkeypatch, capsys, *packages)[1]
    assert "knew nothing of 1 packages" in run(monkeypatch, capsys, GOOD, UNKNOWN)[1]


def test_an_accepted_advisory_needs_its_own_number_or_alias() -> None:
    assert audit.judge({"dependencies": [BAD]}, {"CVE-2020-28493": "reason"}).found == ()
    assert audit.judge({"dependencies": [BAD]}, {"CVE-2020-1": "reason"}).found != ()


def test_a_service_that_does_not_answer_is_an_empty_report(tmp_path: Path) -> None:
    assert audit.ask("pypi", tmp_path / "no-such-file") == {}
