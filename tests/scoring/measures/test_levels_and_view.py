"""Industry levels with overrides, key zones, the four-in-one view, guidance."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from scoring.errors import MeasuresError
from scoring.measures import (
    Facts,
    LawReader,
    LevelOverride,
    append_override,
    count_by_area,
    four_in_one,
    industry_levels,
    parse_zones,
    propose_guidance,
    read_overrides,
)
from tests.scoring.measures.test_plan import make_run

TODAY, REGION = date(2026, 11, 1), "440500"
GOOD = LevelOverride("set", "模拟0", "丙", "只售预包装", "张三", TODAY, date(2027, 4, 30))


def level(code: str, *, on: date = TODAY, folder: Path | None = None) -> tuple[str, str]:
    ids = pa.array(["模拟0"])
    overrides = read_overrides(folder) if folder else []
    found = industry_levels(ids, np.array([code], dtype=object), on=on, overrides=overrides)
    return str(found.level[0]), str(found.basis[0])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("6210", "甲"),
        ("1369", "甲"),
        ("5169", "甲"),
        ("5112", "乙"),
        ("8511", "乙"),
        ("7249", "丙"),
        ("7020", "丙"),
    ],
)
def test_the_level_follows_the_class_then_its_longest_prefix(code: str, expected: str) -> None:
    assert level(code) == (expected, "industry")


def test_an_unknown_industry_has_no_level() -> None:
    assert level("") == ("", "unknown")


def test_an_override_holds_until_its_last_day_or_until_it_is_revoked(tmp_path: Path) -> None:
    append_override(tmp_path, GOOD, region=REGION)
    assert level("6210", folder=tmp_path) == ("丙", "override")
    assert level("6210", folder=tmp_path, on=date(2027, 4, 30)) == ("丙", "override")
    assert level("6210", folder=tmp_path, on=date(2027, 5, 1)) == ("甲", "industry")
    assert level("6210", folder=tmp_path, on=date(2026, 10, 31)) == ("甲", "industry")
    gone = replace(GOOD, action="revoke", level="", expires_on=None, reason="恢复现制现售")
    append_override(tmp_path, gone, region=REGION)
    assert level("6210", folder=tmp_path) == ("甲", "industry")
    with pytest.raises(MeasuresError, match="revoke"):
        append_override(tmp_path, gone, region=REGION)
    assert len(read_overrides(tmp_path)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"by": " "},
        {"reason": ""},
        {"level": "丁"},
        {"expires_on": None},
        {"expires_on": date(2026, 10, 31)},
        {"expires_on": date(2029, 1, 1)},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_a_faulty_override_is_refused_and_leaves_nothing(tmp_path: Path, fault: dict) -> None:
    with pytest.raises(MeasuresError) as caught:
        append_override(tmp_path, replace(GOOD, **fault), region=REGION)
    assert caught.value.zh
    assert caught.value.en
    assert read_overrides(tmp_path) == []


def zone_file(*rows: str) -> bytes:
    return "\n".join(["编号,名称,种类,纬度,经度,半径米", *rows]).encode("utf-8-sig")


def test_all_faults_of_a_zone_file_are_told() -> None:
    with pytest.raises(MeasuresError) as caught:
        parse_zones(zone_file("Z1,模拟小学,school,23,116,300", "Z2,模拟市场,market,123,116,300"))
    assert "第 2 行" in caught.value.zh
    assert "第 3 行" in caught.value.zh
    with pytest.raises(MeasuresError, match="半径米"):
        parse_zones("编号,名称,种类,纬度,经度\n".encode())
    with pytest.raises(MeasuresError, match="UTF-8"):
        parse_zones("编号".encode("gb18030"))


def test_the_view_puts_grade_level_warning_and_zone_together() -> None:
    run = make_run([{"grade": "D"}, {"grade": "A"}, {"grade": "B"}])
    rules = LawReader(run.as_of, region=REGION).rules("measures.warning_rules")
    facts = Facts({rule.indicator: np.full(3, np.nan) for rule in rules})
    facts.values["on_serious_violation_list"] = np.array([1.0, 0.0, np.nan])
    facts.values["on_abnormal_operations_list"] = np.array([1.0, 1.0, 0.0])
    places = (np.array([23.3601, 23.40, np.nan]), np.array([116.70, 116.70, np.nan]))
    view = four_in_one(
        run,
        facts,
        levels=industry_levels(run.ids, run.texts("industry_code"), on=TODAY),
        warning_rules=rules,
        places=places,
        zones=parse_zones(zone_file("Z1,模拟小学,campus,23.36,116.70,300")),
    )
    assert view["warning"].to_pylist() == ["red", "yellow", "none"]
    assert view["warning_causes"].to_pylist()[0].count("；") == 2
    assert view["zone"].to_pylist() == ["模拟小学", None, None]
    (row,) = count_by_area(view).to_pylist()
    assert row["enterprises"] == 3
    assert (row["grade_D"], row["warning_red"], row["in_zone"]) == (1, 1, 1)


def test_guidance_is_proposed_by_grade_and_by_event() -> None:
    both = {"grade": "D", "is_food": True, "is_special_equipment": True}
    run = make_run([both, {"grade": "A"}, {"status": "revoked"}])
    reader = LawReader(run.as_of, region=REGION)
    rules, table = reader.rules("measures.guidance_rules"), reader.value("measures.supervision")
    facts = Facts({rule.indicator: np.zeros(3) for rule in rules})
    facts.values["annual_report_missing"] = np.ones(3)
    tasks = propose_guidance(run, facts, table=table, rules=rules, reader=reader).to_pylist()
    assert [(task["enterprise_id"], task["guidance"]) for task in tasks] == [
        ("模拟0", "interview"),
        ("模拟0", "remind"),
        ("模拟1", "remind"),
    ]
