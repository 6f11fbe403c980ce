"""Two hundred kills at random moments: SQL, files and indexes agree after each, nothing is lost and nothing doubled.

`make campaign` kills two thousand times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash.defects import DEFECTS
from tests.crash.life import PHASES

ROOT = Path(__file__).parents[2]
KILLS = 100
RARE = {"unpacking": 0, "embedding": 0}
"""What takes a millisecond of one commit in twelve may be missed by a hundred kills, and most lives embed nothing."""
PATIENCE_SECONDS = 1800


def campaign(*arguments: object) -> tuple[int, dict[str, Any]]:
    """Run a campaign in a process of its own, for it forks and this one may have threads."""
    command = [sys.executable, "-m", "tests.crash.campaign", *map(str, arguments)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


@pytest.mark.parametrize("seed", [2026, 2030])
def test_nothing_is_lost_or_doubled_by_a_hundred_kills(seed: int) -> None:
    code, report = campaign("--kills", KILLS, "--seed", seed)
    assert report["wrong"] == []
    assert (code, report["kills"]) == (0, KILLS)
    # The killed processes had done work, in every phase and of every kind: else this proves nothing.
    least = {phase: RARE.get(phase, 4) for phase in PHASES}
    assert {phase for phase in PHASES if report["hit"].get(phase, 0) < least[phase]} == set(), report["hit"]
    least["embedding"] = 4
    assert {phase for phase in PHASES if report["done"][phase] < least[phase]} == set(), report["done"]
    assert report["progressed"] >= KILLS / 10
    assert report["rounds"] >= 2


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_a_defect_does_not_go_unnoticed(defect: str) -> None:
    # It ends with the first thing that is wrong, long before.
    code, report = campaign("--kills", 200, "--plant", defect)
    assert code == 1
    assert report["wrong"]
