"""The exchange file: codes told by their names, and cells that no spreadsheet runs."""

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa

from scoring.exchange import EXCHANGE, HEADERS, ExchangeFile


def test_cells_are_names_and_never_formulas(tmp_path: Path) -> None:
    common = {"entity_type": "no such type", "is_special_equipment": None, "industry_code": None}
    rows = [
        {"name": "=1+1", "area_code": "440507", "status": "active", "is_food": True, "grade": "A"},
        {"name": "甲\n乙", "area_code": "@x", "status": None, "is_food": False, "grade": "D"},
        {"name": None, "area_code": "440507", "status": "dormant", "is_food": None, "grade": "D"},
    ]
    ids = [{"enterprise_id": f"E{number}", "basis": "model"} for number in range(len(rows))]
    told = [common | row | one for row, one in zip(rows, ids, strict=True)]
    with ExchangeFile(
        tmp_path, as_of=date(2026, 10, 31), run_id="run", basis_names={"model": "模型"}
    ) as file:
        file.add(pa.Table.from_pylist(told).cast(_schema(told)))
    content = (tmp_path / EXCHANGE).read_text(encoding="utf-8-sig")
    header, *found = csv.reader(content.splitlines())
    assert tuple(header) == HEADERS
    first = ["E0", "'=1+1", "440507", "龙湖区", "", "no such type", "存续", "是", "否", "A"]
    assert found[0] == [*first, "信用风险低", "模型", "2026-10-31", "run"]
    assert [row[1:4] for row in found[1:]] == [
        ["甲 乙", "'@x", "'@x"],
        ["", "440507", "龙湖区"],
    ]
    assert [(row[6], row[7], row[10]) for row in found[1:]] == [
        ("", "否", "信用风险高"),
        ("歇业", "否", "信用风险高"),
    ]


def _schema(rows: list[dict[str, object]]) -> pa.Schema:
    flags = ("is_food", "is_special_equipment")
    return pa.schema([(name, pa.bool_() if name in flags else pa.string()) for name in rows[0]])
