"""From a file to passages that are ready to be embedded."""

from __future__ import annotations

from pathlib import Path

from ingest import sandbox
from ingest.chunking import CountTokens, digest
from ingest.sandbox import Limits
from kb.values import UNDETERMINED, Digest, Extraction

RECIPE = "4"
"""Version of the rules for extraction and chunking; documents ingested by another are renewed."""


def read_and_digest(  # noqa: PLR0913 - each is a different choice
    path: Path, name: str, *, limits: Limits, count_tokens: CountTokens, max_tokens: int, stated: str = UNDETERMINED
) -> tuple[Extraction, Digest]:
    """Read a file, which its submitter called `name`, in a child process and divide it into passages.

    `stated` is the language its submitter gave it.

    Raises:
        MissingFile: there is no such file.
        IngestError: one of its leaves, with a message that says what to do.
    """
    extraction = sandbox.read(path, name, limits)
    return extraction, digest(extraction, count_tokens, max_tokens, stated)
