"""People: accounts, versions and decisions, saved searches, letters; and what records and collections need."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CHECK = "ck_record_ck_record_state"
OLD_STATES = "state in ('draft', 'submitted', 'returned', 'published', 'withdrawn', 'archived')"
NEW_STATES = "state in ('draft', 'submitted', 'returned', 'rejected', 'published', 'withdrawn', 'archived')"

AT = sa.DateTime(timezone=True)
JSON_DETAILS, FIELDS, CREATED = (
    sa.column("details", sa.JSON()),
    sa.column("fields", sa.JSON()),
    sa.column("created_at", AT),
)
INTERNAL = ("provisional", "state_when_read")

FROZEN = ("UPDATE", "DELETE")
"""What nobody does to the log of decisions."""

TABLES = (
    "search_match",
    "visits",
    "token",
    "sign_in",
    "saved_search",
    "revision",
    "remark",
    "message",
    "identity",
    "feedback",
    "assessment",
    "event",
    "asked",
    "account",
)
"""From the one that refers to others on."""


def upgrade() -> None:
    _add_tables()
    _add_columns()
    _allow(OLD_STATES, NEW_STATES)
    _freeze_log()
    _keep_first_versions()


def downgrade() -> None:
    _thaw_log()
    op.execute("UPDATE record SET state = 'returned' WHERE state = 'rejected'")
    _allow(NEW_STATES, OLD_STATES)
    _drop()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _allow(old: str, new: str) -> None:
    """Change the states that the table admits; SQLite's manual gives this way for what leaves its rows as they are."""
    bind = op.get_bind()
    if not _is_sqlite():
        op.execute(f"ALTER TABLE record DROP CONSTRAINT {CHECK}")
        op.execute(f"ALTER TABLE record ADD CONSTRAINT {CHECK} CHECK ({new})")
        return
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    change = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'record'")
    bind.execute(change, {"old": old, "new": new})
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")


def _keep_first_versions() -> None:
    """What records say now is their first version, and those that are published have been since they entered."""
    op.execute("UPDATE record SET published_at = created_at WHERE state = 'published'")
    columns = ("kind", "title", "summary", "language", "country", "region", "municipality")
    record = sa.table("record", *(sa.column(name) for name in ("id", "state", *columns)), JSON_DETAILS, CREATED)
    revision = sa.table(
        "revision", *(sa.column(n) for n in ("record_id", "number", "why")), sa.column("at", AT), FIELDS
    )
    bind = op.get_bind()
    for row in bind.execute(sa.select(record)).mappings().all():
        stated = {name: value for name, value in row["details"].items() if name not in INTERNAL}
        fields = {"state": row["state"], **{name: row[name] for name in columns}, **stated}
        values = {"record_id": row["id"], "number": 1, "why": "", "at": row["created_at"], "fields": fields}
        bind.execute(sa.insert(revision).values(values))


def _freeze_log() -> None:
    if _is_sqlite():
        for event in FROZEN:
            op.execute(
                f"CREATE TRIGGER tr_event_{event.lower()} BEFORE {event} ON event "
                "BEGIN SELECT RAISE(ABORT, 'the log of decisions is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the log of decisions is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER tr_event_frozen BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_event()"
    )


def _thaw_log() -> None:
    if _is_sqlite():
        for event in FROZEN:
            op.execute(f"DROP TRIGGER tr_event_{event.lower()}")
        return
    op.execute("DROP TRIGGER tr_event_frozen ON event")
    op.execute("DROP FUNCTION refuse_event")


