"""Grades of a published run that an event changed, with who and why.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ENTERPRISE_ID = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "grade_change",
        sa.Column("change_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", ENTERPRISE_ID, nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("archive_build", sa.String(length=64), nullable=False),
        sa.Column("delta", sa.String(length=200), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("grade_before", sa.String(length=1)),
        sa.Column("grade_after", sa.String(length=1)),
        sa.Column("probability_before", sa.Float()),
        sa.Column("probability_after", sa.Float()),
        sa.ForeignKeyConstraint(["load_id"], ["run.load_id"], name="fk_grade_change_load_id_run"),
        sa.PrimaryKeyConstraint("change_id", name="pk_grade_change"),
    )
    op.create_index(
        "ix_grade_change_load_id_enterprise_id", "grade_change", ["load_id", "enterprise_id"]
    )


def downgrade() -> None:
    op.drop_table("grade_change")
