"""The language that a curator states of a document, which reading it again must keep."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("stated_language", sa.String(8), nullable=True))


def downgrade() -> None:
    op.drop_column("document", "stated_language")
