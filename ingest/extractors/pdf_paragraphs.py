"""PDF lines → paragraphs: where one ends, what continues on the next page, which are footnotes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ingest.cleaning import Lexicon, clean, seams
from ingest.extractors.pdf_lines import Line

BULLET = re.compile(r"^\s*(?:[•◦▪▫■□●○‣⁃∙·➢➤►▶✓✔❖♦➔→*–−—-]|[\x01-\x08\x0e-\x1f\uf000-\uf0ff])(?=\s|[\x00-\x1f])\s*")
_NUMBERED = re.compile(r"^\(?(?:\d{1,3}(?:\.\d{1,3})*[.)]|[a-zA-Z][.)]|[ivxIVX]{1,5}[.)])\s+\S")
_CLOSED = re.compile(r"[.!?:;…][\"»”’)\]]*$")
_LEADER = re.compile(r"(?:\s?[.…_]){4,}\s*\S{0,8}$|\s\.\.+\s\d{1,4}$")
_ONLY_MARK = re.compile(r"\d{1,3}|[*∗†‡§]")
_NOTE_MARK = re.compile(r"^[\[(]?(?:\d{1,3}|[*∗†‡])[\])]?\s*[\"“„«‘(]?[^\W\d]")
_WINDOW = 6
"""Lines before and after that show how far the column reaches."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is usual in this document: the running text's size, and the line distance for each size."""

    body: float
    leading: dict[float, float]

    def size(self, line: Line) -> float:
        return line.size or self.body

    def usual_gap(self, line: Line) -> float:
        size = self.size(line)
        return self.leading.get(round(size), 1.25 * size)


@dataclass(slots=True)
class Paragraph:
    """Consecutive lines that read as one."""

    lines: list[Line] = field(default_factory=list)
    footnote: bool = False

    @property
    def page(self) -> int:
        return self.lines[0].page

    @property
    def is_row(self) -> bool:
        return self.lines[0].is_row

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)

    @property
    def size(self) -> float:
        return max(self.lines, key=lambda line: len(line.text)).size

    @property
    def is_bulleted(self) -> bool:
        return not self.is_row and bool(BULLET.match(self.lines[0].text))

    @property
    def is_item(self) -> bool:
        return self.is_bulleted or bool(_NUMBERED.match(self.lines[0].text))

    def text(self, lexicon: Lexicon) -> tuple[str, tuple[int, ...]]:
        """Clean text and the offsets in it where its further pages begin."""
        if self.is_row:
            return clean(self.lines[0].text), ()
        lines = [BULLET.sub("", self.lines[0].text, count=1), *(line.text for line in self.lines[1:])]
        mended = zip(self.lines, seams(lines, lexicon), strict=True)
        text, breaks = "", list[int]()
        for _, page in groupby(mended, key=lambda pair: pair[0].page):
            raw = "".join(piece for _, piece in page)
            breaks.append(len(text))
            text += clean(raw) + (" " if (text or raw.strip()) and raw[-1:].isspace() else "")
        return text.strip(), tuple(breaks[1:])


def measure(lines: Iterable[Line]) -> Metrics:
    """Find the running text's size and the usual line distances."""
    sizes: Counter[float] = Counter()
    gaps: dict[float, Counter[float]] = defaultdict(Counter)
    previous: Line | None = None
    for line in (line for line in lines if not line.is_row):
        sizes[line.size] += len(line.text)
        if previous and previous.page == line.page and abs(previous.size - line.size) < 0.5:
            gap = line.y - previous.y
            if 0.8 * line.size < gap < 2.5 * line.size:
                gaps[round(line.size)][round(gap * 2) / 2] += 1
        previous = line
    sizes.pop(0.0, None)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    return Metrics(body, {size: _usual(counts) for size, counts in gaps.items()})


def _usual(counts: Counter[float]) -> float:
    """The smallest distance that is common: a larger one may be that between paragraphs."""
    most = counts.most_common(1)[0][1]
    return min(gap for gap, count in counts.items() if count >= 0.5 * most)


def paragraphs(pages: Sequence[Sequence[Line]], metrics: Metrics) -> list[Paragraph]:
    """All paragraphs of the document; footnotes follow the paragraph that their page ends with."""
    notes: dict[int, list[Paragraph]] = {}
    body: list[Line] = []
    for page in pages:
        for flow in _flows(_with_marks(page), metrics):
            above, below = _split_notes(flow, metrics)
            body += above
            if below:
                notes.setdefault(below[0].page, []).extend(_footnotes(below))
    return _merge(_group(body, metrics), notes)


def _with_marks(page: Sequence[Line]) -> list[Line]:
    """The lines with a raised mark that the file draws by itself put before the note it belongs to."""
    joined: list[Line] = []
    for line in page:
        if joined and _ONLY_MARK.fullmatch(joined[-1].text) and _is_beside(joined[-1], line):
            mark = joined.pop()
            joined.append(replace(line, text=f"{mark.text} {line.text}", x0=mark.x0))
        else:
            joined.append(line)
    return joined


def _is_beside(mark: Line, line: Line) -> bool:
    return 0 < line.y - mark.y < line.size and -1 < line.x0 - mark.x1 < line.size


def _flows(page: Sequence[Line], metrics: Metrics) -> Iterator[list[Line]]:
    """The columns of a page: each ends where the next line stands far above."""
    flow: list[Line] = []
    for line in page:
        if flow and flow[-1].y - line.y > 5 * metrics.size(line):
            yield flow
            flow = []
        flow.append(line)
    if flow:
        yield flow


