"""An index of what is live in the feed, by which pages tell in a moment whether anything published has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live = sa.text("live")
    op.create_index("ix_embedding_live", "embedding", ["model_id", "seq"], sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    op.drop_index("ix_embedding_live", table_name="embedding")
