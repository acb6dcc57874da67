"""The Excel files of a batch, one an area, as the credit supervision office opens it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import law
from features.workbook import Sheet, WorkbookFile
from scoring.statutory.workbook_columns import STATUTORY_HEADERS, statutory_cells

STATEMENT_ZH = (
    "风险等级仅供市场监管部门内部配置监管资源参考，不是对企业的信用评价，"
    "不作为处罚依据，不对外公布，也不因等级免予抽查。"
)
STATEMENT_EN = (
    "Grades are an internal aid for placing supervision effort: no credit assessment, "
    "no ground for a penalty, not for publication, and no grade exempts from sampling."
)
BASIS_ZH = {
    "model": "模型",
    "hysteresis": "稳定带",
    "floor": "新设企业起评",
    "province": "省级结果",
    "direct_rule": "直接判定",
    "override": "人工调整",
}
_HEADERS = {
    "enterprise_id": "统一社会信用代码",
    "name": "名称",
    "area_code": "辖区",
    "industry_code": "行业代码",
    "grade": "风险等级",
    "basis": "依据",
    "basis_ground": "依据说明",
    "provincial_grade": "省级等级",
    "probability": "一年内检查发现严重问题的概率",
    "points": "信用分（高者风险低）",
    "reasons": "主要原因",
}


class AreaWorkbooks:
    """One Excel file an area, each growing range by range; memory holds a few rows.

    Parameters
    ----------
    unconfirmed
        Names of the parameters of law that await review.
    grades, areas
        Which enterprises are written; None writes those of every grade, or of every area.
    """

    def __init__(
        self,
        folder: Path,
        *,
        as_of: date,
        unconfirmed: Sequence[str],
        grades: Collection[str] | None = None,
        areas: Collection[str] | None = None,
    ) -> None:
        self._folder, self._as_of, self._unconfirmed = folder, as_of, unconfirmed
        self._grades, self._wanted = grades, areas
        self._areas = {code: found.zh for code, found in law.codes("areas", on=as_of).items()}
        self._books: dict[str, WorkbookFile] = {}

    def add(self, grades: pa.Table) -> None:
        """Append enterprises, each to the file of its area."""
        if self._grades is not None:
            grades = grades.filter(pc.is_in(grades["grade"], pa.array(sorted(self._grades))))
        if self._wanted is not None:
            grades = grades.filter(pc.is_in(grades["area_code"], pa.array(sorted(self._wanted))))
        codes = pc.fill_null(grades["area_code"], NO_AREA)
        for code in sorted(pc.unique(codes).to_pylist()):
            self._book(code).add(_rows(grades.filter(pc.equal(codes, code)), self._areas))

    def close(self) -> list[Path]:
        """Finish every file; returns them."""
        for book in self._books.values():
            book.close()
        return sorted(self._path(code) for code in self._books)

    def _book(self, code: str) -> WorkbookFile:
        if code not in self._books:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._books[code] = WorkbookFile(
                self._path(code), before=[self._notes(code)], growing=_SHEET
            )
        return self._books[code]

    def _path(self, code: str) -> Path:
        return self._folder / f"{code}.xlsx"

    def _notes(self, code: str) -> Sheet:
        written = "全部" if self._grades is None else "、".join(sorted(self._grades)) + " 类"
        notes = [
            ("截至日期", self._as_of),
            ("辖区", f"{code} {self._areas.get(code, '')}".strip()),
            ("所列等级", written),
            ("说明", STATEMENT_ZH),
            ("Note", STATEMENT_EN),
            (NOT_LISTED, _NOT_LISTED_ZH),
            *(("待法制审核的参数", name) for name in self._unconfirmed),
        ]
        return Sheet("说明", ["项目", "内容"], notes, {"项目": 20, "内容": 100})


_SHEET = Sheet(
    "分级结果",
    [*_HEADERS.values(), *STATUTORY_HEADERS.values()],
    (),
    {"统一社会信用代码": 22, "名称": 36, "主要原因": 90, "依据说明": 30},
)
NOT_LISTED = "未列出"
_NOT_LISTED_ZH = (
    "该等级的原因未逐户列出（xinheng score --reasons all 列出全部），或没有使风险上升的指标"
)
# File name of enterprises whose area nobody stated.
NO_AREA = "unknown"


def _rows(grades: pa.Table, areas: dict[str, str]) -> Iterator[list[Any]]:
    for batch in grades.select([*_HEADERS, *STATUTORY_HEADERS]).to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            row["area_code"] = areas.get(row["area_code"], row["area_code"])
            row["basis"] = BASIS_ZH[row["basis"]]
            row["probability"] = round(row["probability"], 4)
            row["reasons"] = reasons_text(row["reasons"])
            yield list(statutory_cells(row).values())


def reasons_text(reasons: Sequence[dict[str, Any]] | None) -> str:
    """All reasons of a row in Chinese; a batch may tell those of C and D alone."""
    return "；".join(reason_text(reason) for reason in reasons or ()) or NOT_LISTED


def reason_text(reason: dict[str, Any]) -> str:
    """One reason in Chinese: label, value, points, and the newest record behind it."""
    value = "无记录" if reason["value"] is None else f"{reason['value']:g}"
    text = f"{reason['zh']} {value}（{reason['points']:+.1f} 分）"
    if reason["reference"]:
        text += f"，见 {reason['reference']}（{reason['event_on']}）"
    return text
