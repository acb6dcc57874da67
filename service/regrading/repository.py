"""SQL of grades that an event changed."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from service.db.arrow import row_chunks
from service.db.tables import grade, grade_change
from service.grades.repository import Row

_CHUNK = 500


def graded_rows(session: Session, enterprise_ids: Sequence[str], *, load_id: int) -> list[Row]:
    """The rows of some enterprises in a run."""
    found: list[Row] = []
    for first in range(0, len(enterprise_ids), _CHUNK):
        wanted = enterprise_ids[first : first + _CHUNK]
        statement = select(grade).where(
            grade.c.load_id == load_id, grade.c.enterprise_id.in_(wanted)
        )
        found += session.execute(statement).mappings().all()
    return found


def newest_change(session: Session, *, load_id: int) -> Row | None:
    """The newest change of a run's grades that followed the archive; ``None`` before any."""
    statement = (
        select(grade_change)
        .where(grade_change.c.load_id == load_id, grade_change.c.is_complete)
        .order_by(grade_change.c.change_id.desc())
        .limit(1)
    )
    return session.execute(statement).mappings().first()


def replace_grades(
    session: Session, rows: pa.Table, *, load_id: int, gone: Sequence[str] = ()
) -> None:
    """Put rows in the place of those that these enterprises had; take out those that left."""
    ids = [*rows["enterprise_id"].to_pylist(), *gone]
    for first in range(0, len(ids), _CHUNK):
        session.execute(
            delete(grade).where(
                grade.c.load_id == load_id,
                grade.c.enterprise_id.in_(ids[first : first + _CHUNK]),
            )
        )
    for chunk in row_chunks(rows):
        session.execute(insert(grade), chunk)


def record_changes(session: Session, changes: Sequence[dict[str, Any]]) -> None:
    """Append to the record of changed grades."""
    if changes:
        session.execute(insert(grade_change), list(changes))
