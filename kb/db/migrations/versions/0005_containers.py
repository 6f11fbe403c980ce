"""Documents that came out of another one, and the state of one that only holds others."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEX = "ix_document_container_id"
CHECK = "ck_document_ck_document_status"
OLD_STATES = "status in ('received', 'searchable', 'failed')"
NEW_STATES = "status in ('received', 'searchable', 'unpacked', 'failed')"
KEY = "fk_document_container_id"
REFERENCE = "FOREIGN KEY(container_id) REFERENCES document (id) ON DELETE CASCADE"
BESIDE = "CONSTRAINT fk_document_record_id FOREIGN KEY"


def upgrade() -> None:
    op.add_column("document", sa.Column("container_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.create_index(INDEX, "document", ["container_id"], unique=False)
    if _is_sqlite():
        _rewrite((OLD_STATES, NEW_STATES), (BESIDE, f"CONSTRAINT {KEY} {REFERENCE}, {BESIDE}"))
    else:
        op.execute(f"ALTER TABLE document DROP CONSTRAINT {CHECK}")
        op.execute(f"ALTER TABLE document ADD CONSTRAINT {CHECK} CHECK ({NEW_STATES})")
        op.execute(f"ALTER TABLE document ADD CONSTRAINT {KEY} {REFERENCE}")


def downgrade() -> None:
    op.execute("DELETE FROM document WHERE status = 'unpacked'")
    if _is_sqlite():
        _rewrite((NEW_STATES, OLD_STATES), (f"CONSTRAINT {KEY} {REFERENCE}, ", ""))
    else:
        op.execute(f"ALTER TABLE document DROP CONSTRAINT {KEY}")
        op.execute(f"ALTER TABLE document DROP CONSTRAINT {CHECK}")
        op.execute(f"ALTER TABLE document ADD CONSTRAINT {CHECK} CHECK ({OLD_STATES})")
    op.drop_index(INDEX, "document")
    op.drop_column("document", "container_id")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _rewrite(*changes: tuple[str, str]) -> None:
    """Change the rules of the table in the way that SQLite's manual gives for what leaves its rows as they are.

    Copying the table instead would delete every passage with the old one, by the rule that they go together.
    """
    bind = op.get_bind()
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    change = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'document'"
    )
    for old, new in changes:
        bind.execute(change, {"old": old, "new": new})
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")
