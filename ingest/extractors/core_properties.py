"""What an Office Open XML package says of itself, as python-docx and python-pptx both give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from ingest.extractors.proposals import propose
from kb.values import Block, Proposal


def proposal(package: Any, blocks: Sequence[Block]) -> Proposal:
    """Title, author and dates of a document or presentation; where its properties are damaged, what the text gives."""
    try:
        properties = package.core_properties
        created, modified = properties.created, properties.modified
    except (KeyError, ValueError, AttributeError, etree.LxmlError):
        return propose(title=None, authors=(), created=None, modified=None, blocks=blocks)
    return propose(
        title=properties.title,
        authors=[properties.author or ""],
        created=created and created.date().isoformat(),
        modified=modified and modified.date().isoformat(),
        blocks=blocks,
    )
