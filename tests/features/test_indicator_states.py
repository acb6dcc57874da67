"""What indicators say of reports, licences, units and others, on records written by hand."""

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


def visit(day: str, kind: str = "routine", result: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "enterprise_id": "E1",
        "event_on": day,
        "inspection_no": f"I{day}{kind}",
        "inspection_kind": kind,
        "result_code": result,
        **more,
    }


def test_annual_reports_owed_late_and_missing(engine: Engine) -> None:
    reports = table_of(
        "annual_report",
        *[
            {"enterprise_id": owner, "event_on": day, "report_year": year, "employees": people}
            for owner, day, year, people in [
                ("E1", "2022-06-30", 2021, 10),  # on time
                ("E1", "2023-07-01", 2022, 20),  # late
                ("E1", "2023-08-01", 2022, 30),  # handed in again: not late twice
                ("E2", "2025-05-01", 2024, None),  # before its deadline
            ]
        ],
    )
    registration = enterprises(
        "E1", "E2", "E3", established_on=["2015-01-01", "2023-05-01", "2025-01-01"]
    )
    names = [
        "annual_report_missing",
        "annual_reports_missing_3y",
        "annual_reports_late_3y",
        "annual_reports_on_time_3y",
        "employees",
        "employees_change_ratio",
    ]
    archive = TableArchive(registration=registration, annual_report=reports)
    rows = build_matrix(engine, archive, as_of=DAY, names=names).select(names).to_pylist()
    assert [list(row.values()) for row in rows] == [
        [1, 1, 1, 1, 30, 2.0],  # owes 2021, 2022, 2023; the report on 2024 is not due yet
        [1, 1, 0, 0, None, None],  # owes 2023
        [None, None, 0, 0, None, None],  # owes nothing yet
    ]


def test_without_anybody_s_reports_none_is_missing(engine: Engine) -> None:
    found = one(engine, "annual_report_missing", registration=enterprises("E1"))
    assert found == {"annual_report_missing": None}


def test_connected_and_peers(engine: Engine) -> None:
    registration = enterprises(
        "E1",
        "E2",
        "E3",
        "E4",
        legal_representative_key=["a", "a", "a", None],
        address_key=["x", "x", "y", "x"],
        industry_code=["6210", "6220", "6210", "1411"],
        status=["active", "revoked", "deregistered", "active"],
    )
    inspections = table_of(
        "inspection",
        {**visit("2024-01-10", result="3"), "enterprise_id": "E1"},
        {**visit("2024-01-10", result="1"), "enterprise_id": "E3"},
        {**visit("2024-01-10", result="3"), "enterprise_id": "E4"},
        {**visit("2022-06-30", result="3"), "enterprise_id": "E3"},  # before the window
    )
    penalties = table_of(
        "penalty",
        *[{"enterprise_id": owner, "event_on": "2024-05-01"} for owner in ("E1", "E2", "E3", "E3")],
    )
    names = [
        "related_enterprises",
        "related_revoked",
        "related_penalties_36m",
        "address_enterprises",
        "address_problem_inspections_36m",
        "industry_problem_ratio_36m",
        "industry_division_problem_ratio_36m",
    ]
    archive = TableArchive(registration=registration, inspection=inspections, penalty=penalties)
    rows = build_matrix(engine, archive, as_of=DAY, names=names).select(names).to_pylist()
    overall = 2 / 3
    class_6210 = (1 + 20 * overall) / (2 + 20)
    class_1411 = (1 + 20 * overall) / (1 + 20)
    assert [list(row.values()) for row in rows] == [
        [0, 1, 3, 1, 1, class_6210, class_6210],
        [1, 0, 3, 2, 2, overall, class_6210],
        [None, None, None, 1, 1, class_1411, class_1411],
    ]


def test_units_and_maintenance_firms(engine: Engine) -> None:
    def unit(owner: str, code: str, day: str, **more: Any) -> dict[str, Any]:
        defaults = {"category_code": "3000", "status": "in_use", "inspection_result": "passed"}
        return {
            "enterprise_id": owner,
            "event_on": day,
            "unit_code": code,
            "commissioned_on": "2020-06-30",
            "maintenance_firm": "维保甲",
            **defaults,
            **more,
        }

    units = table_of(
        "special_equipment_unit",
        unit("E1", "u1", "2024-01-01", next_inspection_on="2024-12-31", place_kind="school"),
        unit("E1", "u1", "2025-01-01", next_inspection_on="2025-06-20", place_kind="school"),
        unit("E1", "u2", "2024-01-01", next_inspection_on="2025-06-30", inspection_result="failed"),
        unit("E1", "u3", "2024-01-01", status="stopped", next_inspection_on="2020-01-01"),
        unit("E2", "v1", "2024-01-01", category_code="1000"),
    )
    names = [
        "units_in_use",
        "elevators_in_use",
        "units_overdue",
        "units_overdue_ratio",
        "days_overdue_highest",
        "units_failed",
        "unit_age_mean_days",
        "units_in_public_places",
        "maintenance_firm_failure_ratio",
    ]
    archive = TableArchive(registration=enterprises("E1", "E2"), special_equipment_unit=units)
    rows = build_matrix(engine, archive, as_of=DAY, names=names).select(names).to_pylist()
    age = (DAY - date(2020, 6, 30)).days
    ratio = pytest.approx((1 + 20 / 3) / (3 + 20))
    assert list(rows[0].values()) == [2, 2, 1, 0.5, 10, 1, age, 1, ratio]
    assert rows[1]["maintenance_firm_failure_ratio"] == rows[0]["maintenance_firm_failure_ratio"]
    assert rows[1]["elevators_in_use"] == 0


