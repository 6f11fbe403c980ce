"""Blocks → one text and its passages, which follow headings and paragraphs and fit the encoder's window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ingest import language, sentences
from ingest.language import Detected
from ingest.sentences import Span
from kb.values import UNDETERMINED, Block, Digest, Extraction, Passage

CountTokens = Callable[[Sequence[str]], list[int]]
"""Number of tokens of each text as a passage, prompt and special tokens included."""

_JOINT = "\n\n"
_BATCH = 2048
"""Texts counted in one call, so that a long document does not become one huge list of token lists."""
_TINY = 0.25
"""A last passage smaller than this part of the window shares with the one before it."""
_MAJORITY = 0.5
"""Share of a document's text in one language below which a second opinion is asked for."""
_SURE = 0.8
_ENOUGH_LETTERS = 60
_FEWEST_LETTERS = 40
"""Letters below which a passage says nothing by itself and is joined with its neighbour."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A run of text that is not cut again: a block, a sentence, or words; `cost` in tokens without overhead.

    `lead` is where the headings begin that stand right above it, None where there are none.
    """

    span: Span
    path: tuple[str, ...]
    section: int
    cost: int = 0
    lead: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive units, of one section but for tiny neighbours."""

    units: tuple[Unit, ...]
    above: tuple[str, ...] | None = None

    @property
    def span(self) -> Span:
        return self.units[0].span[0], self.units[-1].span[1]

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above it, those of the larger part where sections were joined."""
        return self.units[0].path if self.above is None else self.above

    @property
    def cost(self) -> int:
        return sum(unit.cost for unit in self.units)


class _Counter:
    """Counts tokens in batches and tells a text's own tokens from those every text gets."""

    def __init__(self, count: CountTokens, max_tokens: int) -> None:
        self._count = count
        self.overhead = count([""])[0]
        self.limit = max_tokens
        self.room = max_tokens - self.overhead
        if self.room < 1:
            raise ValueError(f"max_tokens={max_tokens} leaves no room beside {self.overhead} tokens of prompt")

    def __call__(self, texts: Sequence[str]) -> list[int]:
        batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        return [tokens for batch in batches for tokens in self._count(batch)]


def digest(extraction: Extraction, embedder_count: CountTokens, max_tokens: int, stated: str = UNDETERMINED) -> Digest:
    """Divide a document into passages of at most `max_tokens` by `embedder_count`.

    A passage lies within one section; the headings above it are its `heading` and not in its text. A heading
    without any text below it stands in a passage as text, so that nothing of the document is lost. What is too short
    to say anything, a by-line or a bare number, is joined with the section that follows. `stated` is the
    language its submitter gave it; a passage differs from the document's only where two detectors agree that it does.
    """
    text, starts = _assemble(extraction.blocks)
    counter = _Counter(embedder_count, max_tokens)
    units = _fit(text, list(_body(extraction.blocks, starts)), counter)
    sections = (section for _, section in groupby(units, key=lambda unit: unit.section))
    packed = [chunk for section in sections for chunk in _pack(section, counter)]
    chunks = _joined(text, _verified(text, packed, counter), counter)
    pages = _PageMap(extraction.blocks, starts)
    detected = [language.detect(text[slice(*chunk.span)]) for chunk in chunks]
    code, confidence = _settled(text, stated, _document_language(text, chunks, detected))
    passages = tuple(
        _passage(number, chunk, text, _language(text[slice(*chunk.span)], own, code), pages)
        for number, (chunk, own) in enumerate(zip(chunks, detected, strict=True))
    )
    return Digest(text=text, language=code, language_confidence=confidence, passages=passages)


def _assemble(blocks: Sequence[Block]) -> tuple[str, list[int]]:
    """The document's text and the offset of each block in it."""
    starts, offset = [], 0
    for block in blocks:
        starts.append(offset)
        offset += len(block.text) + len(_JOINT)
    return _JOINT.join(block.text for block in blocks), starts


# --- sections ------------------------------------------------------------------------------------


def _body(blocks: Sequence[Block], starts: Sequence[int]) -> Iterator[Unit]:
    """What passages are made of: all blocks but the headings that have text below them."""
    path: list[tuple[int, str]] = []
    section, lead = 0, None
    for index, (block, start) in enumerate(zip(blocks, starts, strict=True)):
        if block.level and block.kind == "heading":
            path = [above for above in path if above[0] < block.level]
            if _has_text_below(blocks, index):
                path.append((block.level, block.text))
                section += 1
                lead = start if lead is None else lead
                continue
        if block.text.strip():
            yield Unit((start, start + len(block.text)), tuple(title for _, title in path), section, lead=lead)
            lead = None


