"""The console's page of runs: what changed since last month, every run, who acted on them."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

import law
from scoring.grading.comparison import Alarm, Change, Mover
from scoring.grading.reports import alarm_text, group_label, mover_text
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.console.rendering import render
from service.context import ContextDependency
from service.grades import repository
from service.grades.states import ACTS, STATUSES
from service.security.permissions import SignInDependency

router = APIRouter(prefix="/runs", include_in_schema=False)
_ACTS_SHOWN = 20
_RUNS_SHOWN = 24
_GROUPS_SHOWN = 12


@router.get("")
def show_runs(request: Request, context: ContextDependency, who: SignInDependency) -> Response:
    """The change since last month, then every run with its acts."""
    with context.database.reading() as session:
        runs = repository.list_runs(session)[:_RUNS_SHOWN]
        acts = repository.list_acts(session, most=_ACTS_SHOWN)
    current = next((run for run in runs if run["status"] == "published"), None)
    summary = json.loads(current["summary"]) if current else {}
    moved = summary.get("comparison")
    page = {
        "who": who,
        "form_token": who.form_token(context),
        "runs": [{**run, "grades": json.loads(run["summary"])["by_grade"]} for run in runs],
        "acts": acts,
        "run": current,
        "moved": moved,
        "change": _change(moved) if moved else None,
        "act_words": ACTS,
        "status_words": STATUSES,
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
    }
    return render(request, "runs.html", page)


def _change(moved: dict[str, Any]) -> dict[str, Any]:
    """The comparison that publishing stored, in words."""
    movement = moved["movement"]
    return {
        "alarms": [
            (alarm_text(alarm), law.codes("run_alarms")[alarm.code].en, alarm.value, alarm.limit)
            for alarm in (Alarm(**told) for told in moved["alarms"])
        ],
        "groups": [
            (zh, en, _most_moved(name, movement["groups"][name]))
            for name, zh, en in (
                ("area_code", "辖区", "District"),
                ("size", "注册资本", "Capital"),
                ("industry_code", "行业", "Industry"),
            )
        ],
        "movers": [
            (zh, en, [(mover, mover_text(mover)) for mover in map(_mover, moved[name])])
            for name, zh, en in (
                ("riskier", "风险升高最多", "Riskier"),
                ("safer", "风险降低最多", "Safer"),
            )
        ],
    }


def _most_moved(name: str, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups with most movers; the rest are in the report."""
    ranked = sorted(groups, key=lambda group: -(group["riskier"] + group["safer"]))
    return [
        {**group, "label": group_label(name, group["code"])} for group in ranked[:_GROUPS_SHOWN]
    ]


def _mover(told: dict[str, Any]) -> Mover:
    return Mover(**{**told, "changes": tuple(Change(**one) for one in told["changes"])})
