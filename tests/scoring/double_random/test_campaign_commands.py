"""`xinheng campaign` from plan to list on a real folder, and what it refuses."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from law.errors import XinhengError
from scoring.double_random import ReadOut
from scoring.double_random.randomness import read_instant
from scoring.errors import PlanError, RandomnessError
from service.campaigns import operations
from service.campaigns.errors import (
    HandInMissingError,
    NoRunError,
    RoundDrawnError,
    RoundFrozenError,
    RoundNotDrawnError,
    RoundNotFrozenError,
    RunChangedError,
    UnknownRoundError,
)
from service.cli import campaign

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

READ_OUT = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))


def plan(home: Path, **wishes: object) -> None:
    operations.plan_round(
        home / "campaigns",
        home / "runs",
        wishes=make_wishes(**wishes),
        hand_ins=operations.HandInPaths(home / "inspectors.csv"),
    )


@pytest.fixture
def drawn(home: Path) -> Path:
    """The campaigns folder with round 2026-11 drawn."""
    campaigns = home / "campaigns"
    plan(home)
    operations.freeze_round(campaigns, "2026-11", now=FROZEN_AT)
    operations.draw_round(campaigns, "2026-11", READ_OUT, now=DRAWN_AT)
    return campaigns


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.setenv("XINHENG_HOME", str(home))
    monkeypatch.setenv("XINHENG_REGION", "440500")
    return Run(monkeypatch)


class Run:
    """Runs a command of the group at a given instant."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.monkeypatch = typer.Typer(), monkeypatch
        campaign.register(self.app)

    def __call__(self, *arguments: str, at: datetime = FROZEN_AT) -> Result:
        self.monkeypatch.setattr(campaign, "aware_now", lambda: at)
        return CliRunner().invoke(self.app, ["campaign", *arguments])


PLAN = [
    "plan",
    *("--round", "2026-11"),
    *("--items", "食品安全、价格"),
    *("--from", "2026-12-01"),
    *("--to", "2026-12-31"),
    *("--ratio", "A=30"),
    *("--ratio", "d=900"),
    *("--randomness-name", NAME),
]


def test_the_five_commands_from_plan_to_list(home: Path, run: Run) -> None:
    inspectors = str(home / "inspectors.csv")
    planned = run(*PLAN, "--inspectors", inspectors)
    assert planned.exit_code == 0, planned.output
    assert "按等级" in planned.output
    assert "待法制审核" in planned.output
    frozen = run("freeze", "--round", "2026-11")
    commitment = json.loads((home / "campaigns/2026-11/commitment.json").read_bytes())
    assert commitment["frame_root"] in frozen.output
    assert commitment["plan_hash"] in frozen.output
    assert commitment["frozen_at"] == "2026-11-20T08:00:00Z"
    drawn = run(
        "draw", "--round", "2026-11", "--randomness", RANDOMNESS,
        "--randomness-date", "2026-11-30T21:15", at=DRAWN_AT,
    )  # fmt: skip
    assert drawn.exit_code == 0, drawn.output
    verified = run("verify", "--round", "2026-11")
    assert (verified.exit_code, "核验通过 OK" in verified.output) == (0, True)
    listed = run("list", "--round", "2026-11")
    assert "list.xlsx" in listed.output
    assert "检查员" in listed.output
    ratios = json.loads((home / "campaigns/2026-11/plan.json").read_bytes())["ratios_per_mille"]
    assert (ratios["A"], ratios["D"]) == (30, 900)
    assert "drawn" in run("list").output


def test_verify_names_the_file_and_ends_with_one(home: Path, drawn: Path, run: Run) -> None:
    path = drawn / "2026-11" / "assignment.json"
    path.write_bytes(path.read_bytes().replace(b"P03", b"P04", 1))
    done = run("verify", "--round", "2026-11")
    assert done.exit_code == 1
    assert "assignment.json" in done.output


@pytest.mark.parametrize("text", ["A:30", "A=3.5", "A=", "A=３０", "=30"])
def test_a_ratio_in_another_form_is_refused(home: Path, run: Run, text: str) -> None:
    done = run(*PLAN, "--inspectors", str(home / "inspectors.csv"), "--ratio", text)
    assert isinstance(done.exception, PlanError)


def test_a_ratio_above_1000_per_mille_is_refused(home: Path, run: Run) -> None:
    done = run(*PLAN, "--inspectors", str(home / "inspectors.csv"), "--ratio", "C=1001")
    assert isinstance(done.exception, PlanError)
    assert not (home / "campaigns").exists()


