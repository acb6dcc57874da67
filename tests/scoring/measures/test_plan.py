"""Supervision plans: cases a supervisor reads, one enterprise equals all, years out of reach."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from law.errors import NoValueError
from scoring.errors import MeasuresError
from scoring.measures import GradedRun, Levels, SupervisionPlan, SupervisionRules, Visits, plan_year

YEAR, REGION = 2027, "440500"
RULES = SupervisionRules.of(date(YEAR, 1, 1), region=REGION)
CASES = yaml.safe_load((Path(__file__).parent / "plan_cases.yaml").read_text(encoding="utf-8"))
_TEXTS = ("food_grade", "equipment_class", "combined_grade")


def make_run(cases: list[dict[str, Any]]) -> GradedRun:
    """SIMULATED: a run with one enterprise a case."""
    rows = len(cases)
    grades = pa.table(
        {
            "enterprise_id": [f"模拟{number}" for number in range(rows)],
            "name": [case.get("case", "") for case in cases],
            "area_code": [REGION] * rows,
            "industry_code": pa.nulls(rows, pa.string()),
            "status": [case.get("status", "active") for case in cases],
            "is_food": [case.get("is_food", False) for case in cases],
            "is_special_equipment": [case.get("is_special_equipment", False) for case in cases],
            "grade": [case.get("grade", "A") for case in cases],
            **{name: pa.array([case.get(name) for case in cases], pa.string()) for name in _TEXTS},
        }
    )
    return GradedRun("2026-10-31-simulated", date(2026, 10, 31), REGION, "build", grades, True)


def plan_cases(cases: list[dict[str, Any]], rules: SupervisionRules = RULES) -> SupervisionPlan:
    """The plan of some cases together."""
    level = np.array([case.get("level", "") for case in cases])
    return plan_year(
        make_run(cases),
        year=YEAR,
        rules=rules,
        visits=Visits(
            made=np.array([case.get("made", 0) for case in cases]),
            post_licence=np.array([case.get("post_licence", 0) for case in cases]),
            last_food_check=np.array(
                [case.get("last_food_check") for case in cases], "datetime64[D]"
            ),
        ),
        levels=Levels(level, np.full(len(cases), "industry")),
        key_supervised=np.array([case.get("key_supervised", False) for case in cases]),
    )


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_case_is_planned_as_the_table_says(case: dict[str, Any]) -> None:
    counts = case.get("patrol_is_inspection", False)
    (row,) = plan_cases([case], replace(RULES, patrol_is_inspection=counts)).rows.to_pylist()
    expected = {name: case[name] for name in row if name in case and name != "name"}
    expected.pop("grade", None)
    assert {name: row[name] for name in expected} == expected


def test_one_enterprise_alone_equals_the_batch() -> None:
    cases = [case for case in CASES if "patrol_is_inspection" not in case]
    together = plan_cases(cases)
    alone = [plan_cases([case]).rows.drop(["enterprise_id"]) for case in cases]
    assert together.rows.drop(["enterprise_id"]).to_pylist() == [
        row for table in alone for row in table.to_pylist()
    ]


def test_no_plan_exceeds_the_cap_and_every_demand_says_its_ground() -> None:
    plan = plan_cases(CASES)
    rows, demands = plan.rows.to_pandas(), plan.demands.to_pandas()
    assert (rows["planned"] + rows["made"] <= RULES.cap).all()
    assert (demands["planned"] <= RULES.cap).all()
    assert demands["ground"].str.contains("《").all()
    by_row = demands.groupby("enterprise_id")["asked"].max()
    assert rows.set_index("enterprise_id")["asked"][by_row.index].equals(by_row)


def test_who_is_not_in_business_is_left_out() -> None:
    plan = plan_cases([{"status": "revoked", "grade": "D"}, {"grade": "D"}])
    assert (plan.rows.num_rows, plan.not_in_business, plan.demands.num_rows) == (1, 1, 1)


@pytest.mark.parametrize("year", [2025, 2028])
def test_a_year_out_of_the_runs_reach_is_refused(year: int) -> None:
    with pytest.raises(MeasuresError, match=str(year)) as caught:
        plan_year(
            make_run([{}]),
            year=year,
            rules=RULES,
            visits=Visits(np.zeros(1, int), np.zeros(1, int), np.array(["NaT"], "datetime64[D]")),
            levels=Levels(np.array([""]), np.array(["unknown"])),
            key_supervised=np.zeros(1, bool),
        )
    assert "--year" in caught.value.zh


def test_a_year_without_parameters_and_a_region_without_ratios_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoValueError, match="measures"):
        SupervisionRules.of(date(2021, 1, 1), region=REGION)
    ended = tmp_path / "parameters" / "double_random" / "sampling_ratio_per_mille.yaml"
    ended.parent.mkdir(parents=True)
    reference = "{act: 模拟通知, number: null, article: null}"
    ended.write_text(
        "values:\n"
        "  - {from: 2022-01-13, value: null, status: unconfirmed, source: proposal,"
        f" reference: {reference}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(NoValueError, match="sampling_ratio_per_mille") as caught:
        SupervisionRules.of(date(YEAR, 1, 1), region=REGION, overlay=tmp_path)
    assert REGION in caught.value.zh
