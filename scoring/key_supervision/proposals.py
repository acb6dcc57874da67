"""Who is proposed for key supervision: by grade (table of measures) and by event (rules)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from scoring.key_supervision.register import PROPOSE, Act, KeyObject
from scoring.measures.facts import Facts
from scoring.measures.rules import IndicatorRule, LawReader
from scoring.measures.runs import IN_BUSINESS, GradedRun

# A notice to the enterprise repeats the causes, and a grade is never told outside the office.
GRADE_CAUSE = "按信用风险分类管理筛选"
_RULES, _TABLE = "measures.key_supervision_rules", "measures.supervision"
_GENERAL_ITEM = "other"


def propose_objects(
    run: GradedRun,
    facts: Facts,
    known: Mapping[str, KeyObject],
    *,
    table: Mapping[str, Mapping[str, Mapping[str, Any]]],
    rules: tuple[IndicatorRule, ...],
    reader: LawReader,
    by: str,
) -> list[Act]:
    """One proposal per enterprise in business that a grade or an event puts forward.

    Left out: who is on the list or waits to be confirmed, and who was rejected or left on this same
    run or a later one.
    """
    items: dict[int, set[str]] = {}
    causes: dict[int, list[str]] = {}
    grounds: dict[int, list[str]] = {}
    is_open = np.isin(run.texts("status"), IN_BUSINESS)
    new = is_open & ~np.isin(run.ids.to_numpy(zero_copy_only=False), _settled(run, known))

    def put_forward(chosen: Any, item: str, *, cause: str, ground: str) -> None:
        for row in np.flatnonzero(chosen & new).tolist():  # those proposed: few
            items.setdefault(row, set()).add(item)
            told = causes.setdefault(row, [])
            if cause not in told:
                told.append(cause)
            if ground not in grounds.setdefault(row, []):
                grounds[row].append(ground)

    for sector, member, grade in _sectors(run):
        letters = [letter for letter, row in table[sector].items() if row["key_supervision"]]
        item = sector if sector != "general" else _GENERAL_ITEM
        ground = reader.ground(_TABLE)
        put_forward(member & np.isin(grade, letters), item, cause=GRADE_CAUSE, ground=ground)
    for rule in rules:
        put_forward(facts.holds(rule), rule.effect, cause=rule.zh, ground=reader.ground(_RULES))

    rows = sorted(items)
    about = run.grades.select(["enterprise_id", "name", "area_code"]).take(
        pa.array(rows, pa.int64())
    )
    return [
        Act(
            PROPOSE,
            who["enterprise_id"],
            run.as_of,
            by,
            name=who["name"] or "",
            area_code=who["area_code"] or "",
            items=tuple(sorted(items[row])),
            causes=tuple(causes[row]),
            ground="；".join(grounds[row]),
            run_id=run.run_id,
        )
        for row, who in zip(rows, about.to_pylist(), strict=True)
    ]


def _settled(run: GradedRun, known: Mapping[str, KeyObject]) -> list[str]:
    return [
        name
        for name, one in known.items()
        if one.state in ("proposed", "listed") or one.proposal.on >= run.as_of
    ]


def _sectors(run: GradedRun) -> list[tuple[str, Any, Any]]:
    is_food, is_equipment = run.flags("is_food"), run.flags("is_special_equipment")
    return [
        ("food", is_food, run.food_grade),
        ("special_equipment", is_equipment, run.grade),
        ("general", ~is_food & ~is_equipment, run.grade),
    ]
