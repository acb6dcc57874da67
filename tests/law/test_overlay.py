"""An office's own values lie over the package's, under the same checks."""

from datetime import date
from pathlib import Path

import pytest

import law
from law.errors import ParameterFileError

DAY = date(2026, 6, 1)
NAME = "double_random.sampling_ratio_per_mille"
ENTRY = """values:
  - from: {day}
    region: "{region}"
    value: {{A: 20, B: 60, C: 350, D: 900}}
    status: confirmed
    source: policy_document
    checked_on: 2026-01-05
    reference: {{act: 年度双随机抽查计划, number: null, article: 第三条}}
"""


def overlay(tmp_path: Path, content: str, *, name: str = NAME) -> Path:
    topic, file = name.split(".")
    path = tmp_path / "parameters" / topic / f"{file}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return tmp_path


def test_office_value_wins_in_its_region_only(tmp_path: Path) -> None:
    folder = overlay(tmp_path, ENTRY.format(day="2026-01-01", region="440500"))
    inside = law.lookup(NAME, on=DAY, region="440507", overlay=folder)
    assert inside.value == {"A": 20, "B": 60, "C": 350, "D": 900}
    assert inside.is_confirmed
    assert inside.origin.startswith(str(tmp_path))
    outside = law.lookup(NAME, on=DAY, region="441900", overlay=folder)
    assert outside == law.lookup(NAME, on=DAY, region="441900")
    before = law.lookup(NAME, on=date(2025, 12, 31), region="440507", overlay=folder)
    assert before.origin == "package"


def test_same_region_and_day_replaces(tmp_path: Path) -> None:
    folder = overlay(tmp_path, ENTRY.format(day="2022-01-13", region="000000"))
    assert law.lookup(NAME, on=DAY, overlay=folder).is_confirmed
    assert not law.lookup(NAME, on=DAY).is_confirmed
    left = {value.name for value in law.unconfirmed(on=DAY, overlay=folder)}
    assert NAME not in left


def test_new_parameter_is_whole(tmp_path: Path) -> None:
    head = "zh: 本局参数\nen: own\ntype: grade_per_mille\nregional: true\n"
    entry = ENTRY.format(day="2026-01-01", region="440500")
    folder = overlay(tmp_path, head + entry, name="office.own")
    assert "office.own" in law.names(overlay=folder)
    assert "office.own" not in law.names()


def test_package_head_cannot_be_restated(tmp_path: Path) -> None:
    content = "regional: true\n" + ENTRY.format(day="2026-01-01", region="440500")
    with pytest.raises(ParameterFileError, match="unknown key 'regional'"):
        law.load(overlay(tmp_path, content, name="annual_report.deadline"))


def test_region_is_refused_where_the_package_forbids_it(tmp_path: Path) -> None:
    content = ENTRY.format(day="2026-01-01", region="440500")
    with pytest.raises(ParameterFileError) as caught:
        law.load(overlay(tmp_path, content, name="annual_report.deadline"))
    assert "may not override" in caught.value.en
    assert "must be {month, day}" in caught.value.en


def test_missing_overlay_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ParameterFileError, match="does not exist"):
        law.load(tmp_path / "nowhere")


def test_switch_of_the_office_reaches_the_rules(tmp_path: Path) -> None:
    content = """values:
  - from: 2026-05-01
    region: "440500"
    value: true
    status: confirmed
    source: policy_document
    checked_on: 2026-04-20
    reference: {act: 本局规定, number: 汕市监〔2026〕1号, article: 第五条}
"""
    folder = overlay(tmp_path, content, name="registration.refuse_while_listed")
    rules = law.registration.rules(on=DAY, region="440507", overlay=folder)
    refusal = next(rule for rule in rules if rule.rule == "refuse_abnormal_other")
    assert refusal.ground.reference.act == "本局规定"
    assert refusal.ground.effective_from == date(2026, 5, 1)
    assert refusal.ground.region == "440500"
    usual = law.registration.rules(on=DAY, region="440507")
    assert not any(rule.rule.startswith("refuse_abnormal") for rule in usual)
