"""Sentences of a passage and their vectors, for the second stage of a search."""

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


def downgrade() -> None:
    op.drop_column("embedding", "sentences")
    op.drop_column("passage", "sentences")
