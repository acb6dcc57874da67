"""The health index: arithmetic by hand, missing data, groups that are too small."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from scoring.health_index import (
    STATEMENT_ZH,
    Definition,
    HealthReport,
    HealthScores,
    group_means,
    health_page,
    health_workbook,
    rows,
)
from scoring.health_index.index import combine_dimensions, industry_sections, score_dimension
from scoring.measures import Facts

DEFINITION = Definition.of(date(2026, 10, 31), region="440500")
NAN = float("nan")


def facts(**values: list[float]) -> Facts:
    rows = len(next(iter(values.values())))
    every = {name: np.zeros(rows) for name in DEFINITION.indicators}
    return Facts(every | {name: np.array(given) for name, given in values.items()})


def scores_of(areas: list[str], index: list[float]) -> HealthScores:
    values = np.array(index)
    return HealthScores(
        "模拟",
        date(2026, 10, 31),
        values,
        {one["key"]: values for one in DEFINITION.dimensions},
        pa.array([str(number) for number in range(len(areas))]),
        np.array(areas, dtype=object),
        np.array(["C"] * len(areas), dtype=object),
    )


def test_the_weights_add_up_and_the_definition_is_a_proposal() -> None:
    assert sum(one["weight"] for one in DEFINITION.dimensions) == 1000
    assert "待法制审核" in DEFINITION.ground


def test_a_dimension_starts_moves_and_stays_within_its_bounds() -> None:
    compliance = next(one for one in DEFINITION.dimensions if one["key"] == "compliance")
    given = facts(
        penalties_36m=[0, 1, 9, NAN, 9],
        on_serious_violation_list=[0, 0, 0, 0, 1],
        on_abnormal_operations_list=[0, 1, 0, 0, 1],
    )
    assert score_dimension(given, compliance).tolist() == [100, 60, 60, 100, 0]


def test_what_is_missing_is_left_out_not_counted_as_bad() -> None:
    operation = next(one for one in DEFINITION.dimensions if one["key"] == "operation")
    given = facts(days_since_last_annual_report=[NAN, 10.0], annual_reports_on_time_3y=[0.0, 3.0])
    found = score_dimension(given, operation)
    assert np.isnan(found[0])
    assert found[1] == 100
    parts = [{"key": "a", "weight": 250}, {"key": "b", "weight": 750}]
    known = {"a": np.array([100.0, 100.0, NAN]), "b": np.array([NAN, 60.0, NAN])}
    combined = combine_dimensions(known, parts)
    assert combined[:2].tolist() == [100, 70]
    assert np.isnan(combined[2])


def test_small_groups_are_joined_until_nothing_can_be_subtracted() -> None:
    areas = ["a"] * 30 + ["b"] * 12 + ["c"] * 3
    told = group_means(scores_of(areas, [50.0] * 45), by="area", minimum=10)
    assert [(group.key, group.enterprises) for group in told] == [
        ("*", 45),
        ("a", 30),
        ("+b;c", 15),
    ]
    large = group_means(scores_of(["a"] * 10 + ["b"] * 11, [1.0] * 21), by="area", minimum=10)
    assert [group.key for group in large] == ["*", "a", "b"]
    assert group_means(scores_of(["a"] * 9, [1.0] * 9), by="area", minimum=10) == []


@pytest.mark.parametrize(
    ("code", "section"), [("1411", "C"), ("6210", "H"), ("", ""), ("9999", "")]
)
def test_a_section_is_a_run_of_divisions(code: str, section: str) -> None:
    assert industry_sections(np.array([code], dtype=object)).tolist() == [section]


def test_the_report_says_that_it_is_no_grade() -> None:
    scores = scores_of(["440507"] * 12, [80.0] * 11 + [NAN])
    groups = group_means(scores, by="area", minimum=10)
    missing = {one["key"]: 1 for one in DEFINITION.dimensions}
    trend = {"2026-09-30": {"*": 79.96}, "2026-10-31": {group.key: 80.0 for group in groups}}
    report = HealthReport("area", "模拟", DEFINITION, groups, trend, missing)
    page = health_page(report).decode()
    assert STATEMENT_ZH in page
    assert "not a grade" in page
    assert "龙湖区" in page
    assert rows(report)[0][:3] == ["全部", 12, 80.0]
    assert rows(report)[0][-1] == 1
    assert health_workbook(report).startswith(b"PK")
