"""SQL of the table of enterprises and of single grades."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from service.db.tables import grade, registration
from service.enterprises.schemas import TableQuery

Row = RowMapping
_STREAM_ROWS = 2_000


def find_grade(session: Session, enterprise_id: str, *, load_id: int) -> Row | None:
    """The grade of an enterprise in a run, or ``None``."""
    statement = select(grade).where(
        grade.c.load_id == load_id, grade.c.enterprise_id == enterprise_id
    )
    return session.execute(statement).mappings().first()


def is_registered(session: Session, enterprise_id: str) -> bool:
    """Whether any registration of the enterprise is known."""
    known = exists().where(registration.c.enterprise_id == enterprise_id)
    return bool(session.execute(select(known)).scalar())


def count_grades(session: Session, query: TableQuery, *, load_id: int) -> int:
    """How many enterprises of a run a query finds."""
    statement = select(func.count()).select_from(grade).where(*_conditions(query, load_id=load_id))
    return int(session.execute(statement).scalar_one())


def list_grades(session: Session, query: TableQuery, *, load_id: int, page_size: int) -> list[Row]:
    """One page of what a query finds."""
    statement = _ordered(query, load_id=load_id)
    page = statement.limit(page_size).offset((query.page - 1) * page_size)
    return list(session.execute(page).mappings())


def stream_grades(session: Session, query: TableQuery, *, load_id: int) -> Iterator[Row]:
    """Everything that a query finds, without holding it in memory."""
    statement = _ordered(query, load_id=load_id).execution_options(yield_per=_STREAM_ROWS)
    yield from session.execute(statement).mappings()


def _ordered(query: TableQuery, *, load_id: int) -> Select[Any]:
    column = grade.c[query.sort]
    # The identifier decides between equals, so that no row is on two pages or on none.
    order = [column, grade.c.enterprise_id] if query.sort != "enterprise_id" else [column]
    directed = [part.desc() if query.descending else part.asc() for part in order]
    return select(grade).where(*_conditions(query, load_id=load_id)).order_by(*directed)


def _conditions(query: TableQuery, *, load_id: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [grade.c.load_id == load_id]
    wanted = {
        "grade": query.grade,
        "area_code": query.area,
        "industry_code": query.industry,
        "basis": query.basis,
    }
    conditions += [grade.c[name] == value for name, value in wanted.items() if value]
    text = query.q.strip()
    if text:
        conditions.append(
            or_(
                grade.c.name.contains(text, autoescape=True),
                grade.c.enterprise_id.startswith(text.upper(), autoescape=True),
                grade.c.enterprise_id == text,
            )
        )
    return conditions
