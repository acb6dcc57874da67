"""SQL of runs and their grades."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.orm import Session

from service.db.arrow import row_chunks
from service.db.tables import grade, run, run_act

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


def run_before(session: Session, *, as_of: date) -> Row | None:
    """The newest run of an earlier as-of day that is or was in use, withdrawn ones left out."""
    statement = (
        select(run)
        .where(run.c.status.in_(("published", "superseded")), run.c.as_of < as_of)
        .order_by(run.c.as_of.desc(), run.c.load_id.desc())
        .limit(1)
    )
    return session.execute(statement).mappings().first()


def list_runs(session: Session) -> list[Row]:
    """Every run that was ever in use, newest load first."""
    statement = select(run).where(run.c.status != "loading").order_by(run.c.load_id.desc())
    return list(session.execute(statement).mappings())


def list_acts(session: Session, *, run_id: str | None = None, most: int = 200) -> list[Row]:
    """Who published or withdrew what, and why, newest first."""
    statement = select(run_act, run.c.run_id, run.c.as_of).join(run)
    if run_id is not None:
        statement = statement.where(run.c.run_id == run_id)
    return list(session.execute(statement.order_by(run_act.c.act_id.desc()).limit(most)).mappings())


def add_act(session: Session, **values: Any) -> None:
    """Insert an act on a run."""
    session.execute(insert(run_act).values(**values))


def mark_withdrawn(session: Session, load_id: int) -> None:
    """Take a run out of use."""
    session.execute(update(run).where(run.c.load_id == load_id).values(status="withdrawn"))


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
