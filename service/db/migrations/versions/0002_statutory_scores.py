"""Statutory results beside a grade: sectors, sector grade, combined grade, the sheet's items.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = {
    "sectors": sa.String(length=400),
    "sector_grade": sa.String(length=1),
    "combined_grade": sa.String(length=1),
    "statutory": sa.Text(),
}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("grade", sa.Column(name, kind))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("grade", name)
