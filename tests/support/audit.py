"""Asks whether a pinned dependency has a known vulnerability; `make audit` calls it.

It fails when one has, and says plainly what could not be asked: an audit that asked nobody is no audit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SERVICES = ("pypi", "osv")
"""Asked in turn, the second only where the first answers nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an audit found: vulnerabilities as sentences, and how many of how many packages were asked about."""

    found: tuple[str, ...]
    asked: int
    packages: int

    @property
    def lines(self) -> Sequence[str]:
        """What to say."""
        if not self.asked:
            return ("WARNING: no vulnerability service could be reached: NOTHING WAS AUDITED.", *self.found)
        left = self.packages - self.asked
        part = (f"WARNING: the vulnerability service knew nothing of {left} packages.",) if left else ()
        return (*part, *self.found, f"{self.asked} packages audited, {len(self.found)} vulnerabilities.")


def judge(report: Mapping[str, Any], accepted: Mapping[str, str]) -> Verdict:
    """The verdict on a report of pip-audit; `accepted` maps an advisory to the reason it does not count."""
    packages = report.get("dependencies", [])
    found = [
        f"{package['name']} {package['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'none yet'}"
        for package in packages
        for one in package.get("vulns", ())
        if not {one["id"], *one.get("aliases", ())} & set(accepted)
    ]
    asked = sum("skip_reason" not in package for package in packages)
    return Verdict(found=tuple(found), asked=asked, packages=len(packages))


def ask(service: str, lock: Path) -> Mapping[str, Any]:
    """The report of pip-audit on a lock file; empty where the service did not answer."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--no-deps", "--disable-pip"]
    options = ["--format", "json", "--progress-spinner", "off", "--vulnerability-service", service, "--timeout", "10"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return {}
    return report


def main() -> int:
    """Audit `requirements.lock`; 1 where something was found."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    accepted = settings["tool"].get("audit", {}).get("accepted", {})
    verdict = judge({}, accepted)
    for service in SERVICES:
        verdict = judge(ask(service, ROOT / "requirements.lock"), accepted)
        if verdict.asked:
            break
    sys.stdout.write("\n".join(verdict.lines) + "\n")
    return 1 if verdict.found else 0


if __name__ == "__main__":
    sys.exit(main())
