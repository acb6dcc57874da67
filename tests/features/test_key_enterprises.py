"""The list of key enterprises: rules, editions, decisions by hand, reconciliation, labels."""

import csv
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from features.archive import Archive
from features.engine import Engine
from features.errors import KeyListError
from features.key_enterprises import (
    KeyType,
    build_edition,
    build_key_list,
    key_types,
    list_editions,
    read_changes,
    read_list,
    reconcile,
)
from features.key_enterprises.labels import (
    export_labels,
    read_acknowledgements,
    record_acknowledgement,
)
from features.key_enterprises.manual import ManualDecision, append_manual
from features.key_enterprises.reconciliation import FINDINGS, reconciliation_workbook
from tests.features.random_records import build, records_table

FIRST, SECOND = date(2024, 1, 31), date(2024, 12, 31)
BUILT = datetime(2025, 1, 1)
# enterprise, industry, the day it was deregistered
REGISTER = [
    ("BAKER", "1411", None),
    ("HEALTH", "1492", None),
    ("LIFTS", "3435", None),
    ("GONE", "1411", date(2024, 6, 1)),
    ("UNLICENSED", "1421", None),
    ("SHOP", "5212", None),
    ("GAS", "4500", None),
]
# enterprise, number, kind, category, valid to
LICENCES = [
    ("BAKER", "SC12444050700195", "food_production", "24 糕点", date(2024, 6, 30)),
    ("HEALTH", "SC10344050700195", "food_production", "03 调味品、27 保健食品", date(2028, 1, 1)),
    ("GONE", "SC12444050700200", "food_production", "24 糕点", date(2028, 1, 1)),
    ("SHOP", "JY14405070000016", "food_operation", "食品销售经营者", date(2028, 1, 1)),
    ("GAS", "TS4244012-2028", "special_equipment", "TS42 气瓶充装", date(2028, 1, 1)),
    ("STRANGER", "SC20144050700011", "food_production", "201 食品添加剂", date(2028, 1, 1)),
]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """SIMULATED: one enterprise for each thing the list must get right."""
    opened = [(one, industry, "active", date(2015, 1, 1)) for one, industry, _ in REGISTER]
    closed = [(one, industry, "deregistered", day) for one, industry, day in REGISTER if day]
    rows = opened + closed
    ids, industries, states, days = (list(column) for column in zip(*rows, strict=True))
    events = ["establishment" if state == "active" else "deregistration" for state in states]
    registration = {
        "enterprise_id": ids,
        "event_on": days,
        "known_at": [datetime(day.year, day.month, day.day, 12) for day in days],
        "event": events,
        "status": states,
        "name": [f"模拟{one}" for one in ids],
        "industry_code": industries,
        "established_on": [date(2015, 1, 1)] * len(ids),
    }
    owners, numbers, kinds, categories, ends = (list(c) for c in zip(*LICENCES, strict=True))
    licence = {
        "enterprise_id": owners,
        "event_on": [date(2020, 3, 1)] * len(owners),
        "known_at": [datetime(2020, 3, 2)] * len(owners),
        "licence_no": numbers,
        "licence_kind": kinds,
        "category": categories,
        "valid_to": ends,
        "status": ["valid"] * len(owners),
    }
    return build(
        tmp_path,
        {
            "registration": records_table("registration", registration),
            "licence": records_table("licence", licence),
            "special_equipment_unit": units(),
        },
    )


def units() -> pa.Table:
    columns = {
        "enterprise_id": ["SHOP", "SHOP"],
        "event_on": [date(2021, 1, 1)] * 2,
        "known_at": [datetime(2021, 1, 2)] * 2,
        "unit_code": ["U1", "U2"],
        "category_code": ["2000", "3000"],
        "commissioned_on": [date(2019, 5, 1)] * 2,
        "status": ["in_use", "scrapped"],
    }
    return records_table("special_equipment_unit", columns)


def listed(table: pa.Table) -> set[tuple[str, str]]:
    return {(row["enterprise_id"], row["type"]) for row in table.to_pylist()}


def changes_of(folder: Path, number: int) -> dict[tuple[str, str], str]:
    rows = read_changes(folder, number).to_pylist()
    return {(row["change"], row["enterprise_id"]): row["why"] for row in rows}


def by_hand(action: Any, enterprise_id: str, kind: str, *, day: date = FIRST) -> ManualDecision:
    return ManualDecision(action, enterprise_id, kind, "赵六", "专项整治", day)


