"""A change of rules tried on a run, and two runs side by side."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from scoring.errors import RuleStateError
from scoring.grading import GradeInputs
from scoring.grading.comparison import Comparison, compare
from scoring.grading.inputs import OVERRIDES
from scoring.grading.movements import band_names
from scoring.grading.reports import (
    comparison_report,
    report_html,
    report_workbook,
    simulation_report,
)
from scoring.grading.simulation import simulate_change
from tests.scoring.grading.conftest import CUT_OFFS, RULES

Graded = Callable[..., pa.Table]
BANDS = (1_000_000, 5_000_000)
RATIOS = {"A": 10, "B": 50, "C": 300, "D": 800}
LIMITS = {
    "score_stability": 100,
    "moved": 100,
    "two_steps": 10,
    "area_moved": 200,
    "population": 50,
}
POPULATION = {f"E{place:03}": place / 100 for place in range(100)}


def inputs() -> GradeInputs:
    override = {"enterprise_id": "E001", "grade": "C", "ground": "待核", "rule": None}
    return GradeInputs(
        previous=pa.table({"enterprise_id": ["E010", "E011"], "grade": ["A", "A"]}),
        overrides=pa.Table.from_pylist([override], schema=OVERRIDES),
    )


def test_unchanged_rules_move_nobody(graded: Graded) -> None:
    given = inputs()
    table = graded(POPULATION, inputs=given)
    found = simulate_change(
        table, cut_offs=CUT_OFFS, rules=RULES, overrides=given.overrides, ratios=RATIOS, bands=BANDS
    )
    assert (found.movement.riskier, found.movement.safer, found.movers.num_rows) == (0, 0, 0)
    assert found.visits_before == found.visits_after


def test_wider_c_moves_those_between_the_bounds(graded: Graded) -> None:
    table = graded(POPULATION)
    found = simulate_change(
        table,
        cut_offs=replace(CUT_OFFS, c=0.2),
        rules=RULES,
        overrides=OVERRIDES.empty_table(),
        ratios=RATIOS,
        bands=BANDS,
    )
    assert found.movement.riskier == 10
    assert found.movement.matrix[1][2] == 10
    assert sum(found.visits_after.values()) - sum(found.visits_before.values()) == 10 * 0.25
    assert found.movers["enterprise_id"].to_pylist() == [f"E{place:03}" for place in range(20, 30)]
    (area,) = found.movement.groups["area_code"]
    assert (area.code, area.riskier) == ("440507", 10)
    report = simulation_report(found, facts=[("规则版本 rules", "R001")])
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(report)))
    assert book.sheetnames == [
        "概览",
        "迁移矩阵",
        "工作量",
        "按辖区",
        "按行业",
        "按规模",
        "变动企业",
    ]
    assert book["变动企业"].max_row == 11
    page = report_html(report).decode()
    assert "E020" in page
    assert "龙湖区" in page


def test_a_run_without_the_facts_says_so(graded: Graded) -> None:
    with pytest.raises(RuleStateError, match="has_history"):
        simulate_change(
            graded(POPULATION).drop_columns(["has_history"]),
            cut_offs=CUT_OFFS,
            rules=RULES,
            overrides=OVERRIDES.empty_table(),
            ratios=RATIOS,
            bands=BANDS,
        )


def details(table: pa.Table) -> Callable[[Sequence[str]], pa.Table]:
    return lambda ids: table.filter(pc.is_in(table["enterprise_id"], pa.array(ids)))


def compared(before: pa.Table, after: pa.Table) -> Comparison:
    pair = details(before), details(after)
    return compare(before, after, details=pair, limits=LIMITS, bands=BANDS)


def reason(points: float) -> dict[str, object]:
    return {"indicator": "penalties", "zh": "行政处罚", "en": "penalties", "points": points}


def test_two_months_side_by_side(graded: Graded) -> None:
    before = graded(POPULATION)
    now = {**POPULATION, "E000": 0.7, "E099": 0.05, "NEW": 0.2}
    del now["E050"]
    reasons = [[reason(-9.0)] if one == "E000" else [] for one in now]
    points = [100 if one in ("E000", "E099") else 500 for one in now]
    after = graded(now, reasons=reasons, points=points)
    found = compared(before, after)
    assert (found.movement.riskier, found.movement.safer) == (1, 1)
    assert (found.entered, found.left) == (1, 1)
    assert found.movement.matrix[0][3] == found.movement.matrix[3][0] == 1
    (worse,) = found.riskier
    assert (worse.enterprise_id, worse.before, worse.after) == ("E000", "A", "D")
    assert (worse.changes[0].before, worse.changes[0].after) == (None, -9.0)
    assert [alarm.code for alarm in found.alarms] == ["two_steps"]
    assert 0 < found.psi < 0.1
    page = report_html(comparison_report(found, facts=[])).decode()
    assert "行政处罚 未列出 → -9.0 分" in page
    kept = found.to_dict(most_movers=0)
    assert kept["riskier"] == ()


def test_a_shift_of_everybody_raises_alarms(graded: Graded) -> None:
    shifted = {one: min(0.99, 1.6 * value) for one, value in POPULATION.items()}
    found = compared(graded(POPULATION), graded(shifted))
    codes = [alarm.code for alarm in found.alarms]
    assert codes == ["score_stability", "moved", "area_moved"]
    assert found.alarms[-1].area_code == "440507"


def test_sizes_are_named_without_gaps() -> None:
    assert band_names(BANDS) == ["不足100万元", "100万元至500万元", "500万元以上"]
