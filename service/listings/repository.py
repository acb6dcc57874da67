"""SQL that brings list entries and registrations of one range of enterprises up to date."""

from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, insert, select, true
from sqlalchemy.orm import Session

from service.db.arrow import row_chunks, to_arrow
from service.db.connection import reading_beside
from service.db.tables import list_snapshot


def read_range(session: Session, table: Table, *, first: str | None, end: str | None) -> pa.Table:
    """The rows of the enterprises from `first` up to, not including, `end`.

    Read beside the write transaction of `session`, whose lock is so not taken before it is needed.
    """
    statement = select(table).where(_in_range(table, first=first, end=end))
    with reading_beside(session) as reader:
        return to_arrow(reader.execute(statement).all(), table)


def apply_changes(session: Session, table: Table, *, gone: pa.Table, new: pa.Table) -> None:
    """Take out the rows `gone` (by primary key), then insert the rows `new`."""
    keys = [column.name for column in table.primary_key]
    condition = and_(*(table.c[key] == bindparam(f"old_{key}") for key in keys))
    old = gone.select(keys).rename_columns([f"old_{key}" for key in keys])
    for rows in row_chunks(old):
        session.connection().execute(delete(table).where(condition), rows)
    for rows in row_chunks(new):
        session.execute(insert(table), rows)


def add_snapshot(session: Session, **values: Any) -> None:
    """Record a finished load; from here on it is the one in use."""
    session.execute(insert(list_snapshot).values(**values))


def _in_range(table: Table, *, first: str | None, end: str | None) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if first is not None:
        conditions.append(table.c.enterprise_id >= first)
    if end is not None:
        conditions.append(table.c.enterprise_id < end)
    return and_(*conditions)
