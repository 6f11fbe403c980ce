"""A counter that every change of what searches are narrowed and counted by raises."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("record", "term", "collection", "collection_record")
EVENTS = ("INSERT", "UPDATE", "DELETE")
RAISE = "UPDATE counter SET value = value + 1 WHERE name = 'catalogue'"


def upgrade() -> None:
    op.execute("INSERT INTO counter (name, value) VALUES ('catalogue', 0)")
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for event in EVENTS:
                op.execute(f"CREATE TRIGGER tr_{table}_{event.lower()} AFTER {event} ON {table} BEGIN {RAISE}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for event in EVENTS:
                op.execute(f"DROP TRIGGER tr_{table}_{event.lower()}")
    op.execute("DELETE FROM counter WHERE name = 'catalogue'")
