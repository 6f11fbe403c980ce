"""Pages whose text cannot be used are recognised, and what remains without text is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.extractors.pdf_lines import Line
from ingest.extractors.pdf_sight import Lack, letters
from kb.errors import IngestError, NeedsOcr, NoText
from kb.sentences import notice
from kb.values import Notice, RecognisedPage

if TYPE_CHECKING:
    from ingest.recognition.recogniser import Reason, Recognised

UNSURE = 0.7
"""Mean confidence of a page's words under which it is told that many may be wrong."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read: what its text lacks, and if it was tried what came of recognising it."""

    lines: list[Line]
    failed: bool = False
    lack: Lack | None = None
    reason: Reason | None = None
    recognised: RecognisedPage | None = field(default=None, kw_only=True)

    @property
    def waits(self) -> bool:
        """Whether a recogniser with more languages could find more here."""
        return self.lack is not None and self.reason in ("no-program", "no-language")


def recognised(path: Path, pages: Sequence[Page]) -> list[Page]:
    """The pages with the text of those recognised that lack it; the file stays as it is."""
    if not any(page.lack for page in pages):
        return list(pages)
    # The models that tell languages take memory that files with text need not pay.
    from ingest.recognition.recogniser import Recogniser  # noqa: PLC0415

    recogniser = Recogniser(path)
    return [
        _filled(page, number, recogniser.read(number)) if page.lack else page
        for number, page in enumerate(pages, start=1)
    ]


def _filled(page: Page, number: int, found: Recognised) -> Page:
    """A page with what was recognised where that is more than it had."""
    if found.reason is not None or (page.lack == "picture" and found.reading.letters < letters(page.lines)):
        return replace(page, reason=found.reason or "nothing")
    told = RecognisedPage(page=number, language=found.language, confidence=round(found.reading.confidence, 3))
    return Page(list(found.reading.lines), recognised=told)


def refuse_without_text(pages: Sequence[Page]) -> None:
    """Raise `NeedsOcr` or `NoText` where no page has text of its own or was recognised."""
    if any(letters(page.lines) and page.lack != "picture" for page in pages):
        return
    if any(letters(page.lines) for page in pages) and not any(page.waits for page in pages):
        return
    raise _refusal(pages)


def _refusal(pages: Sequence[Page]) -> IngestError:
    if waiting := lacking(pages):
        return NeedsOcr(
            "The pages are pictures without text, as a scanner makes them. Install Tesseract with the document's "
            "language, and the text is recognised (OCR) by itself; or hand in a copy with text.",
            pages=waiting,
        )
    if any(page.reason == "failed" for page in pages):
        return NeedsOcr(
            "The text of the pages could not be recognised (OCR): they took too much time or memory. "
            "Scan them again at 300 dots per inch, or raise the limits.",
            pages=0,
        )
    return no_text()


def no_text() -> NoText:
    """What is told of a file that was read and holds nothing."""
    return NoText("The file was read but holds no text. Check that it is the right one.")


def lacking(pages: Sequence[Page]) -> int:
    """How many pages wait for a recogniser, or for one with their language."""
    return sum(page.waits for page in pages)


def recognised_pages(pages: Sequence[Page]) -> tuple[RecognisedPage, ...]:
    """What is known of the pages that were recognised."""
    return tuple(page.recognised for page in pages if page.recognised)


def notices(pages: Sequence[Page]) -> Iterator[Notice]:
    """What is wrong with each page that has something wrong."""
    for number, page in enumerate(pages, start=1):
        if page.failed:
            yield notice("page-unreadable", number)
        elif page.waits:
            yield notice("page-needs-ocr", number)
        elif page.reason == "failed":
            yield notice("page-not-recognised", number)
        elif page.lack == "garbled":
            yield notice("page-garbled", number)
        elif page.recognised and page.recognised.confidence < UNSURE:
            yield notice("page-unsure", number, percent=round(100 * page.recognised.confidence))
