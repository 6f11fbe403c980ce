"""Every act that the log of decisions may hold has a name in the languages of the interface."""

from __future__ import annotations

import ast
from pathlib import Path

from webui.texts import TEXTS

SERVICES = Path(__file__).parents[2] / "kb" / "services"


def logged() -> set[tuple[str, str]]:
    """Act and subject of each line of the services that writes to the log with both given literally."""
    calls = (
        node
        for path in SERVICES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "decisions.log"
    )
    return {
        (act, str(ast.literal_eval(call.args[3])))
        for call in calls
        for act in (one.value for one in ast.walk(call.args[2]) if isinstance(one, ast.Constant))
    }


def test_every_act_and_every_subject_has_a_name() -> None:
    acts = logged()
    assert ("collection-created", "collection") in acts
    assert sorted({act for act, _ in acts if f"review.action.{act}" not in TEXTS}) == []
    assert sorted({subject for _, subject in acts if f"review.subject.{subject}" not in TEXTS}) == []
