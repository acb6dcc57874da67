"""The data steward's commands on a small SIMULATED ledger: dry run, quarantine, reports."""

import shutil
from pathlib import Path

import openpyxl
import pytest

from features.quality import collection_catalogue
from tests.service.test_command_line import Shell

HEADER = (
    "统一社会信用代码,决定书文号,处罚种类,违法领域,违法行为,罚款金额（万元）,处罚机关,处罚决定日期,"
    "归集日期,数据性质"
)
GOOD = (
    "91440514XN00009X1W,{},警告,食品安全,x,{},某局（模拟）,2026-02-02,2026-02-05,模拟数据 SIMULATED"
)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell to type commands into."""
    return Shell(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path, fresh_home: Path) -> Path:
    """An installation of its own."""
    shutil.copytree(fresh_home, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two good rows and a bad one."""
    lines = [HEADER, GOOD.format("1号", "1"), GOOD.format("2号", "2"), GOOD.format("3号", "五万")]
    path = tmp_path / "模拟_行政处罚.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def sheets(path: Path) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(path)
    return {
        page.title: [list(row) for row in page.iter_rows(values_only=True)]
        for page in book.worksheets
    }


def test_a_dry_run_imports_nothing_and_hands_back_the_bad_rows(
    shell: Shell, home: Path, ledger: Path, tmp_path: Path
) -> None:
    told = shell.run(home, "import", str(ledger), "--dry-run", "--rejects", str(tmp_path / "退回"))
    assert "未导入任何内容" in told
    assert "不是数字；请只填数字，不带单位" in told
    assert "未登记企业 unknown enterprises 1" in told
    assert "五万" in (tmp_path / "退回" / "模拟_行政处罚.rejected.csv").read_text("utf-8-sig")
    assert "没有导入" in shell.run(home, "quality", "overview")
    assert shell._run(home, ("import", str(ledger), "--rejects", str(tmp_path)))[0] == 2


def test_reports_before_and_after_an_import(
    shell: Shell, home: Path, ledger: Path, tmp_path: Path
) -> None:
    period = ("--from", "2026-01-01", "--to", "2026-06-30")
    for name in ("timeliness", "duplicates"):
        assert "没有获知任何记录" in shell.run(home, "quality", name, *period)
    assert "没有待登记" in shell.run(home, "quarantine", "list")
    departments = {department.name for department, _ in collection_catalogue().lines()}
    assert f"0/{len(departments)} = 0.0%" in shell.run(home, "quality", "coverage", *period)
    assert "xinheng archive" in shell.fail(home, "quality", "completeness")

    shell.run(home, "import", str(ledger))
    overview = tmp_path / "overview.xlsx"
    assert "city_penalties" in shell.run(home, "quality", "overview", "--out", str(overview))
    header, row = sheets(overview)["同步质量"]
    found = dict(zip(header, row, strict=True))
    assert (found["行 rows"], found["入库 accepted"], found["退回 rejected"]) == (3, 2, 1)
    assert found["滞后中位天数 lag"] == 3
    assert found["未归档批次 waiting"] == 1

    details = tmp_path / "timeliness.xlsx"
    shell.run(home, "quality", "timeliness", *period, "--out", str(details))
    assert set(sheets(details)) == {"及时性", "逾期记录"}
    assert "没有多头归集" in shell.run(home, "quality", "duplicates", *period)
    coverage = tmp_path / "coverage.xlsx"
    told = shell.run(home, "quality", "coverage", *period, "--out", str(coverage))
    assert f"1/{len(departments)} = {100 / len(departments):.1f}%" in told
    assert "未达标" in told
    assert len(sheets(coverage)["目录项"]) == 1 + len(list(collection_catalogue().lines()))

    waiting = tmp_path / "quarantine.xlsx"
    assert "unknown enterprises: 1" in shell.run(home, "quarantine", "list", "--out", str(waiting))
    assert [row[4] for row in sheets(waiting)["记录"][1:]] == [2, 3]

    shell.run(home, "archive", "build")
    assert "没有登记在册" in shell.run(home, "quality", "completeness", "--as-of", "2026-06-30")


def test_an_offices_own_catalogue_takes_the_place_of_the_citys(
    shell: Shell, home: Path, ledger: Path
) -> None:
    (home / "collection_catalogue.yaml").write_text(
        "departments: [{name: 法制科, en: legal, items: [{item: 处罚, en: p, kind: penalty, "
        "source: city_penalties, fields: [decision_no], format: csv, frequency: yearly, "
        "limit: {days: 1}, basis: x}]}]",
        encoding="utf-8",
    )
    shell.run(home, "import", str(ledger))
    told = shell.run(home, "quality", "coverage", "--from", "2026-01-01", "--to", "2026-06-30")
    assert "1/1 = 100.0%" in told
    (home / "collection_catalogue.yaml").write_text("departments: 3", encoding="utf-8")
    assert "departments" in shell._run(home, ("quality", "coverage"))[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ("quality", "coverage", "--from", "2026-02-01", "--to", "2026-01-01"),
        ("quality", "completeness", "--subject", "nobody"),
        ("quality", "timeliness", "--from", "gestern"),
    ],
)
def test_mistakes_are_told(shell: Shell, home: Path, arguments: tuple[str, ...]) -> None:
    code, _, told = shell._run(home, arguments)
    assert code == 2
    assert "Traceback" not in told
