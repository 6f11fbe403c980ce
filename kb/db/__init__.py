"""Rows: mapped entities, sessions and the change feed."""

from kb.db import editorial, people
from kb.db.database import Database

__all__ = ["Database", "editorial", "people"]
