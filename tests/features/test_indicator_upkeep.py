"""Licences' food scope and late renewals, and special equipment between its inspections."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from features.build import build_matrix
from features.engine import Engine
from tests.features.random_records import TableArchive, enterprises, table_of

DAY = date(2025, 6, 30)


def one(
    engine: Engine, *names: str, as_of: date = DAY, known: str = "2025-06-30", **kinds: pa.Table
) -> dict[str, Any]:
    """Indicators of E1 in a small archive."""
    archive = TableArchive(known=known, registration=enterprises("E1"), **kinds)
    matrix = build_matrix(engine, archive, as_of=as_of, names=names, enterprise_ids=["E1"])
    (row,) = matrix.select(names).to_pylist()
    return dict(row)


def licence(number: str, category: str | None, **more: Any) -> dict[str, Any]:
    return {
        "enterprise_id": "E1",
        "event_on": "2023-01-01",
        "licence_no": number,
        "licence_kind": "food_production",
        "category": category,
        "valid_from": "2023-01-01",
        "valid_to": "2027-12-31",
        "status": "valid",
        **more,
    }


@pytest.mark.parametrize(
    ("number", "category", "tier"),
    [
        ("SC1", "01 粮食加工品", 1),
        ("SC1", "0401 热加工熟肉制品", 4),
        ("SC1", "24 糕点", 3),
        ("SC1", "24 糕点;105 乳制品", 4),
        ("SC1", "201 食品添加剂", 2),
        ("SC1", "03 调味品", None),  # the act names no tier
        ("SC1", "2024 年", None),
        ("SC12744050700018", None, 4),  # health food by its number
        ("SC20344050700018", "复配", 3),
        ("YB14405070000016", None, 1),
        ("JY14405070000016", "食品销售经营者（预包装食品（不含冷藏冷冻食品）销售）", 1),
        ("JY14405070000016", "食品销售经营者（散装食品（含冷藏冷冻食品）销售）", 3),
        ("JY24405070000022", "餐饮服务经营者（热食类食品制售）", 2),
        ("JY24405070000022", "餐饮服务经营者（含冷食、生食、裱花）", 3),
        ("JY34419000000034", "集中用餐单位食堂、集体用餐配送", 4),
        ("JY14405070000016", "食品销售经营者", None),
    ],
)
def test_static_tier(engine: Engine, number: str, category: str | None, tier: int | None) -> None:
    licences = table_of("licence", licence(number, category))
    assert one(engine, "food_static_tier", licence=licences) == {"food_static_tier": tier}


def test_the_riskiest_valid_category_counts(engine: Engine) -> None:
    licences = table_of(
        "licence",
        licence("SC1", "24 糕点;08 饼干"),
        licence("SC2", "27 保健食品", valid_to="2025-06-29"),  # ended
        licence("JY3", "中央厨房", licence_kind="food_operation"),
        licence("TS4", "05 锅炉", licence_kind="special_equipment"),
    )
    names = ("food_static_tier", "food_categories", "makes_special_food", "is_mass_caterer")
    assert list(one(engine, *names, licence=licences).values()) == [4, 3, 0, 1]


def test_renewals_after_the_end_are_late(engine: Engine) -> None:
    def term(number: str, start: str, end: str, **more: Any) -> dict[str, Any]:
        return licence(number, "热食", event_on=start, valid_from=start, valid_to=end, **more)

    licences = table_of(
        "licence",
        term("A", "2014-01-01", "2018-12-31"),
        term("A", "2019-01-01", "2023-12-31"),  # the next day
        term("B", "2024-01-02", "2028-12-31"),  # one day without, under another number
        term("C", "2020-01-01", "2022-12-31", licence_kind="food_operation"),
        term("C", "2023-03-01", "2025-12-30", licence_kind="food_operation", status="revoked"),
        term("T", "2021-01-01", "2025-12-30", licence_kind="special_equipment"),
        term("U", "2021-01-01", "2025-12-31", licence_kind="special_equipment"),
    )
    names = ("late_licence_renewals_60m", "equipment_licences_expiring")
    assert list(one(engine, *names, licence=licences).values()) == [1, 1]


def test_full_check_of_food(engine: Engine) -> None:
    def visits(kind: str, day: str) -> pa.Table:
        return table_of(
            "inspection",
            {
                "enterprise_id": "E1",
                "event_on": day,
                "inspection_no": "I1",
                "inspection_kind": kind,
                "result_code": "1",
                "matter": "food",
            },
        )

    name = "food_full_check_overdue"
    begun = {"event_on": "2015-01-01", "valid_from": "2015-01-01"}
    held = {"licence": table_of("licence", licence("SC1", "24", **begun))}
    assert one(engine, name) == {name: None}  # no food business
    assert one(engine, name, **held) == {name: 1}
    for kind, day, overdue in [
        ("routine", "2023-07-01", 0),
        ("double_random", "2023-06-30", 1),
        ("complaint", "2025-01-01", 1),
    ]:
        assert one(engine, name, inspection=visits(kind, day), **held) == {name: overdue}
    # Before the rule, and on its first day.
    assert one(engine, name, as_of=date(2022, 3, 14), **held) == {name: None}
    assert one(engine, name, as_of=date(2022, 3, 15), **held) == {name: 1}


def unit(code: str, **more: Any) -> dict[str, Any]:
    return {
        "enterprise_id": "E1",
        "event_on": "2024-01-01",
        "unit_code": code,
        "category_code": "1000",
        "commissioned_on": "2015-01-01",
        "inspection_result": "passed",
        "status": "in_use",
        **more,
    }


@pytest.mark.parametrize(
    ("more", "overdue"),
    [
        ({"last_inspected_on": "2024-06-30"}, 0),  # a boiler: 12 months, due on the day
        ({"last_inspected_on": "2024-06-29"}, 1),
        ({"last_inspected_on": "2024-06-29", "next_inspection_on": "2026-01-01"}, 0),
        ({"last_inspected_on": "2020-01-01", "inspection_result": "failed"}, 0),  # no next day
        ({"category_code": "4000", "last_inspected_on": "2023-06-30"}, 0),  # a crane: 24 months
        ({"category_code": "4000", "last_inspected_on": "2023-06-29"}, 1),
        ({"category_code": "7000", "last_inspected_on": "2010-01-01"}, 0),  # no interval known
        ({"commissioned_on": "2024-06-29", "inspection_result": "none"}, 1),  # from first use
    ],
)
def test_due_day_by_the_law(engine: Engine, more: dict[str, Any], overdue: int) -> None:
    units = table_of("special_equipment_unit", unit("u", **more))
    found = one(engine, "units_overdue", special_equipment_unit=units)
    assert found == {"units_overdue": overdue}


@pytest.mark.parametrize(
    ("commissioned", "inspected", "due"),
    [
        ("2024-06-30", None, "2025-06-30"),  # year 1
        ("2022-03-01", "2023-02-10", "2026-03-01"),  # after year 1 comes year 4
        ("2018-03-01", "2022-05-01", "2025-03-01"),  # year 4, then 7
        ("2018-06-30", "2023-01-05", "2025-06-30"),  # five months late is still year 4
        ("2009-01-01", "2024-06-29", "2025-06-29"),  # after year 15 every year
    ],
)
def test_elevators_follow_their_years_of_use(
    engine: Engine, commissioned: str, inspected: str | None, due: str
) -> None:
    elevator = unit(
        "u", category_code="3000", commissioned_on=commissioned, last_inspected_on=inspected
    )
    units = table_of("special_equipment_unit", elevator)
    found = one(engine, "days_overdue_highest", special_equipment_unit=units)
    late = (DAY - date.fromisoformat(due)).days
    assert found == {"days_overdue_highest": late if late > 0 else None}


def test_units_due_uninspected_and_registered_late(engine: Engine) -> None:
    units = table_of(
        "special_equipment_unit",
        unit("a", last_inspected_on="2024-01-01", next_inspection_on="2025-07-30"),
        unit("b", last_inspected_on="2024-01-01", next_inspection_on="2025-07-31"),
        unit("c", last_inspected_on=None, next_inspection_on="2026-01-01"),
        # Old when the register began: when it was registered is unknown.
        unit("d", commissioned_on="2010-01-01", last_inspected_on="2024-12-01"),
        unit("e", event_on="2024-04-01", commissioned_on="2024-03-01", status="stopped"),
        unit("f", event_on="2024-04-01", commissioned_on="2024-03-02", status="stopped"),
        unit("g", next_inspection_on="2025-06-29", place_kind="school", last_inspected_on=DAY),
        unit("h", next_inspection_on="2025-06-29", place_kind="office", last_inspected_on=DAY),
    )
    names = ("units_due_soon", "units_uninspected", "units_registered_late", "public_units_overdue")
    found = one(engine, *names, special_equipment_unit=units)
    assert list(found.values()) == [1, 1, 1, 1]


def test_own_checks_maintenance_and_hazards(engine: Engine) -> None:
    def check(code: str, day: str, kind: str, result: str = "normal", **more: Any) -> Any:
        return {
            "enterprise_id": "E1",
            "unit_code": code,
            "event_on": day,
            "check_kind": kind,
            "result": result,
            **more,
        }

    units = table_of(
        "special_equipment_unit",
        unit("a", category_code="3000"),
        unit("b", category_code="3000"),
        unit("c", category_code="3000", commissioned_on="2025-06-15"),  # new: nothing is late
        unit("d"),
        unit("e", status="stopped"),
    )
    checks = table_of(
        "special_equipment_check",
        check("a", "2025-05-31", "self_check"),
        check("b", "2025-05-30", "self_check"),
        check("e", "2025-06-20", "self_check"),
        check("a", "2025-06-15", "maintenance"),
        check("b", "2025-06-14", "maintenance", "hazard"),  # open
        check("d", "2025-01-01", "self_check", "hazard", is_mended=True),
        check("a", "2024-01-01", "self_check", "hazard"),  # normal since
        check("e", "2025-06-25", "maintenance", "hazard", is_mended=False),  # open
    )
    names = (
        "self_checks_per_unit_1m",
        "self_checks_per_unit_3m",
        "units_unchecked",
        "elevators_unmaintained",
        "hazards_12m",
        "hazards_open",
    )
    found = one(engine, *names, special_equipment_unit=units, special_equipment_check=checks)
    assert list(found.values()) == [0.5, 0.75, 2, 1, 3, 2]


def test_without_anybody_s_checks_none_is_overdue(engine: Engine) -> None:
    units = table_of("special_equipment_unit", unit("a", category_code="3000"))
    names = ("self_checks_per_unit_1m", "units_unchecked", "elevators_unmaintained", "hazards_open")
    found = one(engine, *names, special_equipment_unit=units)
    assert list(found.values()) == [None, None, None, 0]
