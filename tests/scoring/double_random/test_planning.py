"""A plan: what it refuses, what it tells, and what it commits to."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from scoring.double_random import GradedLibrary, HandedIn, PlannedRound, make_plan
from scoring.double_random.frame import parse_frame
from scoring.double_random.rules import DrawRules
from scoring.double_random.strata import visits_in
from scoring.errors import FrameError, InspectorError, PlanError

from .conftest import inspectors_csv, make_wishes


def plan(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules, **wishes: object
) -> PlannedRound:
    return make_plan(library, handed_in, wishes=make_wishes(**wishes), rules=rules)


def test_ratios_of_the_law_apply_where_the_office_names_none(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    planned = plan(library, handed_in, rules, grade_ratios={"A": 30})
    assert planned.plan.ratios_per_mille == {**rules.ratios_per_mille, "A": 30}


def test_strata_are_area_grade_and_rest_and_hold_the_whole_library_but_the_excluded(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    planned = plan(library, handed_in, rules)
    populations = parse_frame(planned.files["frame.txt"]).populations()
    strata = {cell.stratum: cell for cell in planned.plan.strata}
    assert len(strata) == 3 * 4 * 2
    assert {name: strata[name].population for name in populations} == populations
    assert sum(populations.values()) == 899 == planned.plan.library_size - 1
    rested = [cell for cell in strata.values() if cell.rested and cell.population]
    assert [cell.population for cell in rested] == [1]
    assert rested[0].stratum.endswith(".rest")
    assert planned.plan.exclusions_by_ground == {"三个月内上级已检查": 1}


def test_the_visited_lately_rest_at_a_tenth_of_the_rate_never_at_zero(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    cells = {cell.stratum: cell for cell in plan(library, handed_in, rules).plan.strata}
    assert cells["440507.D.rest"].ratio_per_mille == 80
    assert cells["440507.A.rest"].ratio_per_mille == 1


def test_the_preview_counts_the_burden(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    planned = plan(library, handed_in, rules)
    preview = planned.preview
    total = sum(map(visits_in, planned.plan.strata))
    assert preview.visits == total
    assert sum(line.visits for line in preview.by_grade.values()) == total
    assert sum(line.visits for line in preview.by_area.values()) == total
    grade_a = preview.by_grade["A"]
    assert preview.burden_per_100_grade_a == 100 * grade_a.visits / grade_a.population
    assert preview.inspectors == 8
    assert preview.visits_per_inspector == total * 2 / 8
    assert sum(preview.excluded_by_grade.values()) == 1
    assert 0 < (preview.expected_findings or 0) < 0.3 * total
    assert any("待法制审核" in note.zh for note in preview.notes)


def test_a_plan_is_canonical_and_has_no_floating_point_number(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    first, second = (plan(library, handed_in, rules) for _ in range(2))
    assert first.files == second.files
    document: Any = json.loads(first.files["plan.json"], parse_float=pytest.fail)
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    assert text.encode() == first.files["plan.json"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"grade_ratios": {"A": 1001}}, "1001"),
        ({"grade_ratios": {"D": -1}}, "-1"),
        ({"grade_ratios": {"A": True}}, "A 级抽查比例"),
        ({"grade_ratios": {"E": 10}}, "没有 E 级"),
        ({"floor": 0}, "不免抽"),
        ({"floor": -1}, "不免抽"),
        ({"reserve_per_mille": 1001}, "备选比例 1001"),
        ({"items": ()}, "抽查事项"),
        ({"items": ("食品", "食品")}, "重复"),
        ({"items": (" ",)}, "抽查事项"),
        ({"randomness_name": " "}, "公开随机数"),
        ({"randomness_name": "骰\x1f子"}, "可见字符"),
        ({"task_to": date(2026, 11, 30)}, "早于"),
        ({"round_id": "../2026"}, "轮次编号"),
        ({"round_id": "2026\n"}, "轮次编号"),
        ({"team_size": 1}, "少于法定的 2 人"),
        ({"team_size": 4}, "单一事项检查一般不超过 3 人"),
        ({"team_size": 11, "items": ("食品", "价格")}, "多事项检查一般不超过 10 人"),
    ],
)
def test_what_may_not_be_planned(
    library: GradedLibrary,
    handed_in: HandedIn,
    rules: DrawRules,
    changes: dict[str, object],
    told: str,
) -> None:
    with pytest.raises(PlanError, match=told):
        plan(library, handed_in, rules, **changes)


def test_all_faults_of_a_plan_are_told_at_once(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    with pytest.raises(PlanError) as refused:
        plan(library, handed_in, rules, floor=0, team_size=1, grade_ratios={"A": 2000, "B": -3})
    for told in ("2000", "-3", "不免抽", "法定"):
        assert told in refused.value.zh


def test_a_large_team_with_a_reason_is_planned(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    planned = plan(library, handed_in, rules, team_size=4, team_reason="大型食品生产企业")
    assert planned.plan.team.reason == "大型食品生产企业"
    assert plan(library, handed_in, rules, team_size=4, items=("食品", "价格")).plan.team.size == 4


@pytest.mark.parametrize("grade", [None, "", "E"])
def test_an_enterprise_without_a_grade_is_not_left_out_in_silence(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules, grade: str | None
) -> None:
    grades = [grade, *library.rows["grade"].to_pylist()[1:]]
    rows = library.rows.set_column(4, "grade", pa.array(grades, pa.string()))
    with pytest.raises(PlanError, match="1 户没有 A–D 分级：91440500MA000000XY"):
        plan(replace(library, rows=rows), handed_in, rules)


def test_an_enterprise_without_an_area_is_drawn_in_a_stratum_of_its_own(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    areas = [None, *library.rows["area_code"].to_pylist()[1:]]
    rows = library.rows.set_column(3, "area_code", pa.array(areas, pa.string()))
    cells = plan(replace(library, rows=rows), handed_in, rules).plan.strata
    lone = [cell for cell in cells if cell.area_code == "none" and cell.population]
    assert [visits_in(cell) for cell in lone] == [1]


def test_a_code_that_stands_twice_is_refused(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    twice = replace(library, rows=pa.concat_tables([library.rows, library.rows.slice(10, 1)]))
    with pytest.raises(FrameError, match="重复：91440500MA000010XY"):
        plan(twice, handed_in, rules)


def test_a_run_without_a_column_or_a_row_is_refused(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    with pytest.raises(PlanError, match="缺少列 grade"):
        plan(replace(library, rows=library.rows.drop_columns(["grade"])), handed_in, rules)
    with pytest.raises(FrameError, match="没有企业"):
        plan(replace(library, rows=library.rows.slice(0, 0)), handed_in, rules)


def test_excluding_everybody_is_refused(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    everybody = pc.binary_join_element_wise(library.rows["enterprise_id"], "注销", ",").to_pylist()
    exclusions = "\n".join(["uscc,ground", *everybody]).encode()
    with pytest.raises(FrameError, match="排除后没有"):
        plan(library, replace(handed_in, exclusions=exclusions), rules)


def test_fewer_than_two_qualified_inspectors_stop_the_plan(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    with pytest.raises(InspectorError, match="只有 1 名合格检查人员"):
        plan(library, HandedIn(inspectors=inspectors_csv(1).encode()), rules)


def test_notes_tell_what_an_approver_should_know(
    library: GradedLibrary, handed_in: HandedIn, rules: DrawRules
) -> None:
    strict = replace(rules, ratio_bounds_per_mille={"A": (0, 5)})
    changed = replace(
        handed_in,
        exclusions="uscc,ground\n91Z,注销\n".encode(),
        inspectors=inspectors_csv().replace("2027-12-31", "2026-12-15").encode(),
    )
    planned = make_plan(library, changed, wishes=make_wishes(floor=20), rules=strict)
    notes = " ".join(note.zh for note in planned.preview.notes)
    for told in ("不在本地公布的 0–5‰", "91Z", "任务期内到期：P00", "高于其比例"):
        assert told in notes
