"""The console's table of enterprises, its exports, and the page of one enterprise."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from features.catalogue import RecordKind, record_kinds
from features.errors import ArchiveDamagedError, ArchiveMissingError, ArchiveOutdatedError
from law.errors import XinhengError
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.console.rendering import render
from service.console.words import SECTIONS, field_text, label, model_words
from service.context import Context, ContextDependency
from service.enterprises import exports, operations, repository
from service.enterprises.operations import Sections
from service.enterprises.record_text import reference_text
from service.enterprises.repository import Row
from service.enterprises.schemas import TableQuery
from service.errors import MeasuresDamagedError, NotGradedError, NothingPublishedError
from service.grades.operations import current_run
from service.measures.card import MeasuresCard, measures_card
from service.security.permissions import SignInDependency
from service.security.sessions import SignIn
from service.statutory.card import statutory_card

router = APIRouter(prefix="/enterprises", include_in_schema=False)
TableQueryDependency = Annotated[TableQuery, Query()]
# Records shown of each section before somebody asks for a whole section.
_NEWEST = 6
_SECTION_PAGE = 30
# For the data engine, not for people.
_TECHNICAL = ("address_key", "latitude", "longitude")


@router.get("")
def show_enterprises(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    query: TableQueryDependency,
) -> Response:
    """The table: search, filter, sort, page."""
    with context.database.reading() as session:
        try:
            found = operations.list_enterprises(session, query)
        except NothingPublishedError:
            found = None
    summary = json.loads(found.run["summary"]) if found else {}
    page = {
        **_common(context, who),
        "found": found,
        "query": query,
        "areas": _choices("areas", summary.get("by_area_code", {})),
        "industries": _choices("industries", summary.get("by_industry_code", {})),
    }
    return render(request, "enterprises.html", page)


@router.get("/export.csv")
def export_csv(
    context: ContextDependency, who: SignInDependency, query: TableQueryDependency
) -> Response:
    """Everything that the table finds, as CSV, streamed."""
    with context.database.reading() as session:
        run = current_run(session)
    return StreamingResponse(
        _stream_csv(context, query, load_id=run["load_id"]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="grades-{run["as_of"]}.csv"'},
    )


@router.get("/export.xlsx")
def export_xlsx(
    context: ContextDependency, who: SignInDependency, query: TableQueryDependency
) -> Response:
    """Everything that the table finds, as Excel."""
    with context.database.reading() as session:
        run = current_run(session)
        rows = repository.stream_grades(session, query, load_id=run["load_id"])
        content = exports.workbook(rows, run_id=run["run_id"], as_of=run["as_of"])
    return Response(
        content,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="grades-{run["as_of"]}.xlsx"'},
    )


@router.get("/{enterprise_id}")
def show_enterprise(
    request: Request,
    enterprise_id: str,
    context: ContextDependency,
    who: SignInDependency,
    section: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """One enterprise: its grade with reasons, and its archive as known on the run's day."""
    with context.database.reading() as session:
        try:
            grade, run = operations.find_grade(session, enterprise_id)
        except NotGradedError:
            grade, run = None, current_run(session)
    sections, fault = _archive(context, enterprise_id, run)
    measures, measures_fault = _measures(context, grade, run)
    summary = json.loads(run["summary"])
    return render(
        request,
        "enterprise.html",
        {
            **_common(context, who),
            "enterprise_id": enterprise_id,
            "grade": grade,
            "reasons": json.loads(grade["reasons"]) if grade else [],
            "run": run,
            "summary": summary,
            "model": model_words(grade["sector_model"], summary.get("sectors", {}))
            if grade
            else (),
            "sectors": _sector_labels(grade, summary),
            "statutory": statutory_card(context.settings, grade, summary),
            "measures": measures,
            "measures_fault": measures_fault,
            "fault": fault,
            "sections": _sections(sections, asked=section, page=page),
            "asked": section if section in SECTIONS else "",
            "page": page,
        },
    )


def _measures(
    context: Context, grade: Row | None, run: Row
) -> tuple[MeasuresCard | None, XinhengError | None]:
    """The card of measures, or why it cannot be shown; the grade is shown all the same."""
    try:
        return measures_card(context.settings, grade, run), None
    except MeasuresDamagedError as error:
        return None, error


def _common(context: Context, who: SignIn) -> dict[str, Any]:
    return {
        "who": who,
        "form_token": who.form_token(context),
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
    }


def _sector_labels(grade: Row | None, summary: dict[str, Any]) -> list[str]:
    """The Chinese names of an enterprise's sectors."""
    named = summary.get("sectors", {})
    found = (grade["sectors"] or "").split(";") if grade else []
    return [named[name]["zh"] for name in found if name in named]


def _choices(table: str, counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Code, label and count of what the run has, in the order of the codes."""
    return [(code, label(table, code), count) for code, count in sorted(counts.items()) if code]


def _stream_csv(context: Context, query: TableQuery, *, load_id: int) -> Iterator[str]:
    with context.database.reading() as session:
        yield from exports.csv_lines(repository.stream_grades(session, query, load_id=load_id))


def _archive(
    context: Context, enterprise_id: str, run: Row
) -> tuple[Sections, XinhengError | None]:
    """The archive, or why it cannot be shown; the grade is shown all the same."""
    try:
        return operations.read_archive(context, enterprise_id, as_of=run["as_of"]), None
    except (ArchiveMissingError, ArchiveDamagedError, ArchiveOutdatedError) as error:
        return {name: [] for name in SECTIONS}, error


def _sections(sections: Sections, *, asked: str, page: int) -> list[dict[str, Any]]:
    """The newest records of every section, or one page of the section asked for."""
    shown = []
    for name, (zh, en) in SECTIONS.items():
        if asked in SECTIONS and name != asked:
            continue
        records = sections[name]
        size = _SECTION_PAGE if name == asked else _NEWEST
        first = (page - 1) * size if name == asked else 0
        shown.append(
            {
                "name": name,
                "zh": zh,
                "en": en,
                "total": len(records),
                "records": [_record(record) for record in records[first : first + size]],
                "pages": max(1, -(-len(records) // size)),
            }
        )
    return shown


def _is_shown(name: str, kind: RecordKind) -> bool:
    return name not in (kind.reference, *_TECHNICAL) and not kind.fields[name].personal


def _record(record: dict[str, Any]) -> dict[str, Any]:
    """A record as the page shows it. Fields about natural persons are left out."""
    kind = record_kinds()[record["kind"]]
    return {
        "zh": kind.zh,
        "event_on": record["event_on"],
        "known_at": record["known_at"],
        "reference": reference_text(kind.name, record),
        "source": record["producer"] or record["source"],
        "facts": [
            (field.zh, field_text(field, record[name]))
            for name, field in kind.fields.items()
            if _is_shown(name, kind) and record.get(name) not in (None, "")
        ],
    }
