"""What indicators count, on records written by hand."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from features.build import build_matrix
from features.engine import Engine
from tests.features.random_records import TableArchive, enterprises, table_of

DAY = date(2025, 6, 30)


def one(
    engine: Engine, *names: str, of: str = "E1", as_of: date = DAY, **kinds: pa.Table
) -> dict[str, Any]:
    """Indicators of one enterprise of a small archive."""
    archive = TableArchive(**kinds)
    matrix = build_matrix(engine, archive, as_of=as_of, names=names, enterprise_ids=[of])
    (row,) = matrix.select(names).to_pylist()
    return dict(row)


def test_a_window_begins_the_day_after(engine: Engine) -> None:
    days = ["2024-06-30", "2024-07-01", "2025-06-30", "2025-07-01"]
    penalties = table_of(
        "penalty", *[{"enterprise_id": "E1", "event_on": day, "matter": "food"} for day in days]
    )
    found = one(
        engine,
        "penalties_12m",
        "days_since_last_penalty",
        registration=enterprises("E1"),
        penalty=penalties,
    )
    assert found == {"penalties_12m": 2, "days_since_last_penalty": 0}


def visit(day: str, kind: str = "routine", result: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "enterprise_id": "E1",
        "event_on": day,
        "inspection_no": f"I{day}{kind}",
        "inspection_kind": kind,
        "result_code": result,
        **more,
    }


def test_follow_ups_and_tests_are_counted_apart(engine: Engine) -> None:
    inspections = table_of(
        "inspection",
        visit("2024-01-10", result="3"),
        visit("2024-03-10", result="3"),  # 60 days later: a follow-up
        visit("2024-05-10", result="1"),  # 61 days later: counted
        visit("2024-05-10", "special", result="E"),  # a joint visit of the same day: counted
        visit("2025-01-10", "follow_up", result="4"),
        visit("2025-04-01", "sampling_test", result="3"),
        visit("2025-06-15", result="6"),  # nobody there
    )
    found = one(
        engine,
        "inspections_36m",
        "problem_inspections_36m",
        "follow_ups_36m",
        "failed_follow_ups_36m",
        "sampling_tests_36m",
        "failed_sampling_tests_36m",
        "unreachable_inspections_36m",
        "days_since_last_inspection",
        "problem_ratio_36m",
        registration=enterprises("E1"),
        inspection=inspections,
    )
    assert found == {
        "inspections_36m": 3,
        "problem_inspections_36m": 2,
        "follow_ups_36m": 2,
        "failed_follow_ups_36m": 2,
        "sampling_tests_36m": 1,
        "failed_sampling_tests_36m": 1,
        "unreachable_inspections_36m": 1,
        "days_since_last_inspection": (DAY - date(2024, 5, 10)).days,
        "problem_ratio_36m": pytest.approx((2 + 4 * 2 / 3) / (3 + 4)),
    }


def test_findings_fill_unknown_counts(engine: Engine) -> None:
    inspections = table_of(
        "inspection",
        visit("2023-01-10", result="3", critical_count=2),
        visit("2024-01-10", result="3", critical_count=None, serious_count=5),
        visit("2025-01-10", result="1"),
    )
    findings = table_of(
        "finding",
        *[
            {
                "enterprise_id": "E1",
                "event_on": day,
                "inspection_no": f"I{day}routine",
                "item_code": item,
                "severity": severity,
            }
            for day, item, severity in [
                ("2023-01-10", "a", "critical"),  # the inspection's own count wins
                ("2024-01-10", "a", "critical"),
                ("2024-01-10", "b", "serious"),
                ("2025-01-10", "b", "minor"),
            ]
        ],
    )
    found = one(
        engine,
        "critical_findings_mean_36m",
        "serious_findings_mean_36m",
        "last_critical_findings",
        "last_minor_findings",
        "distinct_findings_36m",
        "repeated_findings_36m",
        "critical_findings_trend_36m",
        "inspections_since_last_problem",
        registration=enterprises("E1"),
        inspection=inspections,
        finding=findings,
    )
    assert found == {
        "critical_findings_mean_36m": 1.0,
        "serious_findings_mean_36m": pytest.approx(5 / 3),
        "last_critical_findings": 0,
        "last_minor_findings": 1,
        "distinct_findings_36m": 2,
        "repeated_findings_36m": 2,
        "critical_findings_trend_36m": -1.5,
        "inspections_since_last_problem": 1,
    }


def entry(day: str, name: str, action: str, number: str, ends: str | None = None) -> dict[str, Any]:
    return {
        "enterprise_id": "E1",
        "event_on": day,
        "list": name,
        "action": action,
        "decision_no": number,
        "listing_decision_no": ends,
    }


def test_a_listing_is_open_until_a_removal_ends_it(engine: Engine) -> None:
    abnormal, serious = "abnormal_operations_list", "serious_violation_list"
    entries = table_of(
        "list_entry",
        entry("2023-01-01", abnormal, "listing", "1"),
        entry("2023-06-01", abnormal, "removal", "2", ends="1"),
        entry("2023-02-01", serious, "listing", "3"),
        entry("2023-07-01", serious, "removal", "4"),  # names none: ends what came before
        entry("2024-02-01", serious, "listing", "5"),
        entry("2025-07-02", serious, "removal", "6", ends="5"),  # later than the as-of day
        entry("2024-03-01", "marked_state", "listing", "7"),
        entry("2024-04-01", "marked_state", "removal", "8", ends="another"),
    )
    found = one(
        engine,
        "on_abnormal_operations_list",
        "on_serious_violation_list",
        "in_marked_state",
        "listings_60m",
        "serious_listings",
        registration=enterprises("E1"),
        list_entry=entries,
    )
    assert found == {
        "on_abnormal_operations_list": 0,
        "on_serious_violation_list": 1,
        "in_marked_state": 1,
        "listings_60m": 4,
        "serious_listings": 2,
    }


def test_repeats_and_heavier_penalties(engine: Engine) -> None:
    days = [
        ("2023-01-10", "food", "fine", None),
        ("2023-01-10", "food", "fine", None),  # the same day is no repetition
        ("2024-01-10", "food", "fine;suspension", None),  # 365 days later
        ("2025-01-10", "food", "fine", True),  # 366 days later
        ("2025-02-10", "price", "suspension", False),  # another matter; the producer says no
    ]
    penalties = table_of(
        "penalty",
        *[
            {
                "enterprise_id": "E1",
                "event_on": day,
                "matter": matter,
                "penalty_kinds": kinds,
                "is_serious": serious,
            }
            for day, matter, kinds, serious in days
        ],
    )
    found = one(
        engine,
        "repeat_penalties_60m",
        "food_repeat_penalties_60m",
        "serious_penalties_60m",
        "suspension_penalties_60m",
        registration=enterprises("E1"),
        penalty=penalties,
    )
    assert found == {
        "repeat_penalties_60m": 1,
        "food_repeat_penalties_60m": 1,
        "serious_penalties_60m": 2,
        "suspension_penalties_60m": 2,
    }


def event(place: str, day: str, category: str, number: int) -> dict[str, Any]:
    return {
        "enterprise_id": place,
        "record_id": f"event-{number}",
        "event_on": day,
        "event_no": str(number),
        "category": category,
        "latitude": 0.0,
        "longitude": 0.0,
    }


def test_events_nearby_are_those_of_the_map_cell(engine: Engine) -> None:
    places = enterprises(
        "E1", "E2", "E3", latitude=[23.305, 23.301, None], longitude=[-116.601, -116.6, None]
    )
    events = table_of(
        "area_event",
        event("@2330,-11661", "2025-06-01", "sanitation_complaint", 1),
        event("@2330,-11661", "2024-09-01", "sanitation_complaint", 2),
        event("@2330,-11661", "2025-06-01", "burglary", 3),
        event("@2330,-11660", "2025-06-01", "sanitation_complaint", 4),  # where E2 is
        event("@2330,-11661", "2025-07-01", "sanitation_complaint", 5),  # later
    )
    names = [
        "sanitation_complaint_events_nearby_3m",
        "sanitation_complaint_events_nearby_12m",
        "burglary_events_nearby_12m",
    ]
    archive = TableArchive(registration=places, area_event=events)
    rows = build_matrix(engine, archive, as_of=DAY, names=names)
    assert [list(row.values()) for row in rows.select(names).to_pylist()] == [
        [1, 2, 1],
        [1, 1, 0],
        [None, None, None],
    ]
    alone = TableArchive(registration=places)
    assert one(engine, names[0], registration=places) == {names[0]: None}  # nobody collects them
    assert build_matrix(engine, alone, as_of=DAY, names=names).num_rows == 3


def seen(enterprise: str, day: str, *, critical: int, result: str = "1") -> dict[str, Any]:
    return {
        **visit(day, result=result, critical_count=critical),
        "enterprise_id": enterprise,
        "inspection_no": f"I{enterprise}{day}",
    }


def test_surroundings_weigh_what_is_near_and_recent(engine: Engine) -> None:
    # Cells are a fortieth of a degree. E2 shares all four grids' cells with E1; E3 stands in the
    # next cell to the north, half of whose grids reach back to E1; E4 is far off; E5 has no place.
    places = enterprises(
        "E1",
        "E2",
        "E3",
        "E4",
        "E5",
        latitude=[23.02, 23.021, 23.03, 25.0, None],
        longitude=[113.02, 113.02, 113.02, 113.02, None],
    )
    day = "2025-06-30"  # the as-of day itself: of whole weight
    visits = table_of(
        "inspection",
        seen("E2", day, critical=1, result="3"),
        seen("E3", day, critical=0),
        seen("E4", day, critical=1, result="3"),
        seen("E5", day, critical=0),
        seen("E4", "2021-01-10", critical=1),  # beyond 36 months: in no overall ratio
        seen("E2", "2025-07-01", critical=0),  # later
    )
    names = ["surroundings_critical_ratio_fading", "surroundings_problem_ratio_fading"]
    archive = TableArchive(registration=places, inspection=visits)
    rows = build_matrix(engine, archive, as_of=DAY, names=names).select(names).to_pylist()
    overall = 2 / 4
    near = (1 + 4 * overall) / (1 + 0.5 + 4)
    assert list(rows[0].values()) == pytest.approx([near, near])
    assert rows[0] == rows[1]
    assert rows[2][names[0]] == pytest.approx((0.5 + 4 * overall) / (1 + 0.5 + 4))
    assert rows[3][names[0]] == pytest.approx((1 + 4 * overall) / (1 + 4), abs=1e-4)
    assert list(rows[4].values()) == [None, None]
    assert one(engine, *names, registration=places, inspection=visits) == rows[0]


def test_surroundings_fade_by_half_in_three_months(engine: Engine) -> None:
    places = enterprises("E1", "E2", latitude=[23.02, 23.02], longitude=[113.02, 113.02])
    visits = table_of(
        "inspection",
        seen("E1", "2025-06-30", critical=0),
        seen("E2", "2025-03-31", critical=1, result="3"),
    )
    name = "surroundings_critical_ratio_fading"
    weight = 0.5 ** (91 / (3 * 30.436875))
    expected = (weight + 4 * 0.5) / (1 + weight + 4)
    found = one(engine, name, registration=places, inspection=visits)
    assert found == {name: pytest.approx(expected, abs=1e-5)}


def test_surroundings_without_visits_are_like_their_district(engine: Engine) -> None:
    places = enterprises(
        "E1",
        "E2",
        "E3",
        area_code=["440507", "440507", "440511"],
        latitude=[23.02, 24.0, 25.0],
        longitude=[113.02, 113.02, 113.02],
    )
    visits = table_of(
        "inspection",
        seen("E2", "2025-01-10", critical=1, result="3"),
        seen("E3", "2025-01-10", critical=0),
    )
    name = "surroundings_critical_ratio_fading"
    found = one(engine, name, registration=places, inspection=visits)
    assert found == {name: pytest.approx((1 + 20 * 0.5) / (1 + 20))}


def test_scores_of_inspections(engine: Engine) -> None:
    visits = table_of(
        "inspection",
        visit("2022-01-10", score=20.0),  # beyond 36 months
        visit("2023-01-10", score=71.5),
        visit("2024-01-10", score=90.0),
        visit("2024-02-10", score=30.0),  # a follow-up
        visit("2025-01-10"),  # without a score
    )
    names = ("last_inspection_score", "inspection_score_lowest_36m")
    found = one(engine, *names, registration=enterprises("E1"), inspection=visits)
    assert list(found.values()) == [90.0, 71.5]
    unscored = table_of("inspection", visit("2025-01-10"))
    found = one(engine, *names, registration=enterprises("E1"), inspection=unscored)
    assert list(found.values()) == [None, None]


def test_peers_of_a_classification_are_told_by_critical_findings(engine: Engine) -> None:
    places = enterprises("E1", "E2", "E3", attribute_1=["school", "school", "bakery"])
    visits = table_of(
        "inspection",
        seen("E2", "2025-01-10", critical=1),
        seen("E3", "2025-01-10", critical=0),
    )
    name = "attribute_1_critical_ratio_36m"
    found = one(engine, name, registration=places, inspection=visits)
    assert found == {name: pytest.approx((1 + 20 * 0.5) / (1 + 20))}