def _has_text_below(blocks: Sequence[Block], index: int) -> bool:
    """Whether a deeper heading or text follows before the next heading of the same or a higher level."""
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    if following is None:
        return False
    return following.kind != "heading" or not following.level or following.level > blocks[index].level


# --- cutting what is too long --------------------------------------------------------------------


def _fit(text: str, units: list[Unit], counter: _Counter) -> list[Unit]:
    """Units that fit by themselves: long blocks cut at sentences, then at words, then anywhere."""
    for cut in (sentences.split, sentences.words):
        units = _costed(text, units, counter)
        units = [part for unit in units for part in _parts(unit, cut(text, unit.span), counter.room)]
    units = _costed(text, units, counter)
    while any(unit.cost > counter.room and unit.span[1] - unit.span[0] > 1 for unit in units):
        units = [part for unit in units for part in _parts(unit, sentences.halves(unit.span), counter.room)]
        units = _costed(text, units, counter)
    return units


def _parts(unit: Unit, spans: Sequence[Span], room: int) -> list[Unit]:
    if unit.cost <= room or len(spans) < 2:
        return [unit]
    # Only the first part stands right below the headings.
    return [replace(unit, span=span, cost=0, lead=None if place else unit.lead) for place, span in enumerate(spans)]


def _costed(text: str, units: list[Unit], counter: _Counter) -> list[Unit]:
    """Units with their tokens counted; those already counted are not counted again."""
    unknown = [index for index, unit in enumerate(units) if not unit.cost]
    counts = counter([text[slice(*units[index].span)] for index in unknown])
    for index, tokens in zip(unknown, counts, strict=True):
        units[index] = replace(units[index], cost=max(1, tokens - counter.overhead))
    return units


# --- packing -------------------------------------------------------------------------------------


def _pack(units: Iterator[Unit], counter: _Counter) -> list[Chunk]:
    """Fill passages one after the other; a tiny last one shares evenly with the one before."""
    chunks: list[list[Unit]] = []
    filled = 0
    for unit in units:
        if not chunks or filled + unit.cost > counter.room or chunks[-1][-1].path != unit.path:
            chunks.append([])
            filled = 0
        chunks[-1].append(unit)
        filled += unit.cost
    packed = [Chunk(tuple(chunk)) for chunk in chunks]
    if len(packed) > 1 and packed[-1].cost < _TINY * counter.room and packed[-1].path == packed[-2].path:
        packed[-2:] = _evened(packed[-2], packed[-1])
    return packed


def _evened(one: Chunk, other: Chunk) -> list[Chunk]:
    """The same units in two passages as equal as they can be."""
    units = (*one.units, *other.units)
    total, filled = one.cost + other.cost, 0
    for index, unit in enumerate(units[:-1], start=1):
        filled += unit.cost
        if filled >= total / 2:
            return [Chunk(units[:index]), Chunk(units[index:])]
    return [one, other]


def _joined(text: str, chunks: Sequence[Chunk], counter: _Counter) -> list[Chunk]:
    """Passages of a few words go, with their headings, with what follows, the last with what is before.

    A vector of next to nothing lies near every short query, so a by-line would be among the answers to all of them.
    """
    kept: list[Chunk] = []
    waiting: Chunk | None = None
    for chunk in chunks:
        whole = chunk
        if waiting:
            whole = Chunk((*waiting.units, *chunk.units), chunk.path)
            if not _fits(text, whole, counter):
                kept.append(waiting)
                whole = chunk
        waiting = _with_headings(text, whole, counter) if _says_little(text, whole) else None
        if waiting is None:
            kept.append(whole)
    if waiting and kept:
        whole = Chunk((*kept[-1].units, *waiting.units), kept[-1].path)
        if _fits(text, whole, counter):
            return [*kept[:-1], whole]
    return [*kept, waiting] if waiting else kept


def _with_headings(text: str, chunk: Chunk, counter: _Counter) -> Chunk:
    """A passage from the first of the headings right above it, if it still fits."""
    first = chunk.units[0]
    if first.lead is None or first.lead >= first.span[0]:
        return chunk
    longer = replace(chunk, units=(replace(first, span=(first.lead, first.span[1])), *chunk.units[1:]))
    return longer if _fits(text, longer, counter) else chunk


def _fits(text: str, chunk: Chunk, counter: _Counter) -> bool:
    return counter([text[slice(*chunk.span)]])[0] <= counter.limit


def _says_little(text: str, chunk: Chunk) -> bool:
    return sum(map(str.isalpha, text[slice(*chunk.span)])) < _FEWEST_LETTERS


