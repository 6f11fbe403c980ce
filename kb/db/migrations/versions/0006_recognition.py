"""What was recognised of a document, how many of its pages wait for that, and with what they were tried."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("recognised", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("document", sa.Column("lacking", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("document", sa.Column("tried", sa.Text(), nullable=False, server_default=""))
    # What was searchable is read again by newer rules anyway; what failed for want of OCR has not been tried.
    op.execute("UPDATE document SET lacking = 1 WHERE failure_code = 'needs-ocr'")


def downgrade() -> None:
    for column in ("tried", "lacking", "recognised"):
        op.drop_column("document", column)