def test_missing_inputs_are_told(home: Path, run: Run) -> None:
    done = run(*PLAN, "--inspectors", str(home / "nobody.csv"))
    assert isinstance(done.exception, HandInMissingError)
    assert "nobody.csv" in str(done.exception)
    done = run(*PLAN, "--inspectors", str(home / "inspectors.csv"), "--run", "2025-01")
    assert isinstance(done.exception, NoRunError)
    shutil.rmtree(home / "runs")
    done = run(*PLAN, "--inspectors", str(home / "inspectors.csv"))
    assert isinstance(done.exception, NoRunError)


def test_the_newest_run_is_planned_from(home: Path) -> None:
    older, newer = home / "runs/2026-10-31-simulated", home / "runs/2026-09-30-graded-again"
    shutil.copytree(older, newer)
    manifest = {"as_of": "2026-09-30", "created_at": "2026-11-02T00:00:00Z"}
    (newer / "manifest.json").write_text(json.dumps(manifest))
    shutil.copytree(newer, home / "runs/.unfinished")
    plan(home)
    document = json.loads((home / "campaigns/2026-11.draft/plan.json").read_bytes())
    assert (document["run_id"], document["as_of"]) == ("2026-09-30-graded-again", "2026-09-30")


def test_grades_that_are_not_those_of_the_manifest_are_refused(home: Path) -> None:
    path = home / "runs/2026-10-31-simulated/manifest.json"
    manifest = json.loads(path.read_text()) | {"files": {"grades.parquet": "0" * 64}}
    path.write_text(json.dumps(manifest))
    with pytest.raises(RunChangedError, match=r"grades\.parquet"):
        plan(home)


def test_a_plan_may_be_replaced_until_it_is_frozen(home: Path) -> None:
    plan(home, floor=1)
    plan(home, floor=3)
    assert json.loads((home / "campaigns/2026-11.draft/plan.json").read_bytes())["floor"] == 3
    operations.freeze_round(home / "campaigns", "2026-11", now=FROZEN_AT)
    before = operations.read_files(home / "campaigns/2026-11")
    with pytest.raises(RoundFrozenError):
        plan(home, floor=4)
    with pytest.raises(RoundFrozenError):
        operations.freeze_round(home / "campaigns", "2026-11", now=FROZEN_AT)
    assert operations.read_files(home / "campaigns/2026-11") == before
    assert sorted(path.name for path in (home / "campaigns").iterdir()) == ["2026-11"]


def test_a_draft_that_was_edited_by_hand_is_not_frozen(home: Path) -> None:
    plan(home)
    path = home / "campaigns/2026-11.draft/inspectors.csv"
    path.write_bytes(path.read_bytes().replace(b"P00", b"P99"))
    with pytest.raises(XinhengError, match=r"inspectors\.csv"):
        operations.freeze_round(home / "campaigns", "2026-11", now=FROZEN_AT)
    assert not (home / "campaigns/2026-11").exists()


def test_two_freezes_have_different_salts(home: Path) -> None:
    roots = set()
    for round_id in ("2026-11", "2026-11b"):
        plan(home, round_id=round_id)
        commitment = operations.freeze_round(home / "campaigns", round_id, now=FROZEN_AT)
        roots.add(commitment.frame_root)
    assert len(roots) == 2


def test_steps_out_of_order_are_told(home: Path) -> None:
    campaigns = home / "campaigns"
    with pytest.raises(UnknownRoundError):
        operations.freeze_round(campaigns, "2026-11", now=FROZEN_AT)
    plan(home)
    with pytest.raises(RoundNotFrozenError):
        operations.draw_round(campaigns, "2026-11", READ_OUT, now=DRAWN_AT)
    with pytest.raises(RoundNotDrawnError):
        operations.load_list(campaigns, "2026-11")
    operations.freeze_round(campaigns, "2026-11", now=FROZEN_AT)
    with pytest.raises(RoundNotDrawnError):
        operations.verify_round(campaigns, "2026-11")
    assert operations.round_states(campaigns) == {"2026-11": "frozen"}


@pytest.mark.parametrize("round_id", ["2025-01", "../2026-11", "2026-11.draft", "", ".", "a/b"])
def test_unknown_and_impossible_rounds(drawn: Path, round_id: str) -> None:
    with pytest.raises(UnknownRoundError) as refused:
        operations.load_list(drawn, round_id)
    assert "2026-11" in refused.value.zh


def test_a_round_is_drawn_once(drawn: Path) -> None:
    before = operations.read_files(drawn / "2026-11")
    other = ReadOut("12034785612903847560", NAME, READ_OUT.at)
    for read_out in (READ_OUT, other):
        with pytest.raises(RoundDrawnError, match=RANDOMNESS):
            operations.draw_round(drawn, "2026-11", read_out, now=DRAWN_AT)
    assert operations.read_files(drawn / "2026-11") == before