def test_the_first_edition_of_types_is_unconfirmed_and_dated() -> None:
    types = key_types(on=FIRST)
    assert {kind.edition for kind in types} == {"1"}
    assert all(kind.unconfirmed for kind in types)
    assert [kind.code for kind in types][:2] == ["food_production", "health_food_production"]
    assert key_types(on=date(2020, 1, 1)) == ()


def test_who_is_a_key_enterprise(engine: Engine, archive: Archive) -> None:
    table = build_key_list(engine, archive, as_of=FIRST)
    assert listed(table) == {
        ("BAKER", "food_production"),
        ("GONE", "food_production"),
        ("HEALTH", "food_production"),
        ("HEALTH", "health_food_production"),  # by the second category of the licence
        ("LIFTS", "special_equipment_production"),  # by its industry alone
        ("GAS", "pressure_vessel_filling"),
    }
    (lifts,) = [row for row in table.to_pylist() if row["enterprise_id"] == "LIFTS"]
    assert (lifts["basis"], lifts["because"]) == ("industry", "登记行业 3435")
    (baker,) = [row for row in table.to_pylist() if row["enterprise_id"] == "BAKER"]
    assert (baker["because"], baker["since"]) == ("SC12444050700195", date(2020, 3, 1))


def test_equipment_in_use_can_be_a_rule(engine: Engine, archive: Archive) -> None:
    kind: KeyType = replace(
        key_types(on=FIRST)[0], code="vessels", licence_kind=None, unit_categories=("2000", "3000")
    )
    (row,) = build_key_list(engine, archive, as_of=FIRST, types=[kind]).to_pylist()
    assert (row["enterprise_id"], row["basis"]) == ("SHOP", "unit")
    assert (row["because"], row["since"]) == ("在用设备 2000", date(2019, 5, 1))


def test_editions_say_what_changed_and_why(
    tmp_path: Path, engine: Engine, archive: Archive
) -> None:
    folder = tmp_path / "key"
    append_manual(folder, by_hand("add", "SHOP", "food_production"))
    first, is_new = build_edition(engine, archive, folder=folder, as_of=FIRST, built_at=BUILT)
    assert (first.number, is_new, first.rows, first.added) == (1, True, 7, 7)
    again = build_edition(engine, archive, folder=folder, as_of=FIRST, built_at=BUILT)
    assert again == (first, False)
    append_manual(folder, by_hand("remove", "HEALTH", "food_production", day=SECOND))
    second, _ = build_edition(engine, archive, folder=folder, as_of=SECOND, built_at=BUILT)
    assert (second.number, second.added, second.removed) == (2, 0, 3)
    assert changes_of(folder, 1)["added", "SHOP"] == "新符合：人工列入：专项整治（赵六）"
    assert changes_of(folder, 2) == {
        ("removed", "BAKER"): "许可证 SC12444050700195 已于 2024-06-30 到期",
        ("removed", "GONE"): "登记状态：注销",
        ("removed", "HEALTH"): "人工移出：专项整治（赵六）",
    }
    append_manual(folder, by_hand("add", "HEALTH", "food_production", day=SECOND))
    third, _ = build_edition(engine, archive, folder=folder, as_of=SECOND, built_at=BUILT)
    assert (third.number, third.added) == (3, 1)
    assert [edition.number for edition in list_editions(folder)] == [1, 2, 3]


def test_what_an_edition_refuses(tmp_path: Path, engine: Engine, archive: Archive) -> None:
    folder = tmp_path / "key"
    with pytest.raises(KeyListError, match="no types"):
        build_edition(engine, archive, folder=folder, as_of=date(2019, 1, 1), built_at=BUILT)
    build_edition(engine, archive, folder=folder, as_of=SECOND, built_at=BUILT)
    with pytest.raises(KeyListError, match="cannot be earlier"):
        build_edition(engine, archive, folder=folder, as_of=FIRST, built_at=BUILT)
    with pytest.raises(KeyListError, match="there is no edition 9"):
        read_list(folder, 9)
    (folder / "edition-0001" / "list.parquet").write_bytes(b"changed")
    with pytest.raises(KeyListError, match="was changed"):
        read_list(folder, 1)
    with pytest.raises(KeyListError, match="--reason"):
        append_manual(folder, replace(by_hand("add", "SHOP", "food_production"), reason=" "))


