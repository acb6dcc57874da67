"""What later inspections found."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from features.engine import Engine
from features.indicators.errors import LabelError
from features.outcomes import Label, inspection_outcomes
from tests.features.random_records import TableArchive, enterprises, table_of

LABEL = Label(
    name="problem",
    zh="发现问题",
    en="problem found",
    inspection_kinds=("double_random", "routine", "complaint", "follow_up"),
    bad_result_codes=("3", "E"),
    bad_severities=("critical",),
    matters=None,
    followup_days=60,
)


def visit(number: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "enterprise_id": "E1",
        "event_on": day,
        "inspection_no": number,
        "inspection_kind": "routine",
        "result_code": "1",
        **more,
    }


def outcomes(
    engine: Engine,
    *visits: dict[str, Any],
    findings: tuple[dict[str, Any], ...] = (),
    label: Label = LABEL,
    known_by: date = date(2025, 6, 30),
) -> dict[str, bool]:
    kinds = {"inspection": table_of("inspection", *visits)}
    if findings:
        kinds["finding"] = table_of("finding", *findings)
    archive = TableArchive(registration=enterprises("E1", "E2"), **kinds)
    table = inspection_outcomes(
        engine,
        archive,
        after=date(2024, 1, 1),
        until=date(2024, 12, 31),
        known_by=known_by,
        label=label,
    )
    columns = ["enterprise_id", "inspection_no", "event_on", "inspection_kind", "is_bad"]
    assert table.column_names == [*columns, "inclusion"]
    return {row["inspection_no"]: row["is_bad"] for row in table.to_pylist()}


def test_period_is_open_at_its_start(engine: Engine) -> None:
    found = outcomes(
        engine,
        visit("on the day", "2024-01-01", enterprise_id="E2"),
        visit("first", "2024-01-02"),
        visit("last", "2024-12-31"),
        visit("after", "2025-01-01", enterprise_id="E2"),
    )
    assert found == {"first": False, "last": False}


def test_follow_ups_are_no_foresight(engine: Engine) -> None:
    found = outcomes(
        engine,
        visit("before", "2023-12-20", result_code="3"),
        visit("soon", "2024-02-01", result_code="3"),  # within 60 days after one before the period
        visit("named", "2024-05-01", inspection_kind="follow_up", result_code="3"),
        visit("later", "2024-07-02", result_code="3"),  # 62 days
        visit("joint", "2024-07-02", inspection_kind="complaint"),  # same day
        visit("other", "2024-02-01", enterprise_id="E2"),
    )
    assert found == {"later": True, "joint": False, "other": False}


def test_known_too_late_is_not_there(engine: Engine) -> None:
    late = visit("late", "2024-05-01", known_at="2024-07-01T00:00:00")
    assert outcomes(engine, late, known_by=date(2024, 6, 30)) == {}
    assert outcomes(engine, late, known_by=date(2024, 7, 1)) == {"late": False}


def test_bad_by_result_or_by_severity(engine: Engine) -> None:
    finding = {
        "enterprise_id": "E1",
        "event_on": "2024-09-01",
        "inspection_no": "found",
        "item_code": "1",
        "severity": "critical",
    }
    found = outcomes(
        engine,
        visit("clean", "2024-01-10", minor_count=3, critical_count=0),
        visit("code", "2024-04-10", result_code="E"),
        visit("counted", "2024-06-20", critical_count=1),
        visit("found", "2024-09-01"),
        findings=(finding,),
    )
    assert found == {"clean": False, "code": True, "counted": True, "found": True}


def test_kinds_and_matters_choose(engine: Engine) -> None:
    food = replace(LABEL, matters=("food",), inspection_kinds=("routine",))
    found = outcomes(
        engine,
        visit("food", "2024-01-10", matter="food"),
        visit("price", "2024-05-10", matter="price"),
        visit("unknown", "2024-08-10"),
        visit("test", "2024-11-10", matter="food", inspection_kind="sampling_test"),
        label=food,
    )
    assert found == {"food": False}


def test_a_visit_that_could_not_look_counts_only_if_named_bad(
    engine: Engine,
) -> None:
    visits = [
        visit("nobody there", "2024-01-10", result_code="6"),
        visit("closed", "2024-05-10", result_code="7"),
        visit("refused", "2024-09-10", result_code="8"),
    ]
    assert outcomes(engine, *visits) == {"refused": False}
    strict = replace(LABEL, bad_result_codes=("6", "8"))
    assert outcomes(engine, *visits, label=strict) == {
        "nobody there": True,
        "refused": True,
    }


def test_unknown_severity_is_named() -> None:
    with pytest.raises(LabelError, match="critcal"):
        replace(LABEL, bad_severities=("critcal",))


def test_only_a_drawn_visit_has_a_probability_of_inclusion(engine: Engine) -> None:
    drawn = {"inspection_kind": "double_random", "stratum_drawn": 3, "stratum_population": 40}
    rows = (
        visit("1", "2024-02-01", **drawn, campaign_role="drawn"),
        visit("2", "2024-05-01", **drawn, campaign_role="reserve"),
        visit("3", "2024-08-01", inspection_kind="double_random"),
        visit("4", "2024-11-01", stratum_drawn=3, stratum_population=40, campaign_role="drawn"),
    )
    archive = TableArchive(registration=enterprises("E1"), inspection=table_of("inspection", *rows))
    table = inspection_outcomes(
        engine,
        archive,
        after=date(2024, 1, 1),
        until=date(2024, 12, 31),
        known_by=date(2025, 6, 30),
        label=LABEL,
    )
    assert table["inclusion"].to_pylist() == [3 / 40, None, None, None]
