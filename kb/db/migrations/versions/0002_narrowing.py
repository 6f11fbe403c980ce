"""Columns and terms to narrow, sort and compare by, filled from what is there; collections."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from kb import traits

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 500

COLUMNS: dict[str, Any] = {
    "region_key": sa.String(length=120),
    "nuts": sa.String(length=5),
    "lau": sa.String(length=20),
    "scale": sa.String(length=20),
    "status": sa.String(length=20),
    "start_year": sa.Integer(),
    "end_year": sa.Integer(),
    "population": sa.Integer(),
    "band": sa.String(length=20),
    "lat": sa.Float(),
    "lon": sa.Float(),
    "x": sa.Float(),
    "y": sa.Float(),
    "z": sa.Float(),
}
INDEXED = ("year", "region_key", "status", "band")
STATED = ("id", "country", "region")


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("record", sa.Column(name, kind, nullable=True))
    for name in INDEXED:
        op.create_index(f"ix_record_{name}", "record", [name], unique=False)
    _create_term()
    _create_collection()
    _fill()


def downgrade() -> None:
    for table in ("collection_record", "collection", "term"):
        op.drop_table(table)
    for name in INDEXED:
        op.drop_index(f"ix_record_{name}", "record")
    with op.batch_alter_table("record") as record:
        for name in COLUMNS:
            record.drop_column(name)


def _create_term() -> None:
    op.create_table(
        "term",
        sa.Column("record_id", ID, nullable=False),
        sa.Column("facet", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_term_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", "facet", "value", name="pk_term"),
    )
    op.create_index("ix_term_facet_value_record_id", "term", ["facet", "value", "record_id"], unique=False)


def _create_collection() -> None:
    op.create_table(
        "collection",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=250), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("visibility in ('private', 'shared', 'public')", name="ck_collection_visibility"),
        sa.PrimaryKeyConstraint("id", name="pk_collection"),
        sa.UniqueConstraint("key", name="uq_collection_key"),
    )
    op.create_index("ix_collection_owner_id", "collection", ["owner_id"], unique=False)
    op.create_table(
        "collection_record",
        sa.Column("collection_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name="fk_collection_record_collection_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name="fk_collection_record_record_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "record_id", name="pk_collection_record"),
    )
    op.create_index("ix_collection_record_record_id", "collection_record", ["record_id"], unique=False)


def _fill() -> None:
    """Derive columns and terms of the records there are, a batch at a time."""
    record = sa.table("record", *(sa.column(name) for name in (*STATED, *COLUMNS)), sa.column("details", sa.JSON()))
    term = sa.table("term", sa.column("record_id"), sa.column("facet"), sa.column("value"))
    for batch in _batches(record):
        stated = {row.id: {**row.details, "country": row.country, "region": row.region} for row in batch}
        for id_, given in stated.items():
            derived = traits.columns(given)
            values = {name: derived[name] for name in COLUMNS}
            op.get_bind().execute(sa.update(record).where(record.c.id == id_).values(**values))
        terms = [
            {"record_id": id_, "facet": facet, "value": value}
            for id_, given in stated.items()
            for facet, value in sorted(traits.terms(given))
        ]
        if terms:
            op.get_bind().execute(sa.insert(term), terms)


def _batches(record: Any) -> Iterator[Sequence[Any]]:
    last = 0
    columns = [record.c[name] for name in (*STATED, "details")]
    while (
        batch := op.get_bind()
        .execute(sa.select(*columns).where(record.c.id > last).order_by(record.c.id).limit(BATCH))
        .all()
    ):
        yield batch
        last = batch[-1].id
