"""The filtered table as CSV and Excel: every text stays text, nothing is a formula."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from features.workbook import Sheet, workbook_bytes
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH, reasons_text
from service.console.words import label, word
from service.enterprises.repository import Row

HEADERS = (
    "统一社会信用代码",
    "名称",
    "辖区",
    "行业代码",
    "主体类型",
    "风险等级",
    "依据",
    "依据说明",
    "概率",
    "信用分",
    "主要原因",
)
_FLUSH_ROWS = 500
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """The table as CSV, UTF-8 with the mark that Excel needs, in pieces."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    stream.write("\ufeff")
    writer.writerow(HEADERS)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_as_text(value) for value in _cells(row)])
        if number % _FLUSH_ROWS == 0:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


def workbook(rows: Iterable[Row], *, run_id: str, as_of: date) -> bytes:
    """The table as an Excel file with a sheet that says what a grade is not."""
    notes = [
        ("批次", run_id),
        ("截至日期", as_of),
        ("说明", STATEMENT_ZH),
        ("Note", STATEMENT_EN),
    ]
    return workbook_bytes(
        [
            Sheet("企业", HEADERS, map(_cells, rows), {"名称": 36, "主要原因": 80}),
            Sheet("说明", ("项目", "内容"), notes, {"内容": 100}),
        ]
    )


def _cells(row: Row) -> list[Any]:
    return [
        row["enterprise_id"],
        row["name"],
        label("areas", row["area_code"]),
        row["industry_code"],
        label("entity_types", row["entity_type"]),
        row["grade"],
        word(row["basis"]),
        row["basis_ground"],
        None if row["probability"] is None else round(row["probability"], 4),
        row["points"],
        reasons_text(json.loads(row["reasons"])),
    ]


def _as_text(value: Any) -> Any:
    """Numbers stay; a text that a spreadsheet would calculate gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
