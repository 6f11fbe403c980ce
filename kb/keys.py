"""The key that cookies and links are signed with."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def secret_key(path: Path) -> str:
    """The key at `path`: made at the first start, kept beside the database, read by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            # Whoever comes second keeps the key of the first.
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii")
