"""The tables, as DESIGN draws them: records, documents, passages, models, and the feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite gives row ids only to a column of type INTEGER, other databases want 64 bits.
Id = BigInteger().with_variant(Integer(), "sqlite")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so what comes out of it is given its own back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The moment with its zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Entity(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSON, datetime: Moment}  # noqa: RUF012


class Record(Entity):
    """A catalogue entry; what is searched or narrowed by is a column, the long fields are in `details`."""

    __tablename__ = "record"
    __table_args__ = (
        CheckConstraint("kind in ('practice', 'study')", name="kind"),
        CheckConstraint(
            "state in ('draft', 'submitted', 'returned', 'rejected', 'published', 'withdrawn', 'archived')",
            name="state",
        ),
        # All that filters ask of a record, so that its long fields are not read to choose it.
        Index(
            "ix_record_narrowing",
            *("state", "kind", "language", "country", "region_key", "status", "band", "year"),
            *("x", "y", "z", "submitter_id"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), index=True)
    title: Mapped[str] = mapped_column(String(250))
    summary: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str] = mapped_column(String(8), default="und")
    country: Mapped[str | None] = mapped_column(String(2), index=True)
    region: Mapped[str | None] = mapped_column(String(120))
    municipality: Mapped[str | None] = mapped_column(String(120))
    year: Mapped[int | None] = mapped_column(index=True)
    # What follows is derived by `kb.traits`; x, y and z are lat and lon on a sphere of radius 1.
    region_key: Mapped[str | None] = mapped_column(String(120), index=True)
    nuts: Mapped[str | None] = mapped_column(String(5))
    lau: Mapped[str | None] = mapped_column(String(20))
    scale: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str | None] = mapped_column(String(20), index=True)
    start_year: Mapped[int | None]
    end_year: Mapped[int | None]
    population: Mapped[int | None]
    band: Mapped[str | None] = mapped_column(String(20), index=True)
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    x: Mapped[float | None] = mapped_column(Float)
    y: Mapped[float | None] = mapped_column(Float)
    z: Mapped[float | None] = mapped_column(Float)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    submitter_id: Mapped[int | None]
    # Counts every change of fields, files or state, so that two people cannot overwrite each other.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    assignee_id: Mapped[int | None] = mapped_column(index=True)
    # A proposed change of a published record is a record of its own until it is accepted into the one it amends.
    amends_id: Mapped[int | None] = mapped_column(Id, index=True)
    amends_version: Mapped[int | None]
    # A record that became part of another one; its address leads there.
    merged_into_id: Mapped[int | None] = mapped_column(Id, index=True)
    # Records that tell the same in several languages share a number.
    work_id: Mapped[int | None] = mapped_column(Id, index=True)
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    documents: Mapped[list[Document]] = relationship(
        back_populates="record", lazy="raise", cascade="all, delete-orphan", order_by="Document.id"
    )


class Term(Entity):
    """One value of a field that has several values to a record; derived by `kb.traits`."""

    __tablename__ = "term"
    __table_args__ = (Index("ix_term_facet_value_record_id", "facet", "value", "record_id"),)

    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True)
    facet: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(60), primary_key=True)


class Collection(Entity):
    """A chosen set of records under a title."""

    __tablename__ = "collection"
    __table_args__ = (CheckConstraint("visibility in ('private', 'shared', 'public')", name="visibility"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(250))
    visibility: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int | None] = mapped_column(index=True)
    # Language → {"title": …, "text": …}, the words on its first page.
    cover: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    # Titles of its sections by their keys, in order: [[key, {language: title}], …].
    sections: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    # The search it was built from, as in the address of its page.
    address: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime | None] = mapped_column(default=now, onupdate=now)


class CollectionRecord(Entity):
    """A record in a collection, at its position and with a note on why it is there."""

    __tablename__ = "collection_record"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]
    section: Mapped[str] = mapped_column(String(80), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="")


class Document(Entity):
    """One source of text of a record: an uploaded file, a file out of one (`container_id`), or its own description."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("record_id", "sha256"),
        CheckConstraint("status in ('received', 'searchable', 'unpacked', 'failed')", name="status"),
        Index("ix_document_status_lease_until", "status", "lease_until"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    container_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(120), default="")
    status: Mapped[str] = mapped_column(String(20), default="received")
    failure_code: Mapped[str | None] = mapped_column(String(40))
    failure_message: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None]
    recipe: Mapped[str | None] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(8), default="und")
    language_confidence: Mapped[float] = mapped_column(Float, default=0.0)
    # What a curator says it is, whatever is detected.
    stated_language: Mapped[str | None] = mapped_column(String(8))
    page_count: Mapped[int | None]
    page_labels: Mapped[list[str]] = mapped_column(JSON, default=list)
    proposal: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notices: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    recognised: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    lacking: Mapped[int] = mapped_column(default=0, server_default="0")
    tried: Mapped[str] = mapped_column(Text, default="", server_default="")
    text: Mapped[str | None] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    record: Mapped[Record] = relationship(back_populates="documents", lazy="raise")
    passages: Mapped[list[Passage]] = relationship(
        back_populates="document", lazy="raise", cascade="all, delete-orphan", order_by="Passage.ordinal"
    )


