"""What documents are compared by, the pairs found alike, verdicts on them, and what documents suggest of records."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fingerprint",
        _document("document_id"),
        sa.Column("text_hash", sa.String(length=32), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("model_key", sa.String(length=300), nullable=True),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.Column("considered", sa.String(length=320), nullable=True),
        _cascade("fingerprint", "document_id"),
        sa.PrimaryKeyConstraint("document_id", name="pk_fingerprint"),
    )
    op.create_index("ix_fingerprint_text_hash", "fingerprint", ["text_hash"])
    op.create_table(
        "shingle",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        _document("document_id"),
        _cascade("shingle", "document_id"),
        sa.PrimaryKeyConstraint("hash", "document_id", name="pk_shingle"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shingle_document_id", "shingle", ["document_id"])
    _pairs(
        "pair",
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "relation in ('same-bytes', 'same-text', 'near', 'part', 'translation')", name="ck_pair_relation"
        ),
    )
    _pairs(
        "verdict",
        sa.Column("low_sha256", sa.String(length=64), nullable=False),
        sa.Column("high_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "suggestion",
        sa.Column("id", ID, nullable=False),
        _document("document_id"),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("passage_id", ID, nullable=True),
        sa.Column("char_from", sa.Integer(), nullable=True),
        sa.Column("char_to", sa.Integer(), nullable=True),
        sa.Column("snippet", sa.Text(), nullable=False),
        _cascade("suggestion", "document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion"),
    )
    op.create_index("ix_suggestion_document_id", "suggestion", ["document_id"])


def downgrade() -> None:
    for table in ("suggestion", "verdict", "pair", "shingle", "fingerprint"):
        op.drop_table(table)


def _pairs(table: str, *more: sa.schema.SchemaItem) -> None:
    """A table of two documents, the smaller id first."""
    op.create_table(
        table,
        _document("low_id"),
        _document("high_id"),
        *more,
        _cascade(table, "low_id"),
        _cascade(table, "high_id"),
        sa.PrimaryKeyConstraint("low_id", "high_id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_high_id", table, ["high_id"])


def _document(name: str) -> "sa.Column[int]":
    return sa.Column(name, ID, nullable=False)


def _cascade(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_document"
    return sa.ForeignKeyConstraint([column], ["document.id"], name=name, ondelete="CASCADE")
