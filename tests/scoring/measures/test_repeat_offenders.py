"""Repeat offenders: cases a lawyer reads; decisions named; what was not known does not count."""

from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from features.archive import Archive
from features.engine import Engine
from scoring.measures import find_repeat_offenders, read_visits
from scoring.measures.reports import offender_rows, offenders_workbook
from tests.features.random_records import build, records_table

AS_OF = date(2026, 10, 31)
CASES = yaml.safe_load((Path(__file__).parent / "repeat_cases.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """SIMULATED: one enterprise a case; decisions are known on their own day."""
    rows = [
        (case["case"], day, matter, kinds)
        for case in CASES
        for day, matter, kinds in case["penalties"]
    ]
    owners, days, matters, kinds = (list(column) for column in zip(*rows, strict=True))
    names = [case["case"] for case in CASES]
    registered = {
        "enterprise_id": names,
        "event_on": [date(2015, 1, 1)] * len(names),
        "known_at": [datetime(2015, 1, 2)] * len(names),
        "event": ["establishment"] * len(names),
        "status": ["active"] * len(names),
        "name": [f"模拟{name}" for name in names],
    }
    penalty = {
        "enterprise_id": owners,
        "event_on": days,
        "known_at": [datetime.combine(day, time(1)) for day in days],
        "decision_no": [f"模拟罚〔{number}〕号" for number in range(len(rows))],
        "matter": matters,
        "penalty_kinds": kinds,
    }
    tables = {"registration": registered, "penalty": penalty}
    return build(
        tmp_path_factory.mktemp("penalties"),
        {kind: records_table(kind, table) for kind, table in tables.items()},
    )


def test_each_case_is_found_as_the_table_says(archive: Archive, engine: Engine) -> None:
    found = find_repeat_offenders(engine, archive, as_of=AS_OF, region="440500")
    told = {
        (row["enterprise_id"], row["matter"]): row["is_current"] for row in found.rows.to_pylist()
    }
    assert told == {
        (case["case"], matter): current
        for case in CASES
        for matter, current in case["found"].items()
    }


def test_the_decisions_and_the_consequence_are_named(archive: Archive, engine: Engine) -> None:
    found = find_repeat_offenders(engine, archive, as_of=AS_OF, region="440500")
    by_matter = {row[3]: row for row in offender_rows(found)}
    food, price = by_matter["食品安全"], by_matter["价格"]
    assert food[7].count("；") == 2
    assert "停产停业" in food[-2]
    assert "第一百三十四条" in food[-1]
    assert "待法制审核" not in food[-1]
    assert "未规定" in price[-2]
    assert "待法制审核" in price[-1]
    assert offenders_workbook(found).startswith(b"PK")


def test_the_list_of_a_past_day_is_what_was_known_then(archive: Archive, engine: Engine) -> None:
    before = find_repeat_offenders(engine, archive, as_of=date(2026, 8, 31), region="440500")
    assert CASES[0]["case"] not in before.rows["enterprise_id"].to_pylist()


def test_a_visit_known_later_does_not_count_yet(tmp_path: Path, engine: Engine) -> None:
    visits = {
        "enterprise_id": ["E"] * 3,
        "event_on": [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)],
        "known_at": [datetime(2026, 3, 2), datetime(2026, 7, 1), datetime(2026, 5, 2)],
        "inspection_no": ["模拟1", "模拟2", "模拟3"],
        "inspection_kind": ["routine", "post_licence", "complaint"],
        "matter": ["food", "food", "food"],
    }
    archive = build(tmp_path, {"inspection": records_table("inspection", visits)})
    ids = pa.array(["E", "nobody"])
    before = read_visits(engine, archive, ids, year=2026, as_of=date(2026, 6, 30))
    after = read_visits(engine, archive, ids, year=2026, as_of=date(2026, 7, 31))
    assert (before.made.tolist(), after.made.tolist()) == ([1, 0], [2, 0])
    assert after.post_licence.tolist() == [1, 0]
    assert after.last_food_check.astype(str).tolist() == ["2026-04-01", "NaT"]