class Passage(Entity):
    """A piece of a document; immutable, its id never used again."""

    __tablename__ = "passage"
    __table_args__ = (UniqueConstraint("document_id", "ordinal"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    heading: Mapped[list[str]] = mapped_column(JSON, default=list)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="und")
    page_from: Mapped[int | None]
    page_to: Mapped[int | None]
    char_from: Mapped[int]
    char_to: Mapped[int]
    sentences: Mapped[list[list[int]]] = mapped_column(JSON, default=list)

    document: Mapped[Document] = relationship(back_populates="passages", lazy="raise")


class Model(Entity):
    """An encoder: its `key` names all that changes a vector; `projection` makes its space language-neutral."""

    __tablename__ = "model"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    dimension: Mapped[int]
    projection: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    in_use: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Embedding(Entity):
    """A passage and its sentences in a model, raw; this table is the change feed.

    There is no foreign key to `passage`: the record of a removal outlives what was removed.
    """

    __tablename__ = "embedding"
    __table_args__ = (
        UniqueConstraint("model_id", "seq"),
        Index("ix_embedding_passage_id", "passage_id"),
        Index("ix_embedding_live", "model_id", "seq", sqlite_where=text("live"), postgresql_where=text("live")),
    )

    model_id: Mapped[int] = mapped_column(ForeignKey("model.id", ondelete="CASCADE"), primary_key=True)
    passage_id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    live: Mapped[bool] = mapped_column(Boolean)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    sentences: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


class Fingerprint(Entity):
    """What a document is compared by; `considered` names the rules and the model it was last compared under.

    `text_hash` is that of its words, `runs` how many runs of words it has, `centre` the mean of its raw vectors,
    little-endian float32, in the model of that key.
    """

    __tablename__ = "fingerprint"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    text_hash: Mapped[str] = mapped_column(String(32), index=True)
    runs: Mapped[int]
    model_key: Mapped[str | None] = mapped_column(String(300))
    centre: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    considered: Mapped[str | None] = mapped_column(String(320))


class Shingle(Entity):
    """A run of words that stands for its document when others are looked for that share it."""

    __tablename__ = "shingle"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Pair(Entity):
    """Two documents that resemble each other, the smaller id first; derived, found again whenever either is read."""

    __tablename__ = "pair"
    __table_args__ = (
        CheckConstraint("relation in ('same-bytes', 'same-text', 'near', 'part', 'translation')", name="relation"),
    )

    low_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, index=True)
    relation: Mapped[str] = mapped_column(String(20))
    percent: Mapped[int]


class Verdict(Entity):
    """Somebody's word that two documents are no duplicates; it holds while both are the files they were."""

    __tablename__ = "verdict"

    low_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, index=True)
    low_sha256: Mapped[str] = mapped_column(String(64))
    high_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None]
    decided_at: Mapped[datetime] = mapped_column(default=now)


class Suggestion(Entity):
    """What a document seems to say of its record, how sure that is, and where it says so."""

    __tablename__ = "suggestion"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    field: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Float)
    passage_id: Mapped[int | None] = mapped_column(Id)
    char_from: Mapped[int | None]
    char_to: Mapped[int | None]
    snippet: Mapped[str] = mapped_column(Text, default="")


class Counter(Entity):
    """A number that several transactions agree on: `seq`, the last drawn, and `floor`, the oldest still complete."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)
