"""The exchange file: grades for a platform that draws inspections, documented for its makers.

A platform gets what it needs to draw by grade, and no more: no probabilities, points or reasons,
and nothing about persons (docs/exchange_file.md).
"""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

import law
from law.files import write_atomically

EXCHANGE = "exchange.csv"
# UTF-8 with a mark, so that Excel does not take it for GB 18030.
_MARK = b"\xef\xbb\xbf"
HEADERS = (
    "统一社会信用代码",
    "企业名称",
    "辖区代码",
    "辖区名称",
    "行业代码",
    "主体类型",
    "登记状态",
    "是否食品",
    "是否特种设备",
    "风险等级",
    "风险等级名称",
    "评定依据",
    "截至日期",
    "评定批次",
)
# 国市监信发〔2022〕6号
GRADE_NAMES: Mapping[str, str] = {
    "A": "信用风险低",
    "B": "信用风险一般",
    "C": "信用风险较高",
    "D": "信用风险高",
}


class ExchangeFile:
    """Writes the exchange file part by part; its SHA-256 stands beside it once it is whole."""

    def __init__(
        self, folder: Path, *, as_of: date, run_id: str, basis_names: Mapping[str, str]
    ) -> None:
        self.path = folder / EXCHANGE
        self._as_of, self._run_id, self._basis = as_of.isoformat(), run_id, basis_names
        self._areas = {code: found.zh for code, found in law.codes("areas", on=as_of).items()}
        types = law.codes("entity_types", on=as_of)
        self._types = {code: found.zh for code, found in types.items()}
        self._stream: Any = self.path.open("wb")
        self._digest = sha256()
        self._put(_MARK + (",".join(HEADERS) + "\r\n").encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        if kind is None:
            line = f"{self._digest.hexdigest()}  {EXCHANGE}\n"
            write_atomically(self.path.with_name(f"{EXCHANGE}.sha256"), line.encode())

    def add(self, grades: pa.Table) -> None:
        """Append some enterprises."""
        sink = pa.BufferOutputStream()
        options = pa_csv.WriteOptions(include_header=False, eol="\r\n", quoting_style="needed")
        pa_csv.write_csv(self._rows(grades), sink, options)
        self._put(sink.getvalue())

    def _rows(self, grades: pa.Table) -> pa.Table:
        columns = [
            _safe(grades["enterprise_id"]),
            _safe(grades["name"]),
            _worded(grades["area_code"]),
            _worded(grades["area_code"], self._areas),
            _worded(grades["industry_code"]),
            _worded(grades["entity_type"], self._types),
            _worded(grades["status"], STATUSES),
            _yes_or_no(grades["is_food"]),
            _yes_or_no(grades["is_special_equipment"]),
            _worded(grades["grade"]),
            _worded(grades["grade"], GRADE_NAMES),
            _worded(grades["basis"], self._basis),
            pa.repeat(pa.scalar(self._as_of), grades.num_rows),
            pa.repeat(_safe(pa.array([self._run_id]))[0], grades.num_rows),
        ]
        return pa.table(columns, names=list(HEADERS))

    def _put(self, content: Any) -> None:
        self._stream.write(content)
        self._digest.update(content)


STATUSES: Mapping[str, str] = {
    "active": "存续",
    "dormant": "歇业",
    "revoked": "吊销",
    "annulled": "撤销登记",
}


def named(codes: Any, names: Mapping[str, str]) -> Any:
    """The name of every code; the code itself where it has none."""
    found = pc.index_in(codes, pa.array(list(names), pa.string()))
    return pc.coalesce(pa.array(list(names.values()), pa.string()).take(found), codes)


def _yes_or_no(flags: Any) -> Any:
    return pc.if_else(pc.fill_null(flags, False), "是", "否")


def _worded(codes: Any, names: Mapping[str, str] | None = None) -> Any:
    """Codes, or their names, as cells; each different one is looked at once."""
    encoded = codes.combine_chunks().dictionary_encode()
    words = encoded.dictionary
    return _safe(words if names is None else named(words, names)).take(encoded.indices)


def _safe(texts: Any) -> Any:
    """No line breaks inside a cell, and none that a spreadsheet takes for a formula."""
    if not pc.any(pc.match_substring_regex(texts, r"[\r\n\t]|^[=+\-@]"), min_count=0).as_py():
        return texts
    one_line = pc.replace_substring_regex(texts, r"[\r\n\t]+", " ")
    return pc.if_else(
        pc.match_substring_regex(one_line, r"^[=+\-@]"),
        pc.binary_join_element_wise("'", one_line, ""),
        one_line,
    )
