"""Random secrets that are handed out once and kept as a hash."""

from __future__ import annotations

import hashlib
import secrets


def fresh() -> str:
    """A secret of 256 bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """The SHA-256 under which a random secret is kept; a slow hash would protect no better what cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
