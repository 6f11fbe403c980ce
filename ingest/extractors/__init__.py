"""One module per format, each with `extract(path, name) -> Extraction`; a new format is one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from ingest import mediatype
from kb.values import Extraction

if TYPE_CHECKING:
    from kb.protocols import Extractor

# Modules are named, not imported: a child process loads only the library its one file needs.
MODULES = {
    mediatype.PDF: "ingest.extractors.pdf",
    mediatype.DOCX: "ingest.extractors.docx",
    mediatype.PPTX: "ingest.extractors.pptx",
    mediatype.XLSX: "ingest.extractors.xlsx",
    mediatype.ODT: "ingest.extractors.odt",
    mediatype.ODP: "ingest.extractors.odp",
    mediatype.ODS: "ingest.extractors.ods",
    mediatype.DOC: "ingest.extractors.oldoffice",
    mediatype.PPT: "ingest.extractors.oldoffice",
    mediatype.XLS: "ingest.extractors.oldoffice",
    mediatype.RTF: "ingest.extractors.rtf",
    mediatype.EPUB: "ingest.extractors.epub",
    mediatype.HTML: "ingest.extractors.html",
    mediatype.MHTML: "ingest.extractors.mhtml",
    mediatype.EML: "ingest.extractors.mail",
    mediatype.MARKDOWN: "ingest.extractors.markdown",
    mediatype.CSV: "ingest.extractors.csv",
    mediatype.TEXT: "ingest.extractors.text",
    mediatype.ZIP: "ingest.extractors.archive",
    mediatype.PNG: "ingest.extractors.picture",
    mediatype.JPEG: "ingest.extractors.picture",
    mediatype.TIFF: "ingest.extractors.picture",
    mediatype.WEBP: "ingest.extractors.picture",
    mediatype.BMP: "ingest.extractors.picture",
    mediatype.GIF: "ingest.extractors.picture",
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


Openers = Iterator[tuple[str, Callable[[], IO[bytes]]]]


def contents(path: Path, media_type: str) -> Openers:
    """Name of each document in a container, and what opens it, in the order of its extraction's members."""
    return cast(Openers, import_module(MODULES[media_type]).contents(path))