def test_a_draw_that_was_killed_is_finished_by_the_same_randomness_only(drawn: Path) -> None:
    folder = drawn / "2026-11"
    whole = operations.read_files(folder)
    for name in ("evidence.json", "list.json", "list.xlsx", "public.json", "assignment.json"):
        (folder / name).unlink()
    (folder / ".selected.csv.half").write_bytes(b"half of it")
    with pytest.raises(UnknownRoundError):
        operations.load_list(drawn, "2026-11")
    other = ReadOut("12034785612903847560", NAME, READ_OUT.at)
    with pytest.raises(RoundDrawnError):
        operations.draw_round(drawn, "2026-11", other, now=DRAWN_AT)
    later = datetime(2026, 12, 2, tzinfo=UTC)
    operations.draw_round(drawn, "2026-11", READ_OUT, now=later)
    assert operations.read_files(folder) == whole
    assert operations.verify_round(drawn, "2026-11") == ()


def test_freeze_randomness_and_draw_within_one_second_keep_their_order(home: Path) -> None:
    campaigns, moment = home / "campaigns", timedelta(microseconds=300_000)
    plan(home, randomness_name="骰子")
    operations.freeze_round(campaigns, "2026-11", now=FROZEN_AT + moment)
    for at, is_late_enough in ((FROZEN_AT + moment, False), (FROZEN_AT + 2 * moment, True)):
        read_out = ReadOut(RANDOMNESS, "骰子", at)
        if is_late_enough:
            operations.draw_round(campaigns, "2026-11", read_out, now=FROZEN_AT + 3 * moment)
        else:
            with pytest.raises(RandomnessError, match="不晚于冻结"):
                operations.draw_round(campaigns, "2026-11", read_out, now=FROZEN_AT + 3 * moment)
    assert operations.verify_round(campaigns, "2026-11") == ()
    script = Path(__file__).parents[3] / "docs" / "verify_draw.py"
    assert subprocess.run([sys.executable, script, campaigns / "2026-11"], check=True)


def test_refused_randomness_leaves_the_round_as_it_was(home: Path) -> None:
    plan(home)
    operations.freeze_round(home / "campaigns", "2026-11", now=FROZEN_AT)
    before = operations.read_files(home / "campaigns/2026-11")
    with pytest.raises(RandomnessError):
        operations.draw_round(
            home / "campaigns", "2026-11", ReadOut("123", NAME, READ_OUT.at), now=DRAWN_AT
        )
    assert operations.read_files(home / "campaigns/2026-11") == before


def test_an_announcement_of_the_past_is_not_frozen(home: Path) -> None:
    plan(home, randomness_name="2026年11月19日福彩3D")
    with pytest.raises(RandomnessError, match="早于冻结日"):
        operations.freeze_round(home / "campaigns", "2026-11", now=FROZEN_AT)
    assert operations.round_states(home / "campaigns") == {"2026-11": "planned"}


def test_the_list_says_who_goes_where(drawn: Path) -> None:
    sampling_list = operations.load_list(drawn, "2026-11")
    first = sampling_list["objects"][0]
    assert set(first) == {
        "order", "uscc", "name", "address", "area_code", "items", "lead_department",
        "inspectors", "ticket",
    }  # fmt: skip
    assert set(first["inspectors"][0]) == {"inspector_id", "name", "unit", "certificate_no"}
    assert len({entry["uscc"] for entry in sampling_list["objects"]}) == len(
        sampling_list["objects"]
    )


def test_excel_holds_texts_only(home: Path) -> None:
    campaigns = home / "campaigns"
    plan(home, grade_ratios=dict.fromkeys("ABCD", 1000))
    operations.freeze_round(campaigns, "2026-11", now=FROZEN_AT)
    operations.draw_round(campaigns, "2026-11", READ_OUT, now=DRAWN_AT)
    book = openpyxl.load_workbook(BytesIO((campaigns / "2026-11/list.xlsx").read_bytes()))
    assert book.sheetnames == ["抽查名单", "说明"]
    sheet = book["抽查名单"]
    assert sheet.freeze_panes == "A2"
    assert sheet.max_row == 901
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    names = [row[2].value for row in sheet.iter_rows(min_row=2)]
    assert '=HYPERLINK("http://x")' in names
    assert "+1+1" in names
    notes = {row[0].value: row[1].value for row in book["说明"].iter_rows(min_row=2)}
    commitment = json.loads((campaigns / "2026-11/commitment.json").read_bytes())
    assert notes["抽样框根值"] == commitment["frame_root"]
    assert "不含信用风险分级" in notes["使用限制"]