def test_register_licences_and_list_are_held_together(
    tmp_path: Path, engine: Engine, archive: Archive
) -> None:
    old = build_key_list(engine, archive, as_of=FIRST)
    short = old.filter(pa.compute.not_equal(old["enterprise_id"], "GAS"))
    found = reconcile(engine, archive, as_of=SECOND, listed=short)
    owners = {name: rows["enterprise_id"].tolist() for name, rows in found.items()}
    assert owners == {
        "missing_in_list": ["GAS"],
        "listed_without_licence": ["BAKER", "LIFTS"],
        "licence_of_closed": ["GONE"],
        "licence_unregistered": ["STRANGER"],
        "industry_unlicensed": ["BAKER", "LIFTS", "UNLICENSED"],
    }
    assert found["listed_without_licence"]["detail"].tolist() == [
        "有效，有效期至 2024-06-30",
        "没有任何许可记录",
    ]
    content = reconciliation_workbook(found, as_of=SECOND, edition=1)
    book = openpyxl.load_workbook(BytesIO(content))
    assert book.sheetnames == ["汇总", *(zh for zh, _ in FINDINGS.values())]
    assert book["汇总"]["C3"].value == 2
    assert book["应列未列"]["A2"].value == "GAS"


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def answer(path: Path, rows: list[dict[str, str]], *, state: str) -> Path:
    header = "统一社会信用代码,标注类型代码,回执状态,回执编号\n"
    lines = [f"{row['统一社会信用代码']},{row['标注类型代码']},{state},R1\n" for row in rows]
    path.write_text(header + "".join(lines), encoding="utf-8")
    return path


def test_labels_go_out_and_their_receipts_come_back(
    tmp_path: Path, engine: Engine, archive: Archive
) -> None:
    folder = tmp_path / "key"
    for day in (FIRST, SECOND):
        build_edition(engine, archive, folder=folder, as_of=day, built_at=BUILT)
    path, put, taken = export_labels(folder, 1)
    assert (put, taken) == (6, 0)
    receipt = answer(tmp_path / "r.csv", read_rows(path), state="成功")
    signed = {"recorded_by": "孙七", "recorded_at": BUILT}
    assert record_acknowledgement(folder, receipt, number=1, **signed) == (6, 0)
    path, put, taken = export_labels(folder)
    assert (put, taken) == (4, 2)
    gone = [row for row in read_rows(path) if row["操作"] == "取消标注"]
    assert {row["统一社会信用代码"] for row in gone} == {"BAKER", "GONE"}
    assert path.read_bytes() == export_labels(folder)[0].read_bytes()
    receipt = answer(tmp_path / "r.csv", gone[:1], state="成功")
    record_acknowledgement(folder, receipt, number=2, **signed)
    append_manual(folder, by_hand("add", "SHOP", "food_production"))
    build_edition(engine, archive, folder=folder, as_of=SECOND, built_at=BUILT)
    _, put, taken = export_labels(folder)
    assert (put, taken) == (5, 1), "a removal is asked for until it was acknowledged"
    assert read_acknowledgements(folder)["action"].tolist() == ["标注"] * 6 + ["取消标注"]


def test_a_receipt_with_faults_is_refused_whole(
    tmp_path: Path, engine: Engine, archive: Archive
) -> None:
    folder = tmp_path / "key"
    build_edition(engine, archive, folder=folder, as_of=FIRST, built_at=BUILT)
    signed = {"recorded_by": "孙七", "recorded_at": BUILT}
    receipt = tmp_path / "r.csv"
    receipt.write_text("统一社会信用代码,标注类型代码,回执状态\nBAKER,food_production,成功\n")
    with pytest.raises(KeyListError, match="not exported yet"):
        record_acknowledgement(folder, receipt, number=1, **signed)
    export_labels(folder)
    receipt.write_text(
        "统一社会信用代码,标注类型代码,回执状态\nBAKER,food_production,好\nX,food_production,成功\n"
    )
    with pytest.raises(KeyListError) as fault:
        record_acknowledgement(folder, receipt, number=1, **signed)
    assert "第 2 行：回执状态“好”" in fault.value.zh
    assert "第 3 行：标注文件中没有 X" in fault.value.zh
    assert read_acknowledgements(folder).empty
    receipt.write_text("代码\nBAKER\n")
    with pytest.raises(KeyListError, match="lacks columns"):
        record_acknowledgement(folder, receipt, number=1, **signed)
