"""Sentences of a passage and their vectors, for the second stage of a search, and an index for its filters."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was read before has none until it is read again, as every change of the recipe makes the worker do.
    op.add_column("passage", sa.Column("sentences", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("embedding", sa.Column("sentences", sa.LargeBinary(), nullable=False, server_default=""))
    columns = ["state", "kind", "language", "country", "region_key", "status", "band", "year", "x", "y", "z"]
    op.create_index("ix_record_narrowing", "record", [*columns, "submitter_id"])


def downgrade() -> None:
    op.drop_index("ix_record_narrowing", "record")
    op.drop_column("embedding", "sentences")
    op.drop_column("passage", "sentences")