def _split_notes(page: Sequence[Line], metrics: Metrics) -> tuple[list[Line], list[Line]]:
    """Lines of a column's text, and the small lines at its foot that begin with a mark."""
    start = len(page)
    while start and _may_be_note(page[start - 1], metrics):
        start -= 1
    while start < len(page) and not _NOTE_MARK.match(page[start].text):
        start += 1
    # What is small throughout is a table or an imprint, not notes.
    return (list(page[:start]), list(page[start:])) if start else (list(page), [])


def _may_be_note(line: Line, metrics: Metrics) -> bool:
    return not line.is_row and metrics.size(line) < 0.9 * metrics.body and line.y > 0.4 * line.height


def _footnotes(lines: Sequence[Line]) -> list[Paragraph]:
    found: list[Paragraph] = []
    for line in lines:
        if not found or (_NOTE_MARK.match(line.text) and _is_next_note(found[-1], line)):
            found.append(Paragraph(footnote=True))
        found[-1].lines.append(line)
    return found


def _is_next_note(previous: Paragraph, line: Line) -> bool:
    """A line within a note may begin with a number too, but seldom with the very next one."""
    numbers = [re.match(r"\W*(\d+)", text) for text in (previous.lines[0].text, line.text)]
    if numbers[0] and numbers[1]:
        return 0 < int(numbers[1][1]) - int(numbers[0][1]) <= 2
    return not numbers[1]


def _merge(body: list[Paragraph], notes: dict[int, list[Paragraph]]) -> list[Paragraph]:
    merged: list[Paragraph] = []
    pending = sorted(notes)
    for paragraph in body:
        while pending and pending[0] < paragraph.page:
            merged += notes[pending.pop(0)]
        merged.append(paragraph)
    return merged + [note for page in pending for note in notes[page]]


def _group(lines: Sequence[Line], metrics: Metrics) -> list[Paragraph]:
    found: list[Paragraph] = []
    rights = _column_ends(lines)
    for index, line in enumerate(lines):
        if not index or _breaks(lines[index - 1], line, rights[index - 1], metrics):
            found.append(Paragraph())
        found[-1].lines.append(line)
    return found


def _column_ends(lines: Sequence[Line]) -> list[float]:
    """For each line, how far to the right its neighbours on the page reach."""
    ends = []
    for index, line in enumerate(lines):
        near = lines[max(0, index - _WINDOW) : index + _WINDOW + 1]
        beside = [line.x1]
        beside += [
            other.x1
            for other in near
            if other.page == line.page and not other.is_row and other.x0 < line.x1 and line.x0 < other.x1
        ]
        ends.append(max(beside))
    return ends


def _breaks(one: Line, two: Line, right: float, metrics: Metrics) -> bool:
    """Whether a new paragraph begins between two consecutive lines."""
    if one.is_row or two.is_row or BULLET.match(two.text) or _LEADER.search(one.text):
        return True
    if one.page != two.page or two.y < one.y - 0.5 * metrics.size(one):
        return not _continues(one, two, right, metrics)
    if abs(two.y - one.y) < 0.3 * metrics.size(one):
        return False
    if _is_gap(one, two, metrics) or _differ_in_size(one, two, metrics) or _is_end(one, two, right, metrics):
        return True
    # Words may be bold up to a line's end; only a line that ends early is a bold line of its own.
    filled = one.x1 > right - 0.1 * (right - one.x0) and not _CLOSED.search(one.text)
    return one.bold != two.bold and not filled and not two.text[:1].islower()


def _continues(one: Line, two: Line, right: float, metrics: Metrics) -> bool:
    """Whether a paragraph goes on in the next column or on the next page."""
    if (
        _differ_in_size(one, two, metrics)
        or one.bold != two.bold
        or _CLOSED.search(one.text.rstrip())
        or _NUMBERED.match(two.text)
    ):
        return False
    if two.text[:1].islower() or one.text.endswith(("-", "\u00ad")):
        return True
    # A last line that fills its column has not ended; headings and table cells seldom fill it.
    width = right - one.x0
    return len(one.text) > 40 and one.x1 > right - 0.06 * width and not one.bold


def _differ_in_size(one: Line, two: Line, metrics: Metrics) -> bool:
    sizes = metrics.size(one), metrics.size(two)
    return abs(sizes[0] - sizes[1]) > 0.12 * max(sizes)


def _is_gap(one: Line, two: Line, metrics: Metrics) -> bool:
    return one.page == two.page and two.y - one.y > 1.3 * max(metrics.usual_gap(one), metrics.usual_gap(two)) + 0.5


def _is_end(one: Line, two: Line, right: float, metrics: Metrics) -> bool:
    """Whether the first line ends its paragraph, by its length, its last sign and the next one's indent."""
    width = right - min(one.x0, two.x0)
    short, very_short = one.x1 < right - 0.15 * width, one.x1 < right - 0.45 * width
    closed = bool(_CLOSED.search(one.text.rstrip()))
    if one.text.rstrip().endswith((",", ";")) and _NUMBERED.match(two.text):
        return True
    if closed or short:
        if _NUMBERED.match(two.text) or (closed and short):
            return True
        if abs(two.x0 - one.x0) > metrics.size(one):
            return not two.text[:1].islower()
    return very_short and not two.text[:1].islower()
