"""Read grades of the published run and the archive behind them."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from features.archive import open_archive, read_enterprise
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.clock import utc_text
from service.context import Context
from service.enterprises import repository
from service.enterprises.repository import Row
from service.enterprises.schemas import TableQuery
from service.errors import NotGradedError, UnknownEnterpriseError
from service.grades.operations import current_run

PAGE_SIZE = 25
Sections = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Page:
    """One page of the table of enterprises; `total` counts all pages."""

    run: Row
    rows: list[Row]
    total: int
    number: int
    pages: int


def find_grade(session: Session, enterprise_id: str) -> tuple[Row, Row]:
    """An enterprise's grade in the published run, and the run.

    Raises
    ------
    NothingPublishedError, NotGradedError, UnknownEnterpriseError
    """
    run = current_run(session)
    printable = enterprise_id.isprintable()
    row = (
        repository.find_grade(session, enterprise_id, load_id=run["load_id"]) if printable else None
    )
    if row is not None:
        return row, run
    if printable and repository.is_registered(session, enterprise_id):
        raise NotGradedError(enterprise_id, run_id=run["run_id"], as_of=run["as_of"])
    raise UnknownEnterpriseError(enterprise_id)


def describe_grade(row: Row, run: Row) -> dict[str, Any]:
    """A grade as the API answers it."""
    return {
        **{name: row[name] for name in _GRADE_FIELDS},
        "basis_ground": row["basis_ground"] or None,
        "reasons": json.loads(row["reasons"]),
        "run_id": run["run_id"],
        "as_of": run["as_of"],
        "published_at": utc_text(run["published_at"]),
        "model_version": run["model_version"],
        "statement": {"zh": STATEMENT_ZH, "en": STATEMENT_EN},
        "unconfirmed_law": json.loads(run["summary"])["unconfirmed_law"],
    }


_GRADE_FIELDS = (
    "enterprise_id",
    "name",
    "grade",
    "model_grade",
    "basis",
    "provincial_grade",
    "probability",
    "points",
    "sector_model",
)


def list_enterprises(session: Session, query: TableQuery) -> Page:
    """One page of the table; a page beyond the last one shows the last one.

    Raises
    ------
    NothingPublishedError
    """
    run = current_run(session)
    total = repository.count_grades(session, query, load_id=run["load_id"])
    pages = max(1, -(-total // PAGE_SIZE))
    shown = query.model_copy(update={"page": min(query.page, pages)})
    rows = repository.list_grades(session, shown, load_id=run["load_id"], page_size=PAGE_SIZE)
    return Page(run=run, rows=rows, total=total, number=shown.page, pages=pages)


def read_archive(context: Context, enterprise_id: str, *, as_of: date) -> Sections:
    """The four sections of an enterprise's archive as it was known on a day, newest first.

    Raises
    ------
    features.errors.ArchiveMissingError
        No archive was built.
    """
    archive = open_archive(context.settings.archive_dir)
    return read_enterprise(archive, enterprise_id, as_of=as_of)
