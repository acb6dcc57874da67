"""First tables: keys and sign-ins, lists and registrations, runs and grades, receipts.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ENTERPRISE_ID = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
# Receipts are never changed and never deleted, whoever asks.
SQLITE_GUARDS = [
    f"CREATE TRIGGER credit_check_no_{action} BEFORE {action.upper()} ON credit_check"
    " BEGIN SELECT RAISE(ABORT, 'receipts are immutable'); END"
    for action in ("update", "delete")
]
POSTGRESQL_GUARDS = [
    """CREATE FUNCTION credit_check_is_immutable() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'receipts are immutable'; END $$""",
    """CREATE TRIGGER credit_check_guard BEFORE UPDATE OR DELETE ON credit_check
    FOR EACH ROW EXECUTE FUNCTION credit_check_is_immutable()""",
]


def upgrade() -> None:
    _access()
    _lists()
    _grades()
    _receipts()


def downgrade() -> None:
    for table in (
        "credit_check",
        "chain_head",
        "grade",
        "run",
        "registration",
        "listing",
        "list_snapshot",
        "console_session",
        "api_key",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION credit_check_is_immutable()")


def _access() -> None:
    """Keys and console sign-ins."""
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_key"),
    )
    op.create_index("ix_api_key_name", "api_key", ["name"])
    op.create_table(
        "console_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.key_id"], name="fk_console_session_key_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_console_session"),
    )
    op.create_index("ix_console_session_expires_at", "console_session", ["expires_at"])


def _lists() -> None:
    """What credit checks read."""
    op.create_table(
        "list_snapshot",
        sa.Column("snapshot_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("archive_build", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(), nullable=False),
        sa.Column("latest_known_at", sa.DateTime()),
        sa.Column("listings", sa.Integer(), nullable=False),
        sa.Column("registrations", sa.Integer(), nullable=False),
        sa.Column("unpaired_removals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_list_snapshot"),
    )
    op.create_table(
        "listing",
        sa.Column("enterprise_id", ENTERPRISE_ID, nullable=False),
        sa.Column("list_name", sa.String(length=40), nullable=False),
        sa.Column("decision_no", sa.String(length=200), nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime()),
        sa.Column("ground_code", sa.String(length=40)),
        sa.Column("authority", sa.String(length=200)),
        sa.Column("listed_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date()),
        sa.Column("removal_decision_no", sa.String(length=200)),
        sa.Column("removal_known_at", sa.DateTime()),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint(
            "enterprise_id", "list_name", "decision_no", "known_at", name="pk_listing"
        ),
    )
    op.create_table(
        "registration",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime()),
        sa.Column("enterprise_id", ENTERPRISE_ID, nullable=False),
        sa.Column("event_on", sa.Date(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("entity_type", sa.String(length=40)),
        sa.Column("area_code", sa.String(length=12)),
        sa.Column("industry_code", sa.String(length=20)),
        sa.Column("legal_representative_key", sa.String(length=64)),
        sa.PrimaryKeyConstraint("record_id", "known_at", name="pk_registration"),
    )
    op.create_index(
        "ix_registration_enterprise_id_event_on", "registration", ["enterprise_id", "event_on"]
    )
    op.create_index(
        "ix_registration_legal_representative_key", "registration", ["legal_representative_key"]
    )


def _grades() -> None:
    """What the console and the API show."""
    op.create_table(
        "run",
        sa.Column("load_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=100), nullable=False),
        sa.Column("grades_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("archive_build", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("published_at", sa.DateTime()),
        sa.Column("enterprises", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("load_id", name="pk_run"),
    )
    op.create_index("ix_run_run_id", "run", ["run_id"])
    op.create_table(
        "grade",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", ENTERPRISE_ID, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("area_code", sa.String(length=12)),
        sa.Column("industry_code", sa.String(length=20)),
        sa.Column("entity_type", sa.String(length=40)),
        sa.Column("status", sa.String(length=40)),
        sa.Column("address", sa.Text()),
        sa.Column("is_food", sa.Boolean(), nullable=False),
        sa.Column("is_special_equipment", sa.Boolean(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("model_grade", sa.String(length=1)),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("basis_ground", sa.Text()),
        sa.Column("general_probability", sa.Float()),
        sa.Column("sector_model", sa.String(length=40)),
        sa.Column("probability", sa.Float()),
        sa.Column("points", sa.Integer()),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["run.load_id"], name="fk_grade_load_id"),
        sa.PrimaryKeyConstraint("load_id", "enterprise_id", name="pk_grade"),
    )
    op.create_index(
        "ix_grade_load_id_area_code_probability", "grade", ["load_id", "area_code", "probability"]
    )
    op.create_index(
        "ix_grade_load_id_grade_probability", "grade", ["load_id", "grade", "probability"]
    )
    op.create_index("ix_grade_load_id_name", "grade", ["load_id", "name"])
    op.create_index(
        "ix_grade_load_id_probability_enterprise_id",
        "grade",
        ["load_id", "probability", "enterprise_id"],
    )


def _receipts() -> None:
    """What credit checks leave behind."""
    op.create_table(
        "credit_check",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("enterprise_id", ENTERPRISE_ID),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.key_id"], name="fk_credit_check_key_id"),
        sa.PrimaryKeyConstraint("check_id", name="pk_credit_check"),
        sa.UniqueConstraint("hash", name="uq_credit_check_hash"),
        sa.UniqueConstraint(
            "key_id", "idempotency_key", name="uq_credit_check_key_id_idempotency_key"
        ),
        sa.UniqueConstraint("seq", name="uq_credit_check_seq"),
    )
    op.create_index("ix_credit_check_enterprise_id", "credit_check", ["enterprise_id"])
    op.create_table(
        "chain_head",
        sa.Column("chain", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_chain_head"),
    )
    first = sa.table("chain_head", sa.column("chain"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(first, [{"chain": "credit_check", "seq": 0, "hash": "0" * 64}])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if is_sqlite else POSTGRESQL_GUARDS:
        op.execute(statement)
