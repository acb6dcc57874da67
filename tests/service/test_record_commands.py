"""`xinheng record` and `xinheng archive show`: what an official types and reads."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from service.cli import main
from tests.features.departments import (
    GOOD,
    OTHER,
    ROW,
    bring_in,
    instant,
    penalty_source,
    save_mapping,
)
from tests.features.departments import write_csv as write_ledger

Run = Callable[..., str]
NAMED = ("--kind", "penalty", "--reference", ROW[1], "--enterprise", GOOD)
SIGNED = ("--by", "张三（法制科科长）", "--reason", "按决定书原件")


@pytest.fixture
def home(fresh_home: Path, tmp_path: Path) -> Path:
    """An installation with one ledger of two decisions, archived."""
    home = tmp_path / "home"
    shutil.copytree(fresh_home, home)
    mapping = save_mapping(home, penalty_source())
    rows = [ROW, [OTHER, "粤〔2024〕2号", *ROW[2:]]]
    bring_in(write_ledger(home / "处罚.csv", rows), mapping)
    return home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Types a command; gives what it printed. `code` is the exit code that is expected."""
    monkeypatch.setenv("XINHENG_HOME", str(home))

    def typed(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["xinheng", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert int(end.value.code or 0) == code, err
        return err if code else out

    typed("archive", "build")
    return typed


def test_correct_then_show_then_undo(run: Run) -> None:
    told = run("record", "correct", *NAMED, "--set", "fine_cny=20000", *SIGNED)
    assert "罚款金额（元）：15,000.00 → 20,000.00" in told
    assert "xinheng archive build" in told
    import_id = told.split("undo-import ")[1].split()[0]
    run("archive", "build")
    shown = run("record", "show", *NAMED)
    for text in (
        "录入 recorded",
        "更正 corrected",
        "张三（法制科科长）",
        "按决定书原件",
        "20,000.00",
    ):
        assert text in shown
    record_id = shown.split("·")[1].split()[0]
    assert run("record", "show", record_id) == shown
    archive = run("archive", "show", GOOD)
    assert f"{record_id} *" in archive
    assert "晚于今天" in run("archive", "show", GOOD, "--as-of", "2999-01-01", code=2)
    assert "15,000.00 → 20,000.00" in archive
    before = run("archive", "show", GOOD, "--as-of", "2024-09-01")
    assert "15,000.00" in before
    assert "张三" not in before
    both = run("archive", "show", GOOD, "--as-of", "2024-09-01", "--known", "2030-01-01")
    assert "按 2030-01-01 所知" in both
    assert "20,000.00" in both
    run("undo-import", import_id)
    run("archive", "build")
    assert "20,000.00" not in run("archive", "show", GOOD)


def test_withdraw(run: Run) -> None:
    assert "已撤回 withdrawn" in run("record", "withdraw", *NAMED, *SIGNED)
    run("archive", "build")
    assert "已撤回 withdrawn" in run("record", "show", *NAMED)
    shown = run("archive", "show", GOOD)
    assert shown.count("无记录 none") == 4
    assert "撤回 withdrawn" in shown
    told = run("record", "correct", *NAMED, "--set", "fine_cny=1", *SIGNED, code=2)
    assert "undo-import" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("correct", *NAMED, "--set", "fine_cny", *SIGNED), "字段=新值"),
        (("correct", *NAMED, "--set", "a=1", "--set", "a=2", *SIGNED), "有误：“a”"),
        (("correct", *NAMED, "--set", "matter=x", "--by", "", "--reason", ""), "有 3 处问题"),
        (("correct", *NAMED, "--set", "fine_cny=15000", *SIGNED), "没有任何改动"),
        (("withdraw", "0" * 32, *SIGNED), "没有这条记录"),
        (("show",), "请给出记录编号"),
        (("show", "--kind", "fines", "--reference", "1", "--enterprise", GOOD), "没有记录种类"),
    ],
)
def test_mistakes(run: Run, arguments: tuple[str, ...], told: str) -> None:
    assert told in run("record", *arguments, code=2)


def test_the_archive_as_a_file(run: Run, tmp_path: Path) -> None:
    run("record", "correct", *NAMED, "--set", "fine_cny=20000", *SIGNED)
    run("archive", "build")
    book, data = tmp_path / "a.xlsx", tmp_path / "a.json"
    for path in (book, data):
        assert "已写出" in run("archive", "show", GOOD, "--out", str(path))
    sheets = openpyxl.load_workbook(book).worksheets
    assert [sheet.title.split()[0] for sheet in sheets] == [
        "基本信息",
        "经营信息",
        "良好信息",
        "警示信息",
    ]
    warning = dict(
        zip(*[[cell.value for cell in row] for row in sheets[3].iter_rows()], strict=True)
    )
    assert "罚款金额（元）=20,000.00" in warning["内容 content"]
    assert "15,000.00 → 20,000.00" in warning["更正情况 corrections"]
    assert "处罚种类=警告、罚款" in warning["内容 content"]
    assert sheets[0]["B2"].value == "无记录 none"
    told = json.loads(data.read_text("utf-8"))
    (record,) = told["sections"]["warning"]["records"]
    assert (record["fine_cny"], record["event_on"]) == ("20000.00", "2024-01-05")
    assert record["known_at"].endswith("Z")
    (correction,) = told["corrections"]
    changed = correction["versions"][1]["changed"]
    assert changed == {"fine_cny": {"before": "15000.00", "after": "20000.00"}}
    refused = run("archive", "show", GOOD, "--out", str(tmp_path / "a.pdf"), code=2)
    assert "应以 .json、.xlsx 结尾" in refused
    assert not (tmp_path / "a.pdf").exists()


def test_whose_archive_on_which_day(run: Run) -> None:
    assert "信用档案中没有" in run("archive", "show", "nobody", code=2)
    assert run("archive", "show", GOOD, "--as-of", "2020-01-01").count("无记录 none") == 4
    told = run("archive", "show", GOOD, "--as-of", "2024-05-01", "--known", "2024-04-01", code=2)
    assert "早于截至日" in told


def test_personal_hashes_are_never_shown(home: Path, run: Run, tmp_path: Path) -> None:
    rule = {
        "kind": "registration",
        "enterprise_id": {"column": "统一社会信用代码"},
        "event_on": {"column": "决定日期"},
        "fields": {
            "event": {"constant": "establishment"},
            "status": {"constant": "active"},
            "name": {"column": "文号"},
            "legal_representative_key": {"column": "种类", "hash": "person"},
        },
    }
    ignore = ["归集日期", "罚款（万元）", "领域"]
    source = penalty_source(source="test_register", records=[rule], ignore=ignore)
    mapping = save_mapping(home, source)
    for number, person in enumerate(("李四", "王五")):
        row = [*ROW[:5], person, ROW[6]]
        path = write_ledger(home / f"登记处罚{number}.csv", [row])
        bring_in(path, mapping, received_at=instant(f"2024-06-0{number + 1}T02:00"))
    run("archive", "build")
    out = tmp_path / "a.json"
    shown = run("archive", "show", GOOD)
    run("archive", "show", GOOD, "--out", str(out))
    assert "法定代表人键：（个人信息 personal）" in shown
    assert "legal_representative_key" not in out.read_text("utf-8")
