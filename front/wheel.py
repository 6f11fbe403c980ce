"""A wheel carries what npm fetched, so that who installs it needs no Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Front(BuildHookInterface):  # type: ignore[misc]
    """Builds the pages' design before the files of a wheel are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's
        """Build what is missing; an editable install is served by `make front`."""
        root = Path(self.root)
        if version == "editable" or (root / "webui/static/vendor/built").exists():
            return
        npm, node = shutil.which("npm"), shutil.which("node")
        if not npm or not node:
            raise RuntimeError("Node.js 20 or newer with npm is needed to build a wheel: install both and try again.")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=root, check=True)
        subprocess.run([node, "front/build.mjs"], cwd=root, check=True)
