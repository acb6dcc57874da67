"""Tasks of administrative guidance (行政指导) proposed by grade and event; an officer decides."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from scoring.measures.facts import Facts
from scoring.measures.plan import RULES
from scoring.measures.rules import IndicatorRule, LawReader
from scoring.measures.runs import IN_BUSINESS, GradedRun

TASKS = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("name", pa.string()),
        ("area_code", pa.string()),
        ("guidance", pa.string()),
        ("cause", pa.string()),
        ("ground", pa.string()),
    ]
)


def propose_guidance(
    run: GradedRun,
    facts: Facts,
    *,
    table: Mapping[str, Mapping[str, Mapping[str, Any]]],
    rules: tuple[IndicatorRule, ...],
    reader: LawReader,
) -> pa.Table:
    """One row of :data:`TASKS` per enterprise in business and cause.

    The grade's kind of guidance is that of the enterprise's sector in the table of measures.
    """
    is_open = np.isin(run.texts("status"), IN_BUSINESS)
    sectors = {
        "food": run.flags("is_food"),
        "special_equipment": run.flags("is_special_equipment"),
    }
    sectors["general"] = ~(sectors["food"] | sectors["special_equipment"])
    tasks = []
    for sector, member in sectors.items():
        grade = run.food_grade if sector == "food" else run.grade
        for letter, row in table[sector].items():
            chosen = is_open & member & (grade == letter)
            if row["guidance"] is not None and chosen.any():
                ground = reader.ground(RULES["grade_table"][2])
                cause = f"风险等级 {letter}"
                tasks.append(_rows(run, chosen, row["guidance"], cause=cause, ground=ground))
    for rule in rules:
        ground = reader.ground("measures.guidance_rules")
        chosen = is_open & facts.holds(rule)
        tasks.append(_rows(run, chosen, rule.effect, cause=rule.zh, ground=ground))
    # Who is of two sectors with the same grade is told once.
    every = pa.concat_tables([TASKS.empty_table(), *tasks]).group_by(TASKS.names).aggregate([])
    keys = ("enterprise_id", "guidance", "cause")
    return every.sort_by([(name, "ascending") for name in keys])


def _rows(run: GradedRun, chosen: Any, guidance: str, *, cause: str, ground: str) -> pa.Table:
    rows = run.grades.select(["enterprise_id", "name", "area_code"]).filter(pa.array(chosen))
    for name, text in (("guidance", guidance), ("cause", cause), ("ground", ground)):
        rows = rows.append_column(name, pa.repeat(pa.scalar(text), rows.num_rows))
    return rows.cast(TASKS)
