"""Acts on runs with who and why; the grades of the month before and of the province.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = ("previous_grade", "provincial_grade")


def upgrade() -> None:
    op.create_table(
        "run_act",
        sa.Column("act_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("acted_at", sa.DateTime(), nullable=False),
        sa.Column("acted_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["run.load_id"], name="fk_run_act_load_id"),
        sa.PrimaryKeyConstraint("act_id", name="pk_run_act"),
    )
    op.create_index("ix_run_act_load_id", "run_act", ["load_id"])
    for column in _COLUMNS:
        op.add_column("grade", sa.Column(column, sa.String(length=1)))


def downgrade() -> None:
    for column in reversed(_COLUMNS):
        op.drop_column("grade", column)
    op.drop_table("run_act")
