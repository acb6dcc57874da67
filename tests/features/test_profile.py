"""Who the enterprises are as of a day."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from features.catalogue import record_kinds
from features.engine import Engine
from features.errors import AsOfError
from features.point_in_time import is_visible
from features.profile import build_matrix_and_profile, build_profile
from tests.features.random_records import TableArchive, enterprises, random_city, table_of

DAY = date(2025, 6, 30)


def profile_of(engine: Engine, **kinds: pa.Table) -> list[dict[str, Any]]:
    rows = build_profile(engine, TableArchive(**kinds), as_of=DAY).to_pylist()
    return [dict(row) for row in rows]


def test_columns_and_newest_values(engine: Engine) -> None:
    first = enterprises(
        "E1",
        name="旧名",
        area_code="440507",
        industry_code="7020",
        entity_type="company",
        address="一路1号",
        established_on="2015-07-01",
        record_id="first",
    )
    change = table_of(
        "registration",
        {
            "enterprise_id": "E1",
            "event_on": "2024-01-01",
            "event": "change",
            "status": "active",
            "name": "新名",
            "record_id": "change",
        },
    )
    (row,) = profile_of(engine, registration=pa.concat_tables([first, change]))
    assert row == {
        "enterprise_id": "E1",
        "name": "新名",
        "area_code": "440507",
        "industry_code": "7020",
        "entity_type": "company",
        "status": "active",
        "established_on": date(2015, 7, 1),
        "address": "一路1号",
        "registered_capital_cny": None,
        "is_food": False,
        "is_special_equipment": False,
        "holds_food_production": False,
        "holds_food_operation": False,
        "holds_food_filing": False,
        "holds_special_equipment": False,
        "holds_other": False,
        "on_serious_violation_list": False,
        "on_abnormal_operations_list": False,
        "months_since_established": 119,
        "has_history": False,
    }


def test_rows_are_those_of_the_matrix(engine: Engine) -> None:
    city = random_city()
    profile = build_profile(engine, city.archive, as_of=city.as_of)
    assert profile["enterprise_id"].equals(city.matrix["enterprise_id"])
    first = profile.slice(0, 1)
    ids = first["enterprise_id"].to_pylist()
    alone = build_profile(engine, city.archive, as_of=city.as_of, enterprise_ids=ids)
    assert alone.equals(first)
    lists = profile["on_serious_violation_list"].to_pylist()
    assert [float(on) for on in lists] == city.matrix["on_serious_violation_list"].to_pylist()


def licence(owner: str, kind: str, until: str, status: str = "valid") -> dict[str, Any]:
    return {
        "enterprise_id": owner,
        "event_on": "2022-01-01",
        "licence_no": f"{owner}{kind}",
        "licence_kind": kind,
        "valid_to": until,
        "status": status,
    }


def unit(owner: str, status: str) -> dict[str, Any]:
    return {
        "enterprise_id": owner,
        "event_on": "2024-01-01",
        "unit_code": owner,
        "status": status,
    }


def test_sectors_by_licence_unit_and_industry(engine: Engine) -> None:
    owners = ["F1", "F2", "F3", "F4", "S1", "S2", "S3", "S4"]
    industries = ["7020"] * 8
    industries[3], industries[7] = "6210", "3435"
    rows = profile_of(
        engine,
        registration=enterprises(*owners, industry_code=industries),
        licence=table_of(
            "licence",
            licence("F1", "food_filing", "2025-06-30"),
            licence("F2", "food_operation", "2025-06-29"),  # expired
            licence("F3", "food_production", "2026-01-01", status="revoked"),
            licence("S1", "special_equipment", "2026-01-01"),
        ),
        special_equipment_unit=table_of(
            "special_equipment_unit",
            {"enterprise_id": "S2", "event_on": "2024-01-01", "unit_code": "a", "status": "in_use"},
            {
                "enterprise_id": "S3",
                "event_on": "2024-01-01",
                "unit_code": "b",
                "status": "stopped",
            },
        ),
    )
    food = {row["enterprise_id"] for row in rows if row["is_food"]}
    equipment = {row["enterprise_id"] for row in rows if row["is_special_equipment"]}
    assert (food, equipment) == ({"F1", "F4"}, {"S1", "S2", "S4"})


def test_lists_and_history(engine: Engine) -> None:
    def entry(owner: str, name: str, action: str, number: str) -> dict[str, Any]:
        return {
            "enterprise_id": owner,
            "event_on": "2024-01-01",
            "list": name,
            "action": action,
            "decision_no": number,
        }

    rows = profile_of(
        engine,
        registration=enterprises("E1", "E2", "E3", "E4"),
        list_entry=table_of(
            "list_entry",
            entry("E1", "serious_violation_list", "listing", "1"),
            entry("E2", "abnormal_operations_list", "listing", "2"),
            entry("E2", "abnormal_operations_list", "removal", "3"),
            entry("E3", "abnormal_operations_list", "listing", "4"),
        ),
    )
    flags = ("on_serious_violation_list", "on_abnormal_operations_list", "has_history")
    assert [tuple(row[name] for name in flags) for row in rows] == [
        (True, False, True),
        (False, False, True),
        (False, True, True),
        (False, False, False),
    ]


@pytest.mark.parametrize("names", [(), None], ids=["profile alone", "with all indicators"])
def test_a_visible_record_of_any_kind_is_history(
    engine: Engine, names: tuple[str, ...] | None
) -> None:
    kinds = [kind for kind in record_kinds() if kind not in ("registration", "area_event")]
    tables = {
        kind: _of_owners(table, among=len(kinds), place=kinds.index(kind))
        for kind, table in random_city().tables.items()
        if kind in kinds
    }
    archive = TableArchive(registration=random_city().tables["registration"], **tables)
    _, profile = build_matrix_and_profile(engine, archive, as_of=DAY, names=names)
    seen = {
        row["enterprise_id"]
        for table in tables.values()
        for row in table.to_pylist()
        if is_visible(row | {"superseded_at": None}, as_of=DAY)
    }
    told = profile.filter(profile["has_history"])["enterprise_id"].to_pylist()
    assert set(told) == seen & set(profile["enterprise_id"].to_pylist())
    assert 0 < len(told) < profile.num_rows


def _of_owners(table: pa.Table, *, among: int, place: int) -> pa.Table:
    """The rows of every so manieth enterprise: each has records of one kind at most."""
    numbers = [int(owner.lstrip("E")) for owner in table["enterprise_id"].to_pylist()]
    return table.filter(pa.array([number % among == place for number in numbers]))


def test_unknown_establishment_counts_from_the_first_registration(
    engine: Engine,
) -> None:
    registration = enterprises("E1", established_on=None, event_on="2024-06-30")
    (row,) = profile_of(engine, registration=registration)
    assert (row["established_on"], row["months_since_established"]) == (None, 12)


def test_as_of_too_late_is_refused(engine: Engine) -> None:
    archive = TableArchive(registration=enterprises("E1"))
    with pytest.raises(AsOfError):
        build_profile(engine, archive, as_of=date(2025, 8, 1))
