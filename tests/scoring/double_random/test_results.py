"""Results from a file into a round: what is taken, what is refused, what verification says."""

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from law.errors import XinhengError
from scoring.double_random import ReadOut
from scoring.double_random.randomness import read_instant
from scoring.errors import InputTableError, ResultsError
from service.campaigns import operations
from service.campaigns.errors import (
    HandInMissingError,
    ResultsChangedError,
    RoundNotDrawnError,
    UnknownRoundError,
)
from service.campaigns.estimates import finished_samples
from service.campaigns.results import load_results, take_in_results
from service.cli import build_app

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

ROUND, ITEM = "2026-11", "食品经营监督检查"
LATER = datetime(2026, 12, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def campaigns(home: Path) -> Path:
    folder = home / "campaigns"
    hand_ins = operations.HandInPaths(home / "inspectors.csv")
    operations.plan_round(folder, home / "runs", wishes=make_wishes(), hand_ins=hand_ins)
    operations.freeze_round(folder, ROUND, now=FROZEN_AT)
    read_out = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))
    operations.draw_round(folder, ROUND, read_out, now=DRAWN_AT)
    return folder


@pytest.fixture
def rows(campaigns: Path) -> pd.DataFrame:
    """One good row per drawn enterprise, with Chinese headers."""
    listed = operations.load_list(campaigns, ROUND)["objects"]
    return pd.DataFrame(
        [
            {
                "统一社会信用代码": one["uscc"],
                "抽查事项": ITEM,
                "检查结果代码": "3" if place % 4 == 0 else "1",
                "完成日期": "2026-12-09",
                "检查人员": "；".join(person["inspector_id"] for person in one["inspectors"]),
            }
            for place, one in enumerate(listed)
        ]
    )


