"""The card of measures on an enterprise's page: what was worked out for the run, in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.key_supervision import SERVE, fold, read_acts
from scoring.measures.plan import RULES
from scoring.measures.reports import LEVEL_BASIS_ZH
from service.enterprises.repository import Row
from service.measures.computed import (
    DEMANDS,
    OFFENDERS,
    OVERVIEW,
    PLAN,
    TASKS,
    ComputedMeasures,
    find_measures,
)
from service.measures.words import SECTORS, Pair, code_pair, ground_parts, state_pair
from service.settings import Settings

_NOTHING = ("—", "none")


@dataclass(frozen=True)
class MeasuresCard:
    """What the card shows; `computed` None: nothing was worked out for the run.

    Attributes
    ----------
    plan
        The enterprise's row of the plan with words; None where it is not in business.
    demands, tasks, offences
        Rules that ask for visits, guidance proposed, repeats: rows with words.
    four
        Label and value, Chinese and English each: the four-in-one view.
    key_state, served
        Its place on the key-supervision list; None where it was never proposed.
    is_regraded
        Its grade is another one than the plan was made with.
    """

    computed: ComputedMeasures | None
    plan: Mapping[str, Any] | None = None
    demands: tuple[Mapping[str, Any], ...] = ()
    tasks: tuple[Mapping[str, Any], ...] = ()
    offences: tuple[Mapping[str, Any], ...] = ()
    four: tuple[tuple[Pair, Pair], ...] = ()
    causes: str = ""
    key_state: Pair | None = None
    served: str = ""
    is_regraded: bool = False


def measures_card(settings: Settings, grade: Row | None, run: Row) -> MeasuresCard | None:
    """The card of a graded enterprise; None where it has no grade in the run.

    Raises
    ------
    service.errors.MeasuresDamagedError
    """
    if grade is None:
        return None
    computed = find_measures(settings, run["run_id"])
    if computed is None:
        return MeasuresCard(None)
    who = grade["enterprise_id"]
    rows = {
        name: computed.table(name, enterprise_id=who).to_pylist()
        for name in (PLAN, DEMANDS, OVERVIEW, TASKS, OFFENDERS)
    }
    plan = next(iter(rows[PLAN]), None)
    view = next(iter(rows[OVERVIEW]), None)
    one = fold(read_acts(settings.key_supervision_dir)).get(who)
    served = one.last(SERVE) if one else None
    return MeasuresCard(
        computed=computed,
        plan=_plan(plan) if plan else None,
        demands=tuple(_demand(row) for row in rows[DEMANDS]),
        tasks=tuple(_task(row) for row in rows[TASKS]),
        offences=tuple(offence_rows(rows[OFFENDERS])),
        four=_four(view) if view else (),
        causes=(view["warning_causes"] or "").strip("；") if view else "",
        key_state=state_pair(one.state) if one else None,
        served=served.on.isoformat() if served else "",
        is_regraded=_is_regraded(grade, plan),
    )


def _is_regraded(grade: Row, plan: Mapping[str, Any] | None) -> bool:
    """Measures follow the combined grade, else the general one."""
    told = json.loads(grade["statutory"]) if grade["statutory"] else {}
    return plan is not None and plan["grade"] != (told.get("combined_grade") or grade["grade"])


def _plan(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "sector": SECTORS[row["sector"]],
        "method": code_pair("supervision_methods", row["method"]),
        "depth": code_pair("supervision_depths", row["depth"]),
        "rule": RULES[row["rule"]][:2] if row["rule"] else None,
        "note": row["note"].strip("；"),
    }


def _demand(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "rule": RULES[row["rule"]][:2], "ground": ground_parts(row["ground"])}


def _task(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = code_pair("guidance_kinds", row["guidance"])
    return {**row, "guidance": kind, "ground": ground_parts(row["ground"])}


def offence_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Repeat offences with matter and ground in words."""
    return [
        {
            **row,
            "matter": code_pair("matters", row["matter"]),
            "ground": ground_parts(row["ground"]),
        }
        for row in rows
    ]


def _four(view: Mapping[str, Any]) -> tuple[tuple[Pair, Pair], ...]:
    level = code_pair("patrol_levels", view["level"]) if view["level"] else _NOTHING
    basis = LEVEL_BASIS_ZH[view["level_basis"]]
    zone = (
        (f"{view['zone']}（{code_pair('key_zone_kinds', view['zone_kind'])[0]}）", "")
        if view["zone"]
        else ("不在重点区域", "outside every zone")
    )
    return (
        (("行业等级", "Industry level"), (f"{level[0]}，依据{basis}", level[1])),
        (("警示状态", "Warning"), code_pair("warning_states", view["warning"])),
        (("重点区域", "Key zone"), zone),
    )
