"""A second person approves; the year is the sum of its rounds; findings have an interval."""

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from scoring.double_random import PlannedRound
from service.campaigns import operations
from service.campaigns.approval import approve_round
from service.campaigns.errors import ApprovalError, UnknownRoundError
from service.campaigns.year import open_year
from service.cli import build_app
from service.settings import Settings

from .conftest import FROZEN_AT, make_wishes


def plan(home: Path, **wishes: object) -> PlannedRound:
    hand_ins = operations.HandInPaths(home / "inspectors.csv")
    return operations.plan_round(
        home / "campaigns", home / "runs", wishes=make_wishes(**wishes), hand_ins=hand_ins
    )


def approve(home: Path, *, planned_by: str = "王五", approved_by: str = "赵六") -> None:
    approve_round(home / "campaigns", "2026-11", planned_by=planned_by, approved_by=approved_by,
                  note="", now=FROZEN_AT)  # fmt: skip


def freeze(home: Path) -> None:
    operations.freeze_round(home / "campaigns", "2026-11", now=FROZEN_AT, must_be_approved=True)


def test_nobody_freezes_what_no_second_person_approved(home: Path) -> None:
    with pytest.raises(UnknownRoundError):
        approve(home)
    plan(home)
    with pytest.raises(ApprovalError, match="尚未经第二人批准"):
        freeze(home)
    for name in ("王五", " 王五", ""):
        with pytest.raises(ApprovalError, match="不得为同一人"):
            approve(home, approved_by=name)
    approve(home)
    plan(home, floor=2)
    with pytest.raises(ApprovalError, match="尚未经第二人批准"):
        freeze(home)
    approve(home)
    draft = home / "campaigns" / "2026-11.draft" / "plan.json"
    content = draft.read_bytes()
    draft.write_bytes(content.replace(b'"floor": 2', b'"floor": 1'))
    with pytest.raises(ApprovalError, match="批准后被改动"):
        freeze(home)
    draft.write_bytes(content)
    freeze(home)


def test_the_year_is_the_sum_of_its_rounds(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = plan(home)
    approve(home)
    two = plan(home, round_id="2026-12", items=("价格", "广告"))
    year = open_year(Settings(home=home), 2026)
    assert year.visits == one.preview.visits + two.preview.visits
    assert year.least_visits == 27
    assert year.reaches_minimum
    assert year.joint_per_mille == 500
    assert year.rounds["approved_by"].tolist() == ["赵六", ""]
    assert int(year.by_grade.to_numpy().sum()) == year.visits
    assert min(year.uniform_per_mille.values()) >= 50
    monkeypatch.setenv("XINHENG_HOME", str(home))
    out = tmp_path / "year.xlsx"
    for number, told in (("2026", "已达到"), ("2030", "没有抽查轮次")):
        done = CliRunner().invoke(
            build_app("campaign"), ["campaign", "year", "--year", number, "--out", str(out)]
        )
        assert told in done.output
    assert openpyxl.load_workbook(out)["年度计划"].max_row == 3


def test_expected_findings_lie_in_their_interval(home: Path) -> None:
    preview = plan(home).preview
    assert preview.findings_interval is not None
    assert preview.expected_findings is not None
    low, high = preview.findings_interval
    assert high - low < preview.visits / 2
    assert 0 <= low < preview.expected_findings < high <= preview.visits


def test_whose_cap_is_reached_is_excluded_from_the_next_plan(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(home))
    monkeypatch.setenv("XINHENG_REGION", "440500")
    visited, out = home / "visited.csv", home / "exclusions.csv"
    rows = [("000001", "2026-01-05"), ("000002", "2026-01-05"), ("000002", "2026-02-05"),
            ("000003", "2025-01-05"), ("000003", "2026-02-05")]  # fmt: skip
    lines = "".join(f"91440500MA{code}XY,{day}\n" for code, day in rows)
    visited.write_text(f"uscc,visited_on\n{lines}", encoding="utf-8")
    told = ["campaign", "capped", "--year", "2026", "--visited", str(visited), "--out", str(out)]
    done = CliRunner().invoke(build_app("campaign"), told, catch_exceptions=False)
    assert "1 户已达年度上限" in done.output
    hand_ins = operations.HandInPaths(home / "inspectors.csv", exclusions=out)
    planned = operations.plan_round(
        home / "campaigns", home / "runs", wishes=make_wishes(), hand_ins=hand_ins
    )
    assert list(planned.plan.exclusions_by_ground.values()) == [1]
