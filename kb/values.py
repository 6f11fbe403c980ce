"""The values that flow between layers: frozen, comparable, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

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
    """Something that went wrong with a part of a document without ending it.

    `kb.sentences` tells a `code` with its `facts` in other languages; `message` is the English one.
    """

    code: str
    message: str
    page: int | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedPage:
    """A page whose text was recognised: its language, `und` where that is unknown, and the confidence in it, 0..1."""

    page: int
    language: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file within another: an archive's, or an e-mail's attachment, under its path in there, parts joined by `/`.

    `sha256` and `size` are those of its bytes once they are stored; `code` and `message` say why they were left out.
    """

    name: str
    sha256: str | None = None
    size: int = 0
    code: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The text of one file: its blocks in reading order and what is known of the file.

    `page_labels` holds the printed label of each page ("iv", "12"), empty when the file has none. A file that is a
    container has `members`, and may have no blocks. `recognised` tells of the pages whose text was recognised,
    `lacking` counts those that wait for a recogniser.
    """

    media_type: str
    blocks: tuple[Block, ...]
    page_count: int | None = None
    page_labels: tuple[str, ...] = ()
    proposal: Proposal = field(default_factory=Proposal)
    notices: tuple[Notice, ...] = ()
    members: tuple[Member, ...] = ()
    recognised: tuple[RecognisedPage, ...] = ()
    lacking: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document that fits the encoder's window: the unit of search.

    `ordinal` counts from 0 within its document. `heading` is the path of headings above it, outermost
    first. `char_from`/`char_to` delimit it in the document's text: `document_text[char_from:char_to] == text`.
    `sentences` are the spans in `text` that are compared with a query one by one, in order and apart.
    """

    ordinal: int
    text: str
    language: str
    heading: tuple[str, ...] = ()
    page_from: int | None = None
    page_to: int | None = None
    char_from: int = 0
    char_to: int = 0
    sentences: tuple[tuple[int, int], ...] = ()


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

    `vector` is the raw embedding, little-endian float32; `sentences` are those of its sentences one after the other,
    little-endian float16, empty where the passage is its only sentence. All are empty when not live.
    """

    seq: int
    passage_id: int
    live: bool
    record_id: int = 0
    vector: bytes = b""
    sentences: bytes = b""
    language: str = UNDETERMINED
    title: str = ""
    heading: str = ""
    text: str = ""


# --- searching -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage as the index ranks it, before SQL has the last word.

    `score` is a log-odds, `probability` its calibration in 0..1, `cosine` is taken in the neutral space,
    `lexical` is BM25 divided by the query's best BM25 (0 where no word is shared). `record_id` is the record that the
    passage belonged to when the index last heard of it. `sentence` is the number of the passage's sentence nearest to
    the query, from 0, and `sentence_cosine` how near it is.
    """

    passage_id: int
    score: float
    probability: float
    cosine: float
    lexical: float
    same_language: bool
    record_id: int
    sentence: int = 0
    sentence_cosine: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point on the Earth, in degrees north and east."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """All that lies at most `km` kilometres from `centre`."""

    centre: Point
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How much a record is like a text, 1 at most, and its passages with the cosine of their best match, best first."""

    score: float
    passages: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a search; values of one field are alternatives, fields are all required.

    `kb.facets` says which field takes which values. The years are those that records are listed under, both included.
    """

    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    populations: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    sdgs: tuple[str, ...] = ()
    aalborg: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    within: Circle | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) not in ((), None) for one in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of the asker's own place, to compare others with; `region` is a key as `kb.places` makes them."""

    country: str | None = None
    region: str | None = None
    population: int | None = None
    point: Point | None = None
    territory: frozenset[str] = frozenset()


