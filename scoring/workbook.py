"""The Excel file of a batch, as the credit supervision office opens it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

import law
from features.workbook import Sheet, workbook_bytes
from scoring.statutory.workbook_columns import STATUTORY_HEADERS, statutory_cells

STATEMENT_ZH = (
    "风险等级仅供市场监管部门内部配置监管资源参考，不是对企业的信用评价，"
    "不作为处罚依据，不对外公布，也不因等级免予抽查。"
)
STATEMENT_EN = (
    "Grades are an internal aid for placing supervision effort: no credit assessment, "
    "no ground for a penalty, not for publication, and no grade exempts from sampling."
)
_BASIS = {"model": "模型", "direct_rule": "直接判定", "floor": "新设企业起评"}
_HEADERS = {
    "enterprise_id": "统一社会信用代码",
    "name": "名称",
    "area_code": "辖区",
    "industry_code": "行业代码",
    "grade": "风险等级",
    "basis": "依据",
    "basis_ground": "直接判定事由",
    "probability": "一年内检查发现严重问题的概率",
    "points": "信用分（高者风险低）",
    "reasons": "主要原因",
}


def grades_workbook(grades: pa.Table, *, as_of: date, unconfirmed: Sequence[str]) -> bytes:
    """Sheets 分级结果 (one row per enterprise) and 说明 (what a grade is, unconfirmed law)."""
    areas = {code: found.zh for code, found in law.codes("areas", on=as_of).items()}
    counts = {row["values"]: row["counts"] for row in grades["grade"].value_counts().to_pylist()}
    notes: list[tuple[Any, ...]] = [
        ("截至日期", as_of),
        ("企业数", grades.num_rows),
        *((f"{grade} 类", counts.get(grade, 0)) for grade in "ABCD"),
        ("说明", STATEMENT_ZH),
        ("Note", STATEMENT_EN),
        *(("待法制审核的参数", name) for name in unconfirmed),
    ]
    return workbook_bytes(
        [
            Sheet(
                "分级结果",
                [*_HEADERS.values(), *STATUTORY_HEADERS.values()],
                _rows(grades, areas),
                {"统一社会信用代码": 22, "名称": 36, "主要原因": 90, "直接判定事由": 30},
            ),
            Sheet("说明", ["项目", "内容"], notes, {"项目": 20, "内容": 100}),
        ]
    )


def _rows(grades: pa.Table, areas: dict[str, str]) -> Iterator[list[Any]]:
    for batch in grades.select([*_HEADERS, *STATUTORY_HEADERS]).to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            row["area_code"] = areas.get(row["area_code"], row["area_code"])
            row["basis"] = _BASIS[row["basis"]]
            row["probability"] = round(row["probability"], 4)
            row["reasons"] = "；".join(reason_text(reason) for reason in row["reasons"])
            yield list(statutory_cells(row).values())


def reason_text(reason: dict[str, Any]) -> str:
    """One reason in Chinese: label, value, points, and the newest record behind it."""
    value = "无记录" if reason["value"] is None else f"{reason['value']:g}"
    text = f"{reason['zh']} {value}（{reason['points']:+.1f} 分）"
    if reason["reference"]:
        text += f"，见 {reason['reference']}（{reason['event_on']}）"
    return text
