"""Objects of an item: by everybody, industry or licence, in business on the day."""

from datetime import date, datetime
from pathlib import Path

import pytest

from features.archive import Archive
from features.engine import Engine
from features.item_objects import OBJECTS_SCHEMA, find_objects, read_object_rule
from tests.features.random_records import build, records_table

DAY = date(2024, 12, 31)
REGISTER = [("BAKER", "1411"), ("LIFTS", "3435"), ("SHOP", "5212"), ("GONE", "1411")]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """SIMULATED: four enterprises, one of them deregistered, one with a licence."""
    rows = [(*one, "establishment", "active", date(2015, 1, 1)) for one in REGISTER]
    rows.append(("GONE", "1411", "deregistration", "deregistered", date(2024, 6, 1)))
    ids, industries, events, states, days = (list(column) for column in zip(*rows, strict=True))
    registration = {
        "enterprise_id": ids,
        "event_on": days,
        "known_at": [datetime(day.year, day.month, day.day, 12) for day in days],
        "event": events,
        "status": states,
        "name": [f"模拟{one}" for one in ids],
        "industry_code": industries,
    }
    licence = {
        "enterprise_id": ["SHOP", "GONE"],
        "event_on": [date(2020, 3, 1)] * 2,
        "known_at": [datetime(2020, 3, 1, 12)] * 2,
        "licence_no": ["JY14405070000016", "JY14405070000024"],
        "licence_kind": ["food_operation"] * 2,
        "status": ["valid"] * 2,
        "valid_to": [date(2028, 1, 1)] * 2,
    }
    tables = {"registration": registration, "licence": licence}
    records = {kind: records_table(kind, columns) for kind, columns in tables.items()}
    return build(tmp_path, records)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全部", {"BAKER": "全部", "LIFTS": "全部", "SHOP": "全部"}),
        ("行业:14", {"BAKER": "行业:1411"}),
        ("行业：14；许可:food_operation", {"BAKER": "行业:1411", "SHOP": "许可:food_operation"}),
        ("行业:99", {}),
    ],
)
def test_objects_of_a_rule(archive: Archive, text: str, expected: dict[str, str]) -> None:
    rule, faults = read_object_rule(text)
    assert faults == []
    with Engine() as engine:
        found = find_objects(engine, archive, rule, as_of=DAY)
    assert found.schema.equals(OBJECTS_SCHEMA)
    assert (
        dict(zip(found["uscc"].to_pylist(), found["because"].to_pylist(), strict=False)) == expected
    )


@pytest.mark.parametrize("text", ["", "餐饮", "行业:x", "许可:none", "全部；行业:14"])
def test_faulty_rules_are_told(text: str) -> None:
    assert read_object_rule(text)[1]