Sort = Literal["relevance", "likeness", "date", "distance"]
"""Order of a list: best answer first, best answer from a like place first, newest first, or nearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody asks; `language` overrides detection, `offset` and `limit` count records.

    `place` is where the asker is: what `likeness` compares with and what `distance` is measured from.
    """

    text: str = ""
    language: str | None = None
    filters: Filters = field(default_factory=Filters)
    sort: Sort = "relevance"
    place: Profile | None = None
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
    population: int | None = None
    point: Point | None = None

    def __str__(self) -> str:
        return ", ".join(part for part in (self.municipality, self.region, self.country) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageHit:
    """One passage of a hit: where it stands and why it was found.

    `answer` is the sentence nearest to the query, as marked and plain runs; empty where the passage has none.
    `sentence` counts it from 0.
    """

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
    answer: tuple[Span, ...] = ()
    sentence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record found, with its best passages, best first; `score` and `probability` are those of the best one."""

    record_id: int
    title: str
    kind: str
    language: str
    place: Place
    year: int | None
    score: float
    probability: float
    passages: tuple[PassageHit, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Records around another: those most like it, more in other languages, and one of each authority to twin with."""

    alike: tuple[Hit, ...] = ()
    abroad: tuple[Hit, ...] = ()
    twins: tuple[Hit, ...] = ()


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
    """Who looks at the catalogue; `account_id` is None for a visitor.

    `scopes` narrow what a program may do that acts for her; None is she herself.
    """

    role: Role = "visitor"
    account_id: int | None = None
    scopes: frozenset[str] | None = None

    @property
    def sees_everything(self) -> bool:
        """Whether unpublished records of others are visible to this reader."""
        return self.role in ("curator", "administrator")


VISITOR = Reader()
OPERATOR = Reader(role="administrator")
"""Whoever runs the command line on the machine that holds the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What an account is opened with; `verified` says that the address is known to be hers."""

    email: str
    name: str = ""
    organisation: str = ""
    role: Role = "member"
    password: str | None = None
    verified: bool = False
    language: str = "it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to a person; one with a `key` is written once, whoever asks for it again."""

    account_id: int
    subject: str
    body: str
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account as pages and commands show it; `preferences` are what pages remember for her."""

    account_id: int
    email: str
    name: str
    organisation: str
    role: Role
    language: str
    verified: bool
    disabled: bool
    preferences: Mapping[str, Any]
    created_at: datetime


# --- reading the catalogue -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """A document of a record as a page shows it; `passages` only when asked for.

    `container_id` is the document it came out of; `left_out` are files in it that are no documents, with the reason.
    """

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
    notices: tuple[Notice, ...] = ()
    recognised: tuple[RecognisedPage, ...] = ()
    lacking: int = 0
    container_id: int | None = None
    left_out: tuple[Member, ...] = ()


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
    published_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field as it was handed in; `row` counts from 0 where the field has several values.

    `code` names the sentence that pages tell it with, `facts` fill its blanks, `message` is the English one.
    """

    field: str
    code: str
    message: str
    facts: Mapping[str, Any]
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """A record as whoever works on it needs it: all that is stated, and the version that a change must name.

    `provisional` are the fields that nobody has stated; `actions` what the reader may do with it now. An amendment
    names the record it `amends` and the version it set out from.
    """

    record: RecordView
    version: int
    fields: Mapping[str, Any]
    provisional: tuple[str, ...]
    actions: frozenset[str]
    submitter_id: int | None = None
    amends_id: int | None = None
    amends_version: int | None = None
    amends_title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecord:
    """A record on its submitter's page, with what became of its files and what is asked of her.

    `waiting` and `failed` count its files; `asked` is the reason it was sent back with, `remarks` what reviewers said.
    """

    record_id: int
    title: str
    kind: str
    state: str
    version: int
    updated_at: datetime
    actions: frozenset[str]
    waiting: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    remarks: tuple[str, ...] = ()
    amends_id: int | None = None
    amends_title: str = ""
    amendment_id: int | None = None
    merged_into_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProgress:
    """A file that was handed in, and how far it is: `waiting`, `searchable`, `unpacked` or `failed` with a `code`."""

    document_id: int
    record_id: int
    name: str
    title: str
    status: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    """One version of a record: who made it, when, why, and the state it left the record in."""

    number: int
    at: datetime
    who: str
    why: str
    state: str


PieceKind = Literal["same", "deleted", "inserted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of words of two versions: in both, in the older only, or in the newer only."""

    text: str
    kind: PieceKind = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one field said before and after, and the words in which that differs."""

    field: str
    before: object
    after: object
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A field that a record has nothing in yet; one that is `required` keeps it from being sent."""

    field: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of the records that pass a query's filters, out of `total`; `facets` as in `Results`."""

    query: Query
    total: int
    records: tuple[RecordView, ...]
    facets: Mapping[str, Mapping[str, int]]


Visibility = Literal["private", "shared", "public"]
"""Who may see a collection: its owner, everybody with an account, or everybody; curators see all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionView:
    """A collection as a list shows it; `records` counts those that the reader may see.

    `titles` holds its title in other languages, `mine` says whether the reader keeps it.
    """

    key: str
    title: str
    visibility: Visibility
    records: int
    titles: Mapping[str, str] = field(default_factory=dict)
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionEntry:
    """A record in a collection, with the note on why it is there."""

    record: RecordView
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSection:
    """A part of a collection under a title in one or more languages; the first part has neither key nor title."""

    key: str
    titles: Mapping[str, str]
    entries: tuple[CollectionEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPage:
    """A collection as its page shows it: what the reader may see of it, in order.

    `cover` maps a language to the "title" and "text" of its first page. `changeable` says whether the reader may change
    it as it stands, `mine` whether she keeps it; `address` is that of the search it was made from.
    """

    key: str
    title: str
    visibility: Visibility
    cover: Mapping[str, Mapping[str, str]]
    sections: tuple[CollectionSection, ...]
    address: Mapping[str, Any]
    version: int
    updated_at: datetime
    mine: bool
    changeable: bool

    @property
    def records(self) -> tuple[RecordView, ...]:
        """Its records in order."""
        return tuple(entry.record for section in self.sections for entry in section.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionChanges:
    """What a collection is to be from now on; what is None stays as it is."""

    title: str | None = None
    visibility: str | None = None
    cover: Mapping[str, Mapping[str, str]] | None = None
    sections: Sequence[tuple[str, Mapping[str, str]]] | None = None


Relation = Literal["same-bytes", "same-text", "near", "part", "translation"]
"""How two documents are alike: one file, the same words, versions of a text, one in the other, in two languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A document that another one resembles, offered to whoever decides what follows from it.

    `percent` is the share of the shorter of the two that is found in the other: of its runs of words, of a translation
    of its sentences. `of` is the document it was found for.
    """

    record: int
    document: int
    title: str
    relation: Relation
    percent: int
    of: int
    language: str = UNDETERMINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """What a document seems to say of its record: a value for a field, and the passage it is taken from.

    `confidence` lies in 0..1: of values suggested with it so many are right. `char_from` and `char_to` delimit the
    place in the text of the document; a file's own metadata have none.
    """

    field: str
    value: str
    confidence: float
    passage_id: int | None = None
    char_from: int | None = None
    char_to: int | None = None
    snippet: str = ""
    document_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file or row that was handed in.

    `status` is `searchable`, `unpacked` (it holds other documents, which follow), `waiting`, `unchanged`, `duplicate`,
    `left-out` (a file in a container that is no document), `failed` or `rejected`; `code` names the error of the last
    two, or is `needs-ocr` where only a part of the text is searchable; `message` says what to do. `resembles` are
    documents there already that are like this one.
    """

    source: str
    status: str
    code: str | None = None
    message: str = ""
    record_id: int | None = None
    document_id: int | None = None
    passages: int = 0
    resembles: tuple[Duplicate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of the self-check: `level` is `ok`, `warning` or `error`.

    `message` says it in English, `fact` is the number or name in it; there is none when the check was stopped.
    """

    level: Literal["ok", "warning", "error"]
    subject: str
    message: str
    fact: float | str = ""