def write(rows: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".xlsx":
        rows.to_excel(path, index=False)
    else:
        rows.to_csv(path, index=False, encoding="gb18030")
    return path


def test_csv_and_excel_say_the_same_and_twice_is_once(
    campaigns: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    half = len(rows) // 2
    first = take_in_results(campaigns, ROUND, write(rows[:half], tmp_path / "a.csv"), now=LATER)
    assert (first.added, first.total) == (half, half)
    assert finished_samples(campaigns) == []
    second = take_in_results(campaigns, ROUND, write(rows, tmp_path / "b.xlsx"), now=LATER)
    assert (second.added, second.unchanged) == (len(rows) - half, half)
    table = load_results(campaigns, ROUND)
    assert table.num_rows == len(rows)
    assert sum(table["is_problem"].to_pylist()) == len(rows[::4])
    assert len(finished_samples(campaigns)) == 1


def test_results_do_not_disturb_the_evidence(
    campaigns: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    take_in_results(campaigns, ROUND, write(rows, tmp_path / "a.csv"), now=LATER)
    assert operations.verify_round(campaigns, ROUND) == ()


def test_every_fault_is_told_at_once_and_nothing_is_kept(
    campaigns: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    rows["未完成"], rows["原因"] = "", ""
    rows.loc[0, "统一社会信用代码"] = "91440500MA999999XY"
    rows.loc[1, "抽查事项"] = "价格"
    rows.loc[2, "检查结果代码"] = "Z"
    rows.loc[3, "完成日期"] = "2026-11-30"
    rows.loc[4, "完成日期"] = "2027-01-05"
    rows.loc[5, "检查人员"] = "P01"
    rows.loc[6, "检查人员"] = "P01；P77"
    rows.loc[7, "未完成"] = "是"
    rows.loc[8, ["检查结果代码", "完成日期"]] = ""
    with pytest.raises(ResultsError) as told:
        take_in_results(campaigns, ROUND, write(rows, tmp_path / "a.csv"), now=LATER)
    for part in (
        "未被抽中",
        "不是本轮抽查事项",
        "检查结果代码未知",
        "早于抽取日 2026-12-01",
        "晚于 2026-12-20",
        "检查人员少于 2 人",
        "不在本轮名录",
        "未完成须写明原因",
        "未完成的检查只能写失联",
        "缺少检查结果代码",
        "缺少完成日期",
    ):
        assert part in told.value.zh
    assert load_results(campaigns, ROUND).num_rows == 0


def test_a_file_that_is_no_table_of_results_is_refused(
    campaigns: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(InputTableError, match="completed_on"):
        take_in_results(
            campaigns, ROUND, write(rows.drop(columns="完成日期"), tmp_path / "a.csv"), now=LATER
        )
    with pytest.raises(InputTableError, match="row 3"):
        take_in_results(
            campaigns,
            ROUND,
            write(rows.assign(抽查事项=[ITEM, *[""] * (len(rows) - 1)]), tmp_path / "b.csv"),
            now=LATER,
        )
    with pytest.raises(ResultsError, match="yes or leave"):
        take_in_results(
            campaigns, ROUND, write(rows.assign(未完成="也许"), tmp_path / "c.csv"), now=LATER
        )
    with pytest.raises(HandInMissingError):
        take_in_results(campaigns, ROUND, tmp_path / "none.csv", now=LATER)
    with pytest.raises(UnknownRoundError):
        load_results(campaigns, "2020-01")


def test_a_file_of_visits_that_were_not_made_alone(
    campaigns: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    rows = rows.assign(检查结果代码="", 完成日期="", 检查人员="", 未完成="是", 原因="台风停工")
    done = take_in_results(campaigns, ROUND, write(rows, tmp_path / "a.csv"), now=LATER)
    assert done.added == len(rows)
    assert len(finished_samples(campaigns)) == 1


def test_results_of_a_round_that_is_not_drawn_are_refused(home: Path) -> None:
    folder = home / "campaigns"
    hand_ins = operations.HandInPaths(home / "inspectors.csv")
    operations.plan_round(folder, home / "runs", wishes=make_wishes(), hand_ins=hand_ins)
    with pytest.raises(RoundNotDrawnError):
        load_results(folder, ROUND)


def test_a_result_changes_only_when_told_so(
    campaigns: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    take_in_results(campaigns, ROUND, write(rows, tmp_path / "a.csv"), now=LATER)
    rows.loc[1, "检查结果代码"] = "D"
    path = write(rows, tmp_path / "b.csv")
    with pytest.raises(ResultsChangedError, match=rows.loc[1, "统一社会信用代码"]):
        take_in_results(campaigns, ROUND, path, now=LATER)
    done = take_in_results(campaigns, ROUND, path, now=LATER, replace=True)
    assert (done.changed, done.added, done.total) == (1, 0, len(rows))


def test_the_two_commands_as_an_official_types_them(
    home: Path,
    campaigns: Path,
    rows: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(home))
    monkeypatch.setenv("XINHENG_REGION", "440500")
    monkeypatch.setattr("service.cli.campaign_results.aware_now", lambda: LATER)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(build_app("campaign"), ["campaign", *arguments])
        if isinstance(done.exception, XinhengError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    assert "尚无检查结果" in run("estimate", "--round", ROUND)
    run("results", "--round", ROUND, str(write(rows, tmp_path / "r.xlsx")))
    outs = [tmp_path / f"report.{kind}" for kind in ("html", "xlsx", "json")]
    told = run(
        "estimate",
        "--round",
        ROUND,
        *("--other", "A=5,B=50,C=400,D=900"),
        *[part for out in outs for part in ("--out", str(out))],
    )
    assert "本轮已完成" in told
    assert "分级批次" not in told
    assert "A=5,B=50,C=400,D=900" in outs[0].read_text("utf-8")
    book = openpyxl.load_workbook(outs[1], read_only=True)
    assert book.sheetnames[0] == "说明"
    assert "全体企业" in book.sheetnames
    with pytest.raises(XinhengError, match=r"\.html"):
        run("estimate", "--round", ROUND, "--out", str(tmp_path / "report.pdf"))
    with pytest.raises(XinhengError, match="per mille"):
        run("estimate", "--round", ROUND, "--other", "A=5")
