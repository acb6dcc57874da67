"""The console's pages of measures: counts by grade and area, repeat offenders, health index."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from scoring.health_index import STATEMENT_EN as HEALTH_EN
from scoring.health_index import STATEMENT_ZH as HEALTH_ZH
from scoring.measures.reports import TABLE_HEADERS
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.console.rendering import download, render
from service.console.words import label
from service.context import Context, ContextDependency
from service.errors import MeasuresMissingError, NothingPublishedError
from service.grades.repository import Row, published_run
from service.measures.card import offence_rows
from service.measures.computed import OFFENDERS, ComputedMeasures, find_measures
from service.measures.counting import by_area, by_grade
from service.measures.exports import measures_workbook
from service.security.permissions import SignInDependency
from service.security.sessions import SignIn

router = APIRouter(prefix="/measures", include_in_schema=False)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OFFENDERS_SHOWN = 20
_Area = Annotated[str, Query(max_length=6, pattern=r"^[0-9]*$")]


@router.get("")
def show_measures(
    request: Request, context: ContextDependency, who: SignInDependency, area: _Area = ""
) -> Response:
    """Counts of the run in use by grade and area, and repeat offenders."""
    run, computed = _computed(context)
    counted = _counted(computed, area=area) if computed else {}
    page = {**_common(context, who), "run": run, "computed": computed, "area": area, **counted}
    return render(request, "measures.html", page)


@router.get("/health")
def show_health(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    by: Literal["area", "industry"] = "area",
) -> Response:
    """The health index of areas or industries, with its trend."""
    run, computed = _computed(context)
    page = {
        **_common(context, who),
        "run": run,
        "computed": computed,
        "health_by": by,
        "health_zh": HEALTH_ZH,
        "health_en": HEALTH_EN,
    }
    return render(request, "measures_health.html", page)


@router.get("/export.xlsx")
def export_measures(
    context: ContextDependency, who: SignInDependency, area: _Area = ""
) -> Response:
    """Everything of the run in use, or of one area, as Excel."""
    computed = _required(context)
    name = f"measures-{computed.manifest['year']}{'-' + area if area else ''}.xlsx"
    return download(measures_workbook(computed, area=area), name, _XLSX)


@router.get("/health.xlsx")
def export_health(
    context: ContextDependency, who: SignInDependency, by: Literal["area", "industry"] = "area"
) -> Response:
    """The health index as Excel."""
    computed = _required(context)
    return download(computed.book(f"health-{by}.xlsx"), f"health-index-{by}.xlsx", _XLSX)


def _common(context: Context, who: SignIn) -> dict[str, Any]:
    return {
        "who": who,
        "form_token": who.form_token(context),
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
    }


def _computed(context: Context) -> tuple[Row | None, ComputedMeasures | None]:
    """The run in use, and what is kept of it."""
    with context.database.reading() as session:
        run = published_run(session)
    return run, find_measures(context.settings, run["run_id"]) if run else None


def _required(context: Context) -> ComputedMeasures:
    run, computed = _computed(context)
    if run is None:
        raise NothingPublishedError
    if computed is None:
        raise MeasuresMissingError(run["run_id"])
    return computed


def _counted(computed: ComputedMeasures, *, area: str) -> dict[str, Any]:
    facts = computed.manifest
    rows = by_grade(facts["counts"], area=area)
    sums = by_area(facts["counts"])
    offenders = computed.table(OFFENDERS, area=area)
    return {
        "measures": rows,
        "areas": [
            {"code": row["area_code"] or "", "view": row, "sums": sums.get(row["area_code"] or "")}
            for row in facts["by_area"]
        ],
        "choices": [(code, label("areas", code)) for code in sums if code],
        "table": facts["table"],
        "table_headers": TABLE_HEADERS,
        "offenders": offence_rows(offenders.slice(0, _OFFENDERS_SHOWN).to_pylist()),
        "offenders_total": offenders.num_rows,
    }
