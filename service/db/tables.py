"""Every table of the database. All SQL that uses them stands in the ``repository.py`` files.

Instants are naive UTC, days are days in China. JSON is kept as text: it is written once, hashed and
handed out byte for byte.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Compared byte by byte on every database, as the archive's ranges are.
_ENTERPRISE_ID = String(64).with_variant(String(64, collation="C"), "postgresql")

# One row an API key. Only a hash of the secret is kept.
api_key = Table(
    "api_key",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("name", String(100), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", String(400), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
)

# One row a console sign-in. Only a hash of the cookie's token is kept.
console_session = Table(
    "console_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("key_id", ForeignKey("api_key.key_id"), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False, index=True),
)

# One row a load of list entries and registrations from an archive; the newest one is in use.
list_snapshot = Table(
    "list_snapshot",
    metadata,
    Column("snapshot_id", Integer, primary_key=True, autoincrement=True),
    Column("archive_build", String(64), nullable=False),
    Column("loaded_at", DateTime, nullable=False),
    Column("latest_known_at", DateTime),
    Column("listings", Integer, nullable=False),
    Column("registrations", Integer, nullable=False),
    Column("unpaired_removals", Integer, nullable=False),
)

# One row a state of knowledge about one listing: what was known from `known_at` until
# `superseded_at` (null: still). A removal that became known ends one row and begins the next.
listing = Table(
    "listing",
    metadata,
    Column("enterprise_id", _ENTERPRISE_ID, primary_key=True),
    Column("list_name", String(40), primary_key=True),
    Column("decision_no", String(200), primary_key=True),
    Column("known_at", DateTime, primary_key=True),
    Column("superseded_at", DateTime),
    Column("ground_code", String(40)),
    Column("authority", String(200)),
    Column("listed_on", Date, nullable=False),
    Column("removed_on", Date),
    Column("removal_decision_no", String(200)),
    Column("removal_known_at", DateTime),
    Column("source", String(100), nullable=False),
)

# One row a version of a registration event: the state of an enterprise from `event_on`, as known
# from `known_at` until `superseded_at` (null: still).
registration = Table(
    "registration",
    metadata,
    Column("record_id", String(64), primary_key=True),
    Column("known_at", DateTime, primary_key=True),
    Column("superseded_at", DateTime),
    Column("enterprise_id", _ENTERPRISE_ID, nullable=False),
    Column("event_on", Date, nullable=False),
    Column("event", String(40), nullable=False),
    Column("status", String(40), nullable=False),
    Column("name", String(400), nullable=False),
    Column("entity_type", String(40)),
    Column("area_code", String(12)),
    Column("industry_code", String(20)),
    Column("legal_representative_key", String(64)),
    Index(None, "enterprise_id", "event_on"),
    Index(None, "legal_representative_key"),
)

# One row a load of a grading run; exactly one is `published` at a time.
run = Table(
    "run",
    metadata,
    Column("load_id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(100), nullable=False, index=True),
    Column("grades_sha256", String(64), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("model_version", String(100), nullable=False),
    Column("archive_build", String(64), nullable=False),
    Column("status", String(12), nullable=False),  # loading | published | superseded | withdrawn
    Column("published_at", DateTime),
    Column("enterprises", Integer, nullable=False),
    Column("summary", Text, nullable=False),  # JSON: counts by grade, basis, area; law to confirm
)

# One row an act on a run: published or withdrawn, by whom and why. Never changed, never deleted.
run_act = Table(
    "run_act",
    metadata,
    Column("act_id", Integer, primary_key=True, autoincrement=True),
    Column("load_id", ForeignKey("run.load_id"), nullable=False, index=True),
    Column("act", String(12), nullable=False),  # published | withdrawn | returned_to
    Column("acted_at", DateTime, nullable=False),
    Column("acted_by", String(100), nullable=False),
    Column("reason", Text, nullable=False),
)

# One row an enterprise graded in a run, with what the run knew of it on its day.
grade = Table(
    "grade",
    metadata,
    Column("load_id", ForeignKey("run.load_id"), primary_key=True),
    Column("enterprise_id", _ENTERPRISE_ID, primary_key=True),
    Column("name", String(400), nullable=False),
    Column("area_code", String(12)),
    Column("industry_code", String(20)),
    Column("entity_type", String(40)),
    Column("status", String(40)),
    Column("address", Text),
    Column("is_food", Boolean, nullable=False),
    Column("is_special_equipment", Boolean, nullable=False),
    Column("grade", String(1), nullable=False),
    Column("model_grade", String(1)),
    Column("previous_grade", String(1)),  # the settled grade of the run before
    Column("provincial_grade", String(1)),  # the province's result, beside ours
    Column("basis", String(20), nullable=False),
    Column("basis_ground", Text),
    Column("general_probability", Float),
    Column("sector_model", String(40)),
    Column("probability", Float),
    Column("points", Integer),
    Column("reasons", Text, nullable=False),  # JSON, as scoring wrote it
    # Null in runs from before there were statutory scores.
    Column("sectors", String(400)),  # names joined by ;
    Column("sector_grade", String(1)),
    Column("combined_grade", String(1)),
    Column("statutory", Text),  # JSON: the columns of scoring.statutory
    Index(None, "load_id", "probability", "enterprise_id"),
    Index(None, "load_id", "grade", "probability"),
    Index(None, "load_id", "area_code", "probability"),
    Index(None, "load_id", "name"),
)

# One row an enterprise whose grade in a published run was worked out again after an event. Grades
# are null where it was not in the run before, or left it. `is_complete` says that everybody whose
# records changed up to `archive_build` was graded again with it, and not one enterprise alone.
grade_change = Table(
    "grade_change",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("load_id", ForeignKey("run.load_id"), nullable=False),
    Column("enterprise_id", _ENTERPRISE_ID, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("archive_build", String(64), nullable=False),
    Column("delta", String(200), nullable=False),  # the folder beside the run
    Column("is_complete", Boolean, nullable=False),
    Column("grade_before", String(1)),
    Column("grade_after", String(1)),
    Column("probability_before", Float),
    Column("probability_after", Float),
    Index(None, "load_id", "enterprise_id"),
)

# The last link of a hash chain; whoever adds a link locks its row first.
chain_head = Table(
    "chain_head",
    metadata,
    Column("chain", String(40), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

# One row a credit check: the receipt exactly as it was answered. Never changed, never deleted.
credit_check = Table(
    "credit_check",
    metadata,
    Column("check_id", String(40), primary_key=True),
    Column("seq", Integer, nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("key_id", ForeignKey("api_key.key_id"), nullable=False),
    Column("enterprise_id", _ENTERPRISE_ID, index=True),
    Column("decision", String(20), nullable=False),
    Column("idempotency_key", String(200), nullable=False),
    Column("request_digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    UniqueConstraint("key_id", "idempotency_key"),
)
