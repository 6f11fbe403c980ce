"""Headers, footers and page numbers that repeat from page to page of a PDF."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ingest.cleaning import clean
from ingest.extractors.pdf_lines import Line

_MIN_PAGES = 3
_EDGE_LINES = 4
"""Lines at the top and at the bottom of a page that may be running ones."""
_EDGE_SHARE = 0.18
"""Running lines stand in this part of the page's height, above and below."""
_TOLERANCE = 4.0
"""Points by which a running line may move from page to page."""

_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,7}")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def without_running_lines(pages: Sequence[Sequence[Line]], body_size: float) -> list[list[Line]]:
    """The pages without what repeats at their edges; a large one on top stays where it first stands."""
    if len(pages) < _MIN_PAGES:
        return [list(page) for page in pages]
    edges = [_edge_lines(page) for page in pages]
    running = _running(line for page in edges for line in page)
    kept_once: set[str] = set()
    return [[line for line in page if _stays(line, running, body_size, kept_once)] for page in pages]


def _stays(line: Line, running: set[int], body_size: float, kept_once: set[str]) -> bool:
    if id(line) not in running:
        return True
    text = clean(line.text)
    is_large_head = line.y < 0.5 * line.height and line.size >= 1.15 * body_size
    if not is_large_head or not any(char.isalpha() for char in text):
        return False
    # A chapter title in the page's head, or "Action 12" on top of each sheet, is also the only heading there is.
    first = text not in kept_once
    kept_once.add(text)
    return first


def _edge_lines(page: Sequence[Line]) -> list[Line]:
    by_height = sorted((line for line in page if not line.is_row), key=lambda line: line.y)
    top = [line for line in by_height[:_EDGE_LINES] if line.y < _EDGE_SHARE * line.height]
    bottom = [line for line in by_height[-_EDGE_LINES:] if line.y > (1 - _EDGE_SHARE) * line.height]
    return [*top, *(line for line in bottom if line not in top)]


def _running(lines: Iterable[Line]) -> set[int]:
    """Identities of the lines that repeat on enough pages, at the same height."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        for key in _keys(line):
            groups[key].append(line)
    return {id(line) for group in groups.values() for cluster in _same_height(group) for line in cluster}


def _keys(line: Line) -> Iterator[str]:
    """The text itself, and the text with a number that advances with the page."""
    text = clean(line.text).casefold()
    if not any(char.isdigit() for char in text):
        yield text
    elif any(char.isalpha() for char in text):
        yield f"={text}"
    masked = _NUMBER.sub("#", text)
    for number in {int(digits) for digits in _NUMBER.findall(text) if len(digits) < 5}:
        yield f"{number - line.page}:{masked}"
    roman = text.strip(" -–—.|")
    if _ROMAN.fullmatch(roman):
        yield f"{_roman(roman) - line.page}:roman"


def _same_height(group: list[Line]) -> Iterator[list[Line]]:
    """Clusters of lines at about the same height that cover enough pages."""
    cluster: list[Line] = []
    for line in sorted(group, key=lambda line: line.y):
        if cluster and line.y - cluster[-1].y > _TOLERANCE:
            yield from _if_enough(cluster)
            cluster = []
        cluster.append(line)
    yield from _if_enough(cluster)


def _if_enough(cluster: list[Line]) -> Iterator[list[Line]]:
    if len({line.page for line in cluster}) >= _MIN_PAGES:
        yield cluster


def _roman(text: str) -> int:
    values = [_ROMAN_DIGITS[char] for char in text]
    following = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, following, strict=True))
