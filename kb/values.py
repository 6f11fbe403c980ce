"""The values that flow between layers: frozen, comparable, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

UNDETERMINED = "und"
"""ISO 639-2 code of a language that could not be told."""

BlockKind = Literal["heading", "paragraph", "list-item", "table-row", "caption", "footnote"]


# --- from a file to its passages ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a document in reading order, as an extractor found it.

    `text` is clean: no soft hyphens, no line-end hyphenation, no running headers; spaces single.
    `level` is a heading's depth from 1 and 0 for everything else.
    `page_from` and `page_to` count physical pages from 1; None where the format has no pages.
    `page_breaks` are the offsets in `text` at which each page after the first begins.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page_from: int | None = None
    page_to: int | None = None
    page_breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a file says of itself, offered to whoever describes the record and never decided.

    Dates are ISO 8601 (`2021`, `2021-05` or `2021-05-17`), None when the file does not say.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    created: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that went wrong with a part of a document without ending it."""

    code: str
    message: str
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The text of one file: its blocks in reading order and what is known of the file.

    `page_labels` holds the printed label of each page ("iv", "12"), empty when the file has none.
    """

    media_type: str
    blocks: tuple[Block, ...]
    page_count: int | None = None
    page_labels: tuple[str, ...] = ()
    proposal: Proposal = field(default_factory=Proposal)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document that fits the encoder's window: the unit of search.

    `ordinal` counts from 0 within its document. `heading` is the path of headings above it, outermost
    first. `char_from`/`char_to` delimit it in the document's text: `document_text[char_from:char_to] == text`.
    """

    ordinal: int
    text: str
    language: str
    heading: tuple[str, ...] = ()
    page_from: int | None = None
    page_to: int | None = None
    char_from: int = 0
    char_to: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A document ready to be embedded: its whole text, its language, and its passages in order.

    `language_confidence` lies in 0..1; `language` is `und` when the text is too short or no language's.
    """

    text: str
    language: str
    language_confidence: float
    passages: tuple[Passage, ...]


# --- the change feed -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the feed: a passage that is to be found (`live`) or no longer is.

    `vector` is the raw embedding, little-endian float32; it and the texts are empty when not live.
    """

    seq: int
    passage_id: int
    live: bool
    vector: bytes = b""
    language: str = UNDETERMINED
    title: str = ""
    heading: str = ""
    text: str = ""


# --- searching -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage as the index ranks it, before SQL has the last word.

    `score` is a log-odds, `probability` its calibration in 0..1, `cosine` is taken in the neutral space,
    `lexical` is BM25 divided by the query's best BM25 (0 where no word is shared).
    """

    passage_id: int
    score: float
    probability: float
    cosine: float
    lexical: float
    same_language: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How much a record is like a text, 1 at most, and its passages with the cosine of their best match, best first."""

    score: float
    passages: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a search; values of one field are alternatives, fields are all required."""

    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.languages or self.kinds or self.countries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody asks; `language` overrides detection, `offset` and `limit` count records."""

    text: str
    language: str | None = None
    filters: Filters = field(default_factory=Filters)
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of snippet text and whether it is one of the words asked for."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record belongs; `country` is ISO 3166-1 alpha-2."""

    country: str | None = None
    region: str | None = None
    municipality: str | None = None

    def __str__(self) -> str:
        return ", ".join(part for part in (self.municipality, self.region, self.country) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageHit:
    """One passage of a hit: where it stands and why it was found."""

    passage_id: int
    document_id: int
    document_name: str
    media_type: str
    heading: tuple[str, ...]
    language: str
    page_from: int | None
    page_to: int | None
    page_label: str | None
    snippet: tuple[Span, ...]
    text: str
    score: float
    probability: float
    cosine: float
    lexical: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record found, with its best passages, best first; its score is its best passage's."""

    record_id: int
    title: str
    kind: str
    language: str
    place: Place
    year: int | None
    score: float
    probability: float
    passages: tuple[PassageHit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The answer to a query: one page of hits out of `total` records.

    `facets` maps field → value → number of records among all `total`, so counts agree with the list.
    `answered` is false when nothing is likely to answer; the hits are then merely the nearest.
    """

    query: Query
    language: str
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    answered: bool = True


# --- who is asking -------------------------------------------------------------------------------

Role = Literal["visitor", "member", "contributor", "curator", "administrator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at the catalogue; `account_id` is None for a visitor."""

    role: Role = "visitor"
    account_id: int | None = None

    @property
    def sees_everything(self) -> bool:
        """Whether unpublished records of others are visible to this reader."""
        return self.role in ("curator", "administrator")


VISITOR = Reader()
OPERATOR = Reader(role="administrator")
"""Whoever runs the command line on the machine that holds the data."""


# --- reading the catalogue -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """A document of a record as a page shows it; `passages` only when asked for."""

    document_id: int
    name: str
    media_type: str
    status: str
    failure_code: str | None
    failure_message: str | None
    language: str
    page_count: int | None
    page_labels: tuple[str, ...]
    size: int
    sha256: str | None
    passages: tuple[tuple[int, Passage], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record as a page shows it: columns as attributes, the long fields in `details`."""

    record_id: int
    key: str
    kind: str
    state: str
    title: str
    summary: str
    language: str
    place: Place
    year: int | None
    details: Mapping[str, object]
    documents: tuple[DocumentView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file or row that was handed in.

    `status` is `searchable`, `waiting`, `unchanged`, `duplicate`, `failed` or `rejected`; `code` names the error
    of the last two, `message` says what to do.
    """

    source: str
    status: str
    code: str | None = None
    message: str = ""
    record_id: int | None = None
    document_id: int | None = None
    passages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of the self-check: `level` is `ok`, `warning` or `error`."""

    level: Literal["ok", "warning", "error"]
    subject: str
    message: str
