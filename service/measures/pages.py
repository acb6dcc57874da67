"""The console's pages of measures: counts by grade and area, key supervision, health index."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from scoring.health_index import STATEMENT_EN as HEALTH_EN
from scoring.health_index import STATEMENT_ZH as HEALTH_ZH
from scoring.key_supervision import (
    NOTIFY,
    SERVE,
    KeyObject,
    due_for_review,
    fold,
    key_supervision_workbook,
    last_edition,
    read_acts,
)
from scoring.measures.reports import TABLE_HEADERS
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.clock import office_day
from service.console.rendering import render
from service.console.words import label
from service.context import Context, ContextDependency
from service.errors import MeasuresMissingError, NothingPublishedError
from service.grades.repository import Row, published_run
from service.measures.card import offence_rows
from service.measures.computed import OFFENDERS, ComputedMeasures, find_measures
from service.measures.counting import by_area, by_grade
from service.measures.exports import measures_workbook
from service.measures.words import KEY_STATES, code_pair
from service.security.permissions import SignInDependency
from service.security.sessions import SignIn

router = APIRouter(prefix="/measures", include_in_schema=False)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN = 20
_OFFENDERS_SHOWN = 20
_Area = Annotated[str, Query(max_length=6, pattern=r"^[0-9]*$")]
KeyState = Literal["", "proposed", "listed", "rejected", "left"]


@router.get("")
def show_measures(
    request: Request, context: ContextDependency, who: SignInDependency, area: _Area = ""
) -> Response:
    """Counts of the run in use by grade and area, and repeat offenders."""
    run, computed = _computed(context)
    counted = _counted(computed, area=area) if computed else {}
    page = {**_common(context, who), "run": run, "computed": computed, "area": area, **counted}
    return render(request, "measures.html", page)


@router.get("/key-supervision")
def show_key_supervision(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    state: KeyState = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """The key-supervision list: who waits, is listed, was notified, is due for review."""
    key = _key_supervision(context, state=state, page=page)
    return render(
        request, "measures_key.html", {**_common(context, who), "state": state, "key": key}
    )


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
    return _file(measures_workbook(computed, area=area), name)


@router.get("/health.xlsx")
def export_health(
    context: ContextDependency, who: SignInDependency, by: Literal["area", "industry"] = "area"
) -> Response:
    """The health index as Excel."""
    computed = _required(context)
    return _file(computed.book(f"health-{by}.xlsx"), f"health-index-{by}.xlsx")


@router.get("/key-supervision.xlsx")
def export_key_supervision(context: ContextDependency, who: SignInDependency) -> Response:
    """The key-supervision list, who waits, and every act, as Excel."""
    acts = read_acts(context.settings.key_supervision_dir)
    edition = last_edition(acts)
    content = key_supervision_workbook(fold(acts), acts, edition=edition)
    return _file(content, f"key-supervision-{edition}.xlsx")


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


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_XLSX, headers=headers)


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


def _key_supervision(context: Context, *, state: str, page: int) -> dict[str, Any]:
    """Counts of each state, and a page of the objects of one, those due for review first."""
    acts = read_acts(context.settings.key_supervision_dir)
    objects, today = fold(acts), office_day(context.clock())
    due = due_for_review(objects, by=today)
    chosen = [one for one in objects.values() if not state or one.state == state]
    order = [*KEY_STATES]
    chosen.sort(key=lambda one: (one.proposal.enterprise_id not in due, order.index(one.state)))
    return {
        "edition": last_edition(acts),
        "counts": {name: sum(one.state == name for one in objects.values()) for name in KEY_STATES},
        "states": KEY_STATES,
        "due": len(due),
        "page": page,
        "pages": max(1, -(-len(chosen) // _SHOWN)),
        "rows": [
            _key_row(one, is_due=one.proposal.enterprise_id in due)
            for one in chosen[(page - 1) * _SHOWN : page * _SHOWN]
        ],
    }


def _key_row(one: KeyObject, *, is_due: bool) -> Mapping[str, Any]:
    proposal, confirmation = one.proposal, one.confirmation
    return {
        "enterprise_id": proposal.enterprise_id,
        "name": proposal.name,
        "area": label("areas", proposal.area_code),
        "items": "、".join(code_pair("matters", item)[0] for item in proposal.items),
        "causes": "；".join(proposal.causes),
        "state": KEY_STATES[one.state],
        "office": confirmation.office if confirmation else "",
        "notified": one.last(NOTIFY),
        "served": one.last(SERVE),
        "review_on": one.review_on if one.state == "listed" else None,
        "is_due": is_due,
        "last": one.acts[-1],
    }
