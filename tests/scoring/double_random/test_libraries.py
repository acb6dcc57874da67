"""一单两库 in editions: what changed, who confirmed, and what a plan may draw from."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from features.folders import hold
from law.errors import XinhengError
from scoring.double_random import ReadOut
from scoring.double_random.libraries import check_frozen
from scoring.double_random.randomness import read_instant
from scoring.errors import DepartureError, InputTableError, LibraryError, PlanError
from service.campaigns import libraries, operations, publication
from service.campaigns.errors import HandInMissingError, PackFolderError
from service.cli import build_app
from service.settings import Settings

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

NOW, DAY = datetime(2026, 11, 20, 8, tzinfo=UTC), date(2026, 12, 1)
ITEMS = """item,department,matter,basis,object_kinds,checklist,random,not_random_reason,kind
公示信息检查,市场监管局,,企业信息公示暂行条例第十四条,全部,附表1,是,,一般
消防检查,消防大队,,消防法第五十三条,行业:62,附表2,是,,重点
药品检查,市场监管局,,药品管理法第九十九条,全部,附表3,否,直接涉及公共安全,重点
"""
HEADER = (
    "inspector_id,name,unit,certificate_no,certificate_valid_to,area_code,matters,role,items,"
    "unavailable_from,unavailable_to\n"
)
ROWS = """P1,甲,市场监管局,E1,2027-12-31,,,,,,
P2,乙,市场监管局,E2,2027-12-31,,,,公示信息检查、药品检查,,
P3,丙,消防大队,E3,2027-12-31,,,,,,
P4,丁,消防大队,E4,2027-12-31,,,,,,
X1,戊,市场监管局,E5,2026-11-30,,,,,,
X2,己,市场监管局,E6,2027-12-31,,,网格员,,,
X3,庚,市场监管局,E7,2027-12-31,,,,,2026-11-15,2026-12-15
X4,辛,市场监管局,,,,,,,,
"""
PEOPLE = HEADER + ROWS
OBJECTS = "item,uscc,name,area_code,because\n" + "".join(
    f"{item},91440500MA{n:06d}XY,模拟企业{n},440507,全部\n"
    for item in ("公示信息检查", "消防检查")
    for n in range(0, 900, 1 if item == "公示信息检查" else 3)
)


@pytest.fixture
def place(home: Path) -> Settings:
    return Settings(home=home)


def confirm(place: Settings, name: str, text: str, **fields: str) -> tuple[object, bool]:
    path = place.home / f"{name}_handed_in.csv"
    path.write_text(text, encoding="gb18030")
    told = {"by": "王五", "reason": "", **fields}
    return libraries.confirm_edition(place, name, path, **told, now=NOW)


@pytest.fixture
def filled(place: Settings) -> Settings:
    for name, text in (("items", ITEMS), ("inspectors", PEOPLE), ("objects", OBJECTS)):
        confirm(place, name, text)
    return place


def test_an_edition_says_what_was_kept_adjusted_deleted_and_by_whom(place: Settings) -> None:
    confirm(place, "items", ITEMS)
    assert confirm(place, "items", ITEMS)[1] is False
    lines = ITEMS.splitlines()
    changed = "\n".join(
        [
            *lines[:2],
            lines[2].replace("附表2", "附表9"),
            "价格检查,市场监管局,,价格法第三十四条,全部,附表4,是,,一般",
        ]
    )
    with pytest.raises(LibraryError, match="--reason"):
        confirm(place, "items", changed)
    with pytest.raises(LibraryError, match="--by"):
        confirm(place, "items", changed, by=" ", reason="年度调整")
    record, _ = confirm(place, "items", changed, reason="年度调整")
    counts = (record.number, record.kept, record.adjusted, record.deleted, record.added)
    assert counts == (2, 1, 1, 1, 1)
    assert (record.confirmed_by, record.reason) == ("王五", "年度调整")
    told = libraries.load_changes(place, "items").to_dict("records")
    assert {"change": "adjusted", "key": "消防检查", "what": "checklist: 附表2 → 附表9"} in told
    assert len(libraries.load_library(place, "items", 1)) == 3
    with pytest.raises(LibraryError, match="没有第 7 版"):
        libraries.load_library(place, "items", 7)
    path = place.home / "libraries" / "items" / "edition-0001" / "items.csv"
    path.write_text(path.read_text().replace("附表1", "附表8"))
    with pytest.raises(LibraryError, match="被改动"):
        libraries.load_library(place, "items", 1)


def test_every_fault_of_an_item_list_is_told(place: Settings) -> None:
    faulty = ITEMS.replace(",直接涉及公共安全,重点", ",,特别").replace("行业:62", "餐饮")
    with pytest.raises(LibraryError) as told:
        confirm(place, "items", faulty)
    for part in ("不适用随机抽查须写明原因", "kind='特别'", "对象种类 '餐饮'"):
        assert part in told.value.zh
    with pytest.raises(InputTableError, match="basis"):
        confirm(place, "items", ITEMS.replace("消防法第五十三条", ""))
    with pytest.raises(HandInMissingError):
        libraries.confirm_edition(place, "items", place.home / "no.csv", by="x", reason="", now=NOW)


def test_an_item_is_not_drawn_before_it_has_everything(place: Settings) -> None:
    confirm(place, "items", ITEMS.replace("附表2", ""))
    confirm(place, "inspectors", "\n".join(PEOPLE.splitlines()[:4]) + "\n")
    with pytest.raises(LibraryError) as told:
        libraries.write_hand_in(place, ["消防检查", "药品检查"], place.home / "o", on=DAY)
    for part in ("消防检查：没有检查表", "没有监管对象名录", "消防大队合格检查人员只有 1 名",
                 "药品检查：不适用随机抽查（直接涉及公共安全）"):  # fmt: skip
        assert part in told.value.zh
    with pytest.raises(LibraryError, match="事项清单没有：价格"):
        libraries.write_hand_in(place, ["价格"], place.home / "o", on=DAY)


def test_a_plan_is_made_from_the_libraries(filled: Settings) -> None:
    out = filled.home / "hand_in"
    counts = libraries.write_hand_in(filled, ["公示信息检查", "消防检查"], out, on=DAY)
    assert (counts["inspectors.csv"], counts["item_objects.csv"]) == (4, 1200)
    with pytest.raises(PackFolderError):
        libraries.write_hand_in(filled, ["公示信息检查"], out, on=DAY)
    paths = operations.HandInPaths(
        inspectors=out / "inspectors.csv",
        avoidance=out / "avoidance.csv",
        items=out / "items.csv",
        item_objects=out / "item_objects.csv",
    )
    planned = operations.plan_round(
        filled.campaigns_dir, filled.runs_dir, wishes=make_wishes(items=()), hand_ins=paths
    )
    assert set(planned.plan.items) == {"公示信息检查", "消防检查"}
    assert planned.preview.inspectors == 4


def test_the_commands_as_an_official_types_them(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(filled.home))

    def run(*arguments: str, group: str = "library") -> str:
        done = CliRunner().invoke(build_app(group), [group, *arguments])
        if isinstance(done.exception, XinhengError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    out = filled.home / "items.xlsx"
    assert "第 1 版：3 行" in run("items", "--out", str(out))
    assert openpyxl.load_workbook(out).sheetnames == ["名录", "变动"]
    told = run("inspectors", "--on", "2026-12-01")
    assert "（4/8）" in told
    assert "X2" in told
    assert "P1" not in told.split("不能出检")[1]
    assert "尚无已确认" in run("avoidance")
    assert "公示信息检查" in run("objects")
    assert "王五" in run("editions", "items")
    assert "消防检查" in run("ready", "--on", "2026-12-01")
    folder = str(filled.home / "x")
    assert f"campaign plan --hand-in {folder}" in run(
        "hand-in", "--item", "公示信息检查", "--on", "2026-12-01", "--out", folder
    )
    plan = ("plan", "--round", "r1", "--from", "2026-12-01", "--to", "2026-12-31",
            "--randomness-name", NAME)  # fmt: skip
    with pytest.raises(PlanError, match="--hand-in 文件夹"):
        run(*plan, group="campaign")
    with pytest.raises(PlanError, match="不能再另给"):
        run(*plan, "--hand-in", folder, "--inspectors", str(out), group="campaign")
    low = [part for grade in "ABCD" for part in ("--ratio", f"{grade}=1")]
    told = run(*plan, "--hand-in", folder, *low, group="campaign")
    assert "批准时须写依据 needs a ground: 公示信息抽查本轮" in told
    assert (filled.campaigns_dir / "r1.draft" / "libraries.json").is_file()
    approve = ("approve", "--round", "r1", "--planned-by", "王五", "--by", "赵六")
    with pytest.raises(DepartureError, match="低于最低比例 30‰"):
        run(*approve, group="campaign")
    assert "依据 ground: 试点" in run(*approve, "--ground", "试点", group="campaign")
    assert "取消 deleted 1" in run("retire", "消防检查", "--by", "王五", "--reason", "划转")


def hand_in(filled: Settings, name: str) -> Path:
    out = filled.home / name
    libraries.write_hand_in(filled, ["公示信息检查", "消防检查"], out, on=DAY)
    return out


def drawn_round(filled: Settings, folder: Path, round_id: str, randomness: str) -> Path:
    """A round drawn from a hand-in; its evidence folder."""
    campaigns, wishes = filled.campaigns_dir, make_wishes(items=(), round_id=round_id)
    paths = operations.HandInPaths.of_hand_in(folder)
    operations.plan_round(campaigns, filled.runs_dir, wishes=wishes, hand_ins=paths)
    operations.freeze_round(campaigns, round_id, now=FROZEN_AT)
    read_out = ReadOut(randomness, NAME, read_instant("2026-11-30T21:15"))
    return operations.draw_round(campaigns, round_id, read_out, now=DRAWN_AT).folder


def test_the_evidence_holds_the_libraries_and_what_changed_since_the_last_draw(
    filled: Settings,
) -> None:
    folder = drawn_round(filled, hand_in(filled, "one"), "2026-11", RANDOMNESS)
    assert operations.verify_folder(folder) == ()
    first = json.loads((folder / "libraries.json").read_bytes())
    assert first["since"] is None
    assert first["changes"] == {"added": 0, "adjusted": 0, "deleted": 0}
    manifest = json.loads((folder / "evidence.json").read_bytes())["files"]
    assert {"libraries.json", "library_items.csv", "library_changes.csv"} <= manifest.keys()
    gone = "\n".join(OBJECTS.splitlines()[:-1]) + "\n"
    confirm(filled, "objects", gone, reason="注销")
    later = drawn_round(filled, hand_in(filled, "two"), "2026-12", RANDOMNESS[::-1])
    second = json.loads((later / "libraries.json").read_bytes())
    assert (second["since"], second["since_edition"]) == ("2026-11", 1)
    assert (later / "library_changes.csv").read_text() == (
        "change,key,what\ndeleted,消防检查/91440500MA000897XY,\n"
    )
    script = Path(__file__).parents[3] / "docs" / "verify_draw.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(later)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pack = filled.home / "pack"
    publication.write_pack(filled.campaigns_dir, "2026-12", pack, guarded=False)
    public = b"".join(path.read_bytes() for path in pack.iterdir())
    assert "甲".encode() not in public, "no inspector"
    # Who left the library may have been drawn for another item, so his code alone tells nothing.
    assert b"deleted" not in public, "no change of a library"
    for frozen in later.glob("librar*"):
        assert not (pack / frozen.name).exists()
        assert frozen.read_bytes() not in public


def test_tables_that_do_not_follow_from_the_libraries_are_noticed(filled: Settings) -> None:
    out = hand_in(filled, "one")
    path = out / "inspectors.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(LibraryError, match=r"inspectors\.csv 与冻结的名录库"):
        drawn_round(filled, out, "2026-11", RANDOMNESS)
    folder = drawn_round(filled, hand_in(filled, "two"), "2026-11", RANDOMNESS)
    (folder / "library_objects.csv").write_bytes(b"item,uscc\n")
    told = {one.file for one in operations.verify_folder(folder)}
    assert told == {"library_objects.csv"}
    files = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    assert "缺失或与" in check_frozen(files)[0].zh


def test_an_item_is_retired_on_record(filled: Settings) -> None:
    with pytest.raises(LibraryError, match="--reason"):
        libraries.retire_item(filled, "消防检查", by="王五", reason="", now=NOW)
    with pytest.raises(LibraryError, match="没有「价格」"):
        libraries.retire_item(filled, "价格", by="王五", reason="x", now=NOW)
    record = libraries.retire_item(filled, "消防检查", by="王五", reason="划转应急局", now=NOW)
    assert (record.number, record.deleted, record.reason) == (2, 1, "划转应急局")
    log = libraries.load_changes(filled, "items").to_dict("records")
    assert log == [{"change": "deleted", "key": "消防检查", "what": ""}]
    with pytest.raises(LibraryError, match="事项清单没有：消防检查"):
        libraries.write_hand_in(filled, ["消防检查"], filled.home / "o", on=DAY)


def test_of_two_items_retired_at_once_none_comes_back(filled: Settings) -> None:
    before = libraries.load_library(filled, "items")["item"].tolist()
    with ThreadPoolExecutor(2) as pool, hold(filled.home / "libraries" / "items"):
        waiting = [
            pool.submit(libraries.retire_item, filled, item, by="王五", reason="划转", now=NOW)
            for item in before[:2]
        ]
        time.sleep(0.2)  # both wait for the lock
        assert not any(one.done() for one in waiting)
    assert sorted(one.result().number for one in waiting) == [2, 3]
    assert libraries.load_library(filled, "items")["item"].tolist() == before[2:]
