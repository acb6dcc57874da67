"""SQL of runs and their grades."""

from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.orm import Session

from service.db.arrow import row_chunks
from service.db.tables import grade, run

Row = RowMapping


def published_run(session: Session) -> Row | None:
    """The run in use, or ``None``."""
    return session.execute(select(run).where(run.c.status == "published")).mappings().first()


def previous_run(session: Session, *, before: datetime) -> Row | None:
    """The run that was in use before the one published at `before`, or ``None``."""
    statement = (
        select(run)
        .where(run.c.status == "superseded", run.c.published_at < before)
        .order_by(run.c.published_at.desc(), run.c.load_id.desc())
        .limit(1)
    )
    return session.execute(statement).mappings().first()


def add_run(session: Session, **values: Any) -> int:
    """Insert a run that is being loaded; returns its number."""
    statement = insert(run).values(status="loading", **values).returning(run.c.load_id)
    return int(session.execute(statement).scalar_one())


def add_grades(session: Session, rows: pa.Table) -> None:
    """Insert grades; the columns are those of the table `grade`."""
    for chunk in row_chunks(rows):
        session.execute(insert(grade), chunk)


def switch_to(session: Session, load_id: int, *, published_at: datetime) -> None:
    """Make a loaded run the one in use, and the one before it superseded."""
    session.execute(update(run).where(run.c.status == "published").values(status="superseded"))
    session.execute(
        update(run)
        .where(run.c.load_id == load_id)
        .values(status="published", published_at=published_at)
    )


def forget_unfinished(session: Session) -> None:
    """Take out what a killed load left behind."""
    unfinished = select(run.c.load_id).where(run.c.status == "loading")
    session.execute(delete(grade).where(grade.c.load_id.in_(unfinished)))
    session.execute(delete(run).where(run.c.status == "loading"))
