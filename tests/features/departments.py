"""Small department files and mappings for the intake's tests."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import yaml

from features.intake import ImportReport, Mapping, import_file, load_mapping

GOOD = "9144030071526726XG"
OTHER = "91350200MA2YJ1XR9G"
RECEIVED = datetime.fromisoformat("2024-06-01T02:00")
PERSON_KEY = b"a key of the office, 32 bytes..."
ERRORS = "错误说明 errors"
SOURCE_ROW = "原始行号 source row"

HEADER = ["统一社会信用代码", "文号", "决定日期", "归集日期", "罚款（万元）", "种类", "领域"]
ROW = [GOOD, "粤〔2024〕1号", "2024-01-05", "2024-01-09", "1.5", "警告、罚款", "食品"]


def instant(text: str) -> datetime:
    """An instant, naive UTC."""
    return datetime.fromisoformat(text)


def penalty_rule(**fields: Any) -> dict[str, Any]:
    """The record rule of the penalty ledger, with fields added or replaced (None: left out)."""
    all_fields = {
        "decision_no": {"column": "文号"},
        "fine_cny": {"column": "罚款（万元）", "scale": 10000},
        "penalty_kinds": {
            "column": "种类",
            "codes": {"警告": "warning", "罚款": "fine"},
            "separator": "、",
        },
        "matter": {"column": "领域", "codes": {"食品": "food", "广告": "advertising"}},
        **fields,
    }
    return {
        "kind": "penalty",
        "enterprise_id": {"column": "统一社会信用代码", "scheme": "uscc"},
        "event_on": {"column": "决定日期"},
        "known_at": {"column": "归集日期"},
        "fields": {name: rule for name, rule in all_fields.items() if rule is not None},
    }


def penalty_source(**changes: Any) -> dict[str, Any]:
    """The mapping of the penalty ledger as a dict, with top-level keys changed."""
    return {
        "source": "test_penalties",
        "zh": "处罚台账",
        "en": "penalty ledger",
        "provider": "市市场监督管理局",
        "files": ["*处罚*.csv"],
        "format": "csv",
        "encoding": "gb18030",
        "ignore": ["备注"],
        "records": [penalty_rule()],
        **changes,
    }


def save_mapping(folder: Path, data: dict[str, Any]) -> Mapping:
    """Write a mapping file and load it."""
    path = folder / f"{data['source']}.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_mapping(path)


def write_csv(
    path: Path,
    rows: Sequence[Sequence[str]],
    *,
    header: Sequence[str] = HEADER,
    encoding: str = "gb18030",
) -> Path:
    """A ledger as departments export it, without any quoting."""
    lines = [",".join(row) for row in (header, *rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def write_excel(path: Path, rows: Sequence[Sequence[Any]], *, sheet: str = "处罚") -> Path:
    """A workbook with one sheet; the first of `rows` is the header."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    book.save(path)
    return path


def bring_in(path: Path, mapping: Mapping, **changes: Any) -> ImportReport:
    """Import `path` into the folder ``records`` beside it."""
    arguments = {
        "records_dir": path.parent / "records",
        "received_at": RECEIVED,
        "person_key": PERSON_KEY,
        **changes,
    }
    return import_file(path, mapping=mapping, **arguments)


def records_of(report: ImportReport, folder: Path, kind: str = "penalty") -> list[dict[str, Any]]:
    """The accepted records of an import, in the order of the file."""
    path = folder / "records" / report.import_id / f"{kind}.parquet"
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist() if path.exists() else []
    return sorted(rows, key=lambda row: row["row_no"])
