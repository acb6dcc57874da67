"""`xinheng identity` and `xinheng key-list` as an official types them (SIMULATED)."""

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.features.departments import GOOD, OTHER
from tests.features.random_records import build, records_table
from tests.service.test_command_line import Shell

HEADER = "登记编号,被投诉单位,注册号,地址,接收日期,归集日期,类别,是否属实\n"
ROWS = (
    "S1,鸿泰食品有限责任公司,,龙湖区长平路12号,2024-05-01,2024-05-02,食品安全,属实\n"
    "S2,汕头市鸿太食品有限公司,,龙湖区长平路12号,2024-05-01,2024-05-02,食品安全,不属实\n"
)
SIGNED = ("--by", "王五", "--reason", "核对营业执照")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with two registered enterprises, one of them with a food licence."""
    home = tmp_path / "home"
    registration = {
        "enterprise_id": [GOOD, OTHER],
        "event_on": [date(2018, 1, 1)] * 2,
        "known_at": [datetime(2018, 1, 2)] * 2,
        "event": ["establishment"] * 2,
        "status": ["active"] * 2,
        "name": ["汕头市鸿泰食品有限公司", "汕头市康华电梯有限公司"],
        "address": ["汕头市龙湖区长平路12号", "汕头市金平区中山路3号"],
        "industry_code": ["1411", "3435"],
    }
    licence = {
        "enterprise_id": [GOOD],
        "event_on": [date(2022, 1, 1)],
        "known_at": [datetime(2022, 1, 2)],
        "licence_no": ["SC12444050700195"],
        "licence_kind": ["food_production"],
        "status": ["valid"],
    }
    tables = {
        "registration": records_table("registration", registration),
        "licence": records_table("licence", licence),
    }
    build(home, tables)
    return home


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell to type commands into."""
    return Shell(monkeypatch, capsys)


def test_from_a_complaint_without_a_code_to_a_decision(
    shell: Shell, home: Path, tmp_path: Path
) -> None:
    shell.run(home, "init")
    file = tmp_path / "模拟_12315无代码投诉.csv"
    file.write_text(HEADER + ROWS, encoding="utf-8-sig")
    assert "临时编号" in shell.run(home, "import", str(file))
    told = shell.run(home, "identity", "resolve")
    assert "identity queue" in told
    queue = shell.run(home, "identity", "queue")
    assert "汕头市鸿太食品有限公司" in queue
    temporary = next(word for word in queue.split() if word.startswith("~"))
    assert "待确认 1" in shell.run(home, "identity", "queue", "--out", str(tmp_path / "q.xlsx"))
    assert "has no registration record" in shell.fail(
        home, "identity", "confirm", temporary, "91440500MA4T000510", *SIGNED
    )
    shell.run(home, "identity", "confirm", temporary, GOOD, *SIGNED)
    assert "核对营业执照" in shell.run(home, "identity", "show", temporary)
    shell.run(home, "identity", "revoke", temporary, *SIGNED)
    shell.run(home, "identity", "reject", temporary, *SIGNED)
    assert "待确认 0" in shell.run(home, "identity", "queue")
    assert "check the id" in shell.fail(home, "identity", "show", "X")


def test_a_merger_is_shown_with_its_successor(shell: Shell, home: Path) -> None:
    shell.run(home, "identity", "merge", OTHER, GOOD, *SIGNED)
    shown = shell.run(home, "archive", "show", GOOD)
    assert f"前身 predecessor: {OTHER} → {GOOD}" in shown
    assert "仅展示，不计入" in shown
    assert "汕头市康华电梯有限公司" in shown
    assert "cannot absorb it" in shell.fail(home, "identity", "merge", GOOD, OTHER, *SIGNED)


def test_the_key_list_and_its_files(shell: Shell, home: Path, tmp_path: Path) -> None:
    assert "key-list build" in shell.fail(home, "key-list", "show")
    assert "待法制审核" in shell.run(home, "key-list", "build", "--as-of", "2024-06-30")
    assert "没有变化" in shell.run(home, "key-list", "build", "--as-of", "2024-06-30")
    assert "there is no type" in shell.fail(home, "key-list", "add", GOOD, "x", *SIGNED)
    assert "no credit archive" in shell.fail(
        home, "key-list", "add", "X", "food_production", *SIGNED
    )
    shell.run(home, "key-list", "add", OTHER, "food_production", *SIGNED)
    shell.run(home, "key-list", "build", "--as-of", "2099-12-31")
    assert "人工" in shell.run(home, "key-list", "show")
    out = tmp_path / "list.xlsx"
    shell.run(home, "key-list", "show", "1", "--out", str(out))
    assert out.is_file()
    report = tmp_path / "核对.xlsx"
    assert "有许可而无登记" in shell.run(home, "key-list", "reconcile", "--out", str(report))
    assert report.is_file()
    assert "标注 3" in shell.run(home, "key-list", "export-labels")
    receipt = tmp_path / "回执.csv"
    receipt.write_text(f"统一社会信用代码,标注类型代码,回执状态\n{GOOD},food_production,成功\n")
    signed = ("--edition", "2", "--by", "孙七")
    assert "成功 1" in shell.run(home, "key-list", "acknowledge", str(receipt), *signed)
    assert "2024-06-30" in shell.run(home, "key-list", "list")
    assert "特设科" in shell.run(home, "key-list", "types")
