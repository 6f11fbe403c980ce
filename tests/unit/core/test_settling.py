"""What a server is set to once it is warm, told by a process of its own, for it changes all of it."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gc, sys
from kb.settling import NEW_OBJECTS, SWITCH_SECONDS, settle

kept = [[] for _ in range(1000)]
settle()
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0] == NEW_OBJECTS, sys.getswitchinterval() == SWITCH_SECONDS)
print(gc.isenabled())
"""


def test_what_is_there_is_left_out_of_collections_and_these_are_rarer() -> None:
    out = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout

    assert set(out.split()) == {"True"}
