"""The layers of DESIGN are held by import-linter, in the suite as well as in `make lint`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_imports_go_downwards_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