def _verified(text: str, chunks: list[Chunk], counter: _Counter) -> list[Chunk]:
    """Divide the few passages whose whole has more tokens than the sum of its parts."""
    done: dict[int, list[Chunk]] = {index: [chunk] for index, chunk in enumerate(chunks)}
    pending = [(index, chunk) for index, chunk in enumerate(chunks) if len(chunk.units) > 1]
    while pending:
        counts = counter([text[slice(*chunk.span)] for _, chunk in pending])
        too_long = [item for item, tokens in zip(pending, counts, strict=True) if tokens > counter.limit]
        pending = []
        for index, chunk in too_long:
            middle = len(chunk.units) // 2
            halves = [Chunk(chunk.units[:middle]), Chunk(chunk.units[middle:])]
            place = done[index].index(chunk)
            done[index][place : place + 1] = halves
            pending += [(index, half) for half in halves if len(half.units) > 1]
    return [chunk for index in range(len(chunks)) for chunk in done[index]]


# --- passages ------------------------------------------------------------------------------------


def _document_language(text: str, chunks: Sequence[Chunk], detected: Sequence[Detected]) -> Detected:
    """The language that most of the text is in, by the passages' votes, each as strong as it is long and sure."""
    votes: Counter[str] = Counter()
    for chunk, (code, confidence) in zip(chunks, detected, strict=True):
        votes[code] += round(1000 * confidence * (chunk.span[1] - chunk.span[0]))
    votes.pop(UNDETERMINED, None)
    code, won = votes.most_common(1)[0] if votes else (UNDETERMINED, 0)
    share = round(won / (1000 * sum(chunk.span[1] - chunk.span[0] for chunk in chunks)), 4) if chunks else 0.0
    if share >= _MAJORITY or sum(map(str.isalpha, text)) < _ENOUGH_LETTERS:
        return code, share
    other, confidence = language.second_opinion(text)
    return (other, confidence) if not votes or other in votes else (code, share)


def _settled(text: str, stated: str, found: Detected) -> Detected:
    """What the submitter states, unless nearly all of the text speaks against it and a second detector agrees."""
    code, share = found
    if stated in (UNDETERMINED, code):
        return found
    if share >= _SURE and language.second_opinion(text)[0] == code:
        return found
    return stated, 1.0


def _passage(ordinal: int, chunk: Chunk, text: str, own_language: str, pages: _PageMap) -> Passage:
    start, end = chunk.span
    page_from, page_to = pages.span(start, end)
    return Passage(
        ordinal=ordinal,
        text=text[start:end],
        language=own_language,
        heading=chunk.path,
        page_from=page_from,
        page_to=page_to,
        char_from=start,
        char_to=end,
        sentences=tuple(sentences.pieces(text[start:end])),
    )


def _language(text: str, detected: Detected, document_language: str) -> str:
    """The passage's own language where it is long enough to be sure, else the document's."""
    code, confidence = detected
    if code == document_language or confidence < _SURE:
        return document_language
    if document_language == UNDETERMINED:
        return code
    # Names and quotations make one detector see a language that the sentence is not in.
    short = sum(map(str.isalpha, text)) < _ENOUGH_LETTERS
    return document_language if short or language.second_opinion(text)[0] != code else code


class _PageMap:
    """Which page each character of the document stands on; asked in ascending order."""

    def __init__(self, blocks: Sequence[Block], starts: Sequence[int]) -> None:
        self._marks = list(_page_marks(blocks, starts))
        self._next = 0
        self._page: int | None = None

    def span(self, start: int, end: int) -> tuple[int | None, int | None]:
        """First and last page of a span that begins after all spans asked for before."""
        self._advance(start)
        first = self._page
        self._advance(end - 1)
        return first, self._page

    def _advance(self, offset: int) -> None:
        while self._next < len(self._marks) and self._marks[self._next][0] <= offset:
            self._page = self._marks[self._next][1]
            self._next += 1


def _page_marks(blocks: Sequence[Block], starts: Sequence[int]) -> Iterator[tuple[int, int | None]]:
    """Offsets from which on the text stands on another page."""
    for block, start in zip(blocks, starts, strict=True):
        yield start, block.page_from
        if block.page_from is None or block.page_to is None:
            continue
        pages = range(block.page_from + 1, block.page_to + 1)
        breaks = block.page_breaks if len(block.page_breaks) == len(pages) else _even_breaks(block, len(pages))
        yield from ((start + offset, page) for offset, page in zip(breaks, pages, strict=True))


def _even_breaks(block: Block, count: int) -> tuple[int, ...]:
    """Breaks by proportion, for an extractor that does not say where they are."""
    return tuple(len(block.text) * number // (count + 1) for number in range(1, count + 1))
