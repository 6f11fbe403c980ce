"""Handing in, correcting and following records: `/submit`, `/my`, and the versions of a record."""

from __future__ import annotations

from webui.submission import checking, describing, handing_in, own, tables, uploading, versions
from webui.submission.area import ENTRIES, blueprint

__all__ = ["ENTRIES", "blueprint", "checking", "describing", "handing_in", "own", "tables", "uploading", "versions"]