def _add_tables() -> None:
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("organisation", sa.String(length=250), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role in ('member', 'contributor', 'curator', 'administrator')", name="ck_account_role"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_account_role", "account", ["role"], unique=False)
    op.create_table(
        "asked",
        sa.Column("id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("narrowed", sa.Boolean(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asked"),
    )
    op.create_index("ix_asked_answered", "asked", ["answered"], unique=False)
    op.create_index("ix_asked_day", "asked", ["day"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", ID, nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_account_id", "event", ["account_id"], unique=False)
    op.create_index("ix_event_action", "event", ["action"], unique=False)
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_index("ix_event_subject_subject_id", "event", ["subject", "subject_id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_assessment_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_assessment"),
    )
    op.create_index("ix_assessment_account_id", "assessment", ["account_id"], unique=False)
    op.create_index("ix_assessment_record_id", "assessment", ["record_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=True),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('open', 'closed')", name="ck_feedback_state"),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_feedback_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_record_id", "feedback", ["record_id"], unique=False)
    op.create_index("ix_feedback_state", "feedback", ["state"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("issuer", sa.String(length=250), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_identity_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identity_issuer_subject"),
    )
    op.create_index("ix_identity_account_id", "identity", ["account_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_message_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("key", name="uq_message_key"),
    )
    op.create_index("ix_message_account_id", "message", ["account_id"], unique=False)
    op.create_index("ix_message_sent_at_due_at", "message", ["sent_at", "due_at"], unique=False)
    op.create_table(
        "remark",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_remark_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_remark"),
    )
    op.create_index("ix_remark_account_id", "remark", ["account_id"], unique=False)
    op.create_index("ix_remark_record_id", "remark", ["record_id"], unique=False)
    op.create_table(
        "revision",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_revision_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("record_id", "number", name="uq_revision_record_id_number"),
    )
    op.create_index("ix_revision_account_id", "revision", ["account_id"], unique=False)
    op.create_table(
        "saved_search",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("frequency", sa.String(length=10), nullable=False),
        sa.Column("feed_key", sa.String(length=64), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("frequency in ('never', 'daily', 'weekly')", name="ck_saved_search_frequency"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_saved_search_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
        sa.UniqueConstraint("feed_key", name="uq_saved_search_feed_key"),
    )
    op.create_index("ix_saved_search_account_id", "saved_search", ["account_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_sign_in_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_token_hash"),
    )
    op.create_index("ix_sign_in_account_id", "sign_in", ["account_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_token_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("secret_hash", name="uq_token_secret_hash"),
    )
    op.create_index("ix_token_account_id", "token", ["account_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_visits_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("day", "record_id", name="pk_visits"),
    )
    op.create_index("ix_visits_record_id", "visits", ["record_id"], unique=False)
    op.create_table(
        "search_match",
        sa.Column("search_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_search_match_record_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_search.id"], name="fk_search_match_search_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", "record_id", name="pk_search_match"),
    )
    op.create_index("ix_search_match_record_id", "search_match", ["record_id"], unique=False)


def _add_columns() -> None:
    op.add_column("collection", sa.Column("cover", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("collection", sa.Column("sections", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("collection", sa.Column("address", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("collection", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("collection", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("collection_record", sa.Column("section", sa.String(length=80), server_default="", nullable=False))
    op.add_column("record", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("record", sa.Column("assignee_id", sa.Integer(), nullable=True))
    op.add_column("record", sa.Column("amends_id", ID, nullable=True))
    op.add_column("record", sa.Column("amends_version", sa.Integer(), nullable=True))
    op.add_column("record", sa.Column("merged_into_id", ID, nullable=True))
    op.add_column("record", sa.Column("work_id", ID, nullable=True))
    op.add_column("record", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("record", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_record_amends_id", "record", ["amends_id"], unique=False)
    op.create_index("ix_record_assignee_id", "record", ["assignee_id"], unique=False)
    op.create_index("ix_record_merged_into_id", "record", ["merged_into_id"], unique=False)
    op.create_index("ix_record_work_id", "record", ["work_id"], unique=False)


def _drop() -> None:
    op.drop_index("ix_record_work_id", table_name="record")
    op.drop_index("ix_record_merged_into_id", table_name="record")
    op.drop_index("ix_record_assignee_id", table_name="record")
    op.drop_index("ix_record_amends_id", table_name="record")
    op.drop_column("record", "published_at")
    op.drop_column("record", "submitted_at")
    op.drop_column("record", "work_id")
    op.drop_column("record", "merged_into_id")
    op.drop_column("record", "amends_version")
    op.drop_column("record", "amends_id")
    op.drop_column("record", "assignee_id")
    op.drop_column("record", "version")
    op.drop_column("collection_record", "section")
    op.drop_column("collection", "updated_at")
    op.drop_column("collection", "version")
    op.drop_column("collection", "address")
    op.drop_column("collection", "sections")
    op.drop_column("collection", "cover")
    for table in TABLES:
        op.drop_table(table)