def test_makers_and_technical_values_of_units(engine: Engine) -> None:
    def unit(owner: str, code: str, maker: str | None, **more: Any) -> dict[str, Any]:
        defaults = {"category_code": "3000", "status": "in_use", "inspection_result": "passed"}
        return {
            "enterprise_id": owner,
            "event_on": "2024-01-01",
            "unit_code": code,
            "manufacturer": maker,
            **defaults,
            **more,
        }

    units = table_of(
        "special_equipment_unit",
        unit("E1", "u1", "甲", stops=12, rated_speed_m_s=1.75, rated_load_kg=1000.0),
        unit("E1", "u2", "乙", stops=30, inspection_result="failed"),
        unit("E1", "u3", "乙", stops=60, rated_speed_m_s=6.0, status="scrapped"),
        unit("E2", "v1", "乙"),
        unit("E3", "w1", None, inspection_result="failed"),  # of an unknown maker: compared nowhere
    )
    names = [
        "manufacturer_failure_ratio",
        "unit_stops_highest",
        "unit_rated_speed_m_s_highest",
        "unit_rated_load_kg_highest",
    ]
    archive = TableArchive(registration=enterprises("E1", "E2", "E3"), special_equipment_unit=units)
    rows = build_matrix(engine, archive, as_of=DAY, names=names).select(names).to_pylist()
    worst = pytest.approx((1 + 20 / 3) / (2 + 20))
    assert [list(row.values()) for row in rows] == [
        [worst, 30, 1.75, 1000.0],
        [worst, None, None, None],
        [None, None, None, None],
    ]


def test_licences_renewed_expired_and_valid(engine: Engine) -> None:
    def licence(number: str, day: str, until: str | None, **more: Any) -> dict[str, Any]:
        return {
            "enterprise_id": "E1",
            "event_on": day,
            "licence_no": number,
            "licence_kind": "food_operation",
            "category": "热食",
            "valid_from": day,
            "valid_to": until,
            "status": "valid",
            **more,
        }

    licences = table_of(
        "licence",
        licence("JY1", "2015-01-01", "2019-12-31"),  # renewed under another number
        licence("JY2", "2020-01-01", "2025-07-10"),
        licence("JY3", "2018-01-01", "2023-01-01", category="冷食"),  # expired, not renewed
        licence("SC1", "2021-01-01", "2026-01-01", licence_kind="food_production"),
        licence(
            "SC1", "2025-01-01", "2026-01-01", licence_kind="food_production", status="revoked"
        ),
        licence("TS1", "2021-01-01", None, licence_kind="special_equipment"),  # without an end
    )
    found = one(
        engine,
        "licences_valid",
        "licences_expired",
        "licences_expiring",
        "days_to_licence_expiry",
        "has_ended_licence",
        "food_production_licences",
        "has_valid_equipment_licence",
        "days_to_equipment_licence_expiry",
        registration=enterprises("E1"),
        licence=licences,
    )
    assert found == {
        "licences_valid": 2,
        "licences_expired": 1,
        "licences_expiring": 1,
        "days_to_licence_expiry": 10,
        "has_ended_licence": 1,
        "food_production_licences": 0,
        "has_valid_equipment_licence": 1,
        "days_to_equipment_licence_expiry": None,
    }


def test_evidence_is_the_newest_record_counted(engine: Engine) -> None:
    penalties = table_of(
        "penalty",
        *[
            {"enterprise_id": "E1", "event_on": day, "record_id": name, "matter": matter}
            for day, name, matter in [
                ("2024-02-01", "older", "food"),
                ("2024-09-01", "newest food", "food"),
                ("2025-01-01", "newest", "price"),
                ("2025-07-01", "future", "food"),
            ]
        ],
    )
    archive = TableArchive(
        registration=enterprises("E1", legal_representative_key="a", record_id="reg"),
        penalty=penalties,
    )
    names = ["penalties_36m", "food_penalties_36m", "employees", "age_months", "related_revoked"]
    matrix = build_matrix(engine, archive, as_of=DAY, names=names, with_evidence=True)
    (row,) = matrix.to_pylist()
    assert {name: row.get(f"{name}__record", "no column") for name in names} == {
        "penalties_36m": "newest",
        "food_penalties_36m": "newest food",
        "employees": None,
        "age_months": "reg",
        "related_revoked": "no column",
    }


def test_a_register_with_opaque_ids_gets_values(engine: Engine) -> None:
    registration = enterprises(
        "D1",
        "D2",
        attribute_1="Escalator",
        measure_1=[1.5, None],
        address_key="bin 7",
        established_on=None,
        event_on="2014-01-15",
    )
    inspections = table_of("inspection", {**visit("2015-01-10", result="4"), "enterprise_id": "D2"})
    found = one(
        engine,
        "age_months",
        "measure_1",
        "attribute_1_problem_ratio_36m",
        "address_problem_inspections_36m",
        "is_company",
        "is_food_industry",
        of="D1",
        as_of=date(2015, 2, 9),
        registration=registration,
        inspection=inspections,
    )
    assert found == {
        "age_months": 12,
        "measure_1": 1.5,
        "attribute_1_problem_ratio_36m": 1.0,
        "address_problem_inspections_36m": 1,
        "is_company": None,
        "is_food_industry": None,
    }
