"""One module per format, each with `extract(path, name) -> Extraction`; a new format is one line here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ingest import mediatype
from kb.values import Extraction

if TYPE_CHECKING:
    from kb.protocols import Extractor

# Modules are named, not imported: a child process loads only the library its one file needs.
MODULES = {
    mediatype.PDF: "ingest.extractors.pdf",
    mediatype.DOCX: "ingest.extractors.docx",
    mediatype.ODT: "ingest.extractors.odt",
    mediatype.HTML: "ingest.extractors.html",
    mediatype.MARKDOWN: "ingest.extractors.markdown",
    mediatype.TEXT: "ingest.extractors.text",
}


def for_media_type(media_type: str) -> Extractor:
    """The extractor of a media type that `mediatype.detect` returns."""
    return cast("Extractor", import_module(MODULES[media_type]).extract)


def extract(path: Path, name: str) -> Extraction:
    """Extract a file of any supported format, in this process and without limits.

    Raises:
        MissingFile: there is no such file.
        IngestError: one of its leaves, with a message that says what to do.
    """
    return for_media_type(mediatype.detect(path, name))(path, name)
