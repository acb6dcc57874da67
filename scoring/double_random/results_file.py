"""A file of results as an office hands it in, read strictly into rows."""

import re

import pandas as pd

from features.messages import Message
from scoring.double_random.results_table import SEVERITIES
from scoring.double_random.tables import TableShape, canonical_table, read_table
from scoring.errors import ResultsError, refuse

RESULTS_FILE = TableShape(
    file="results",
    zh="检查结果",
    columns=(
        "uscc",
        "item",
        "result_code",
        "completed_on",
        "inspectors",
        "is_unfulfilled",
        "reason",
        *SEVERITIES,
    ),
    filled=("uscc", "item"),
    key=("uscc", "item"),
    days=("completed_on",),
)
HEADERS = {
    "uscc": ("统一社会信用代码", "enterprise_id"),
    "item": ("抽查事项",),
    "result_code": ("检查结果代码", "结果代码"),
    "completed_on": ("完成日期",),
    "inspectors": ("检查人员", "检查人员编号"),
    "is_unfulfilled": ("未完成",),
    "reason": ("原因", "未完成原因"),
    "critical_count": ("严重问题数",),
    "serious_count": ("较重问题数",),
    "minor_count": ("一般问题数",),
}
_MAY_BE_ABSENT = ("is_unfulfilled", "reason", *SEVERITIES)
_YES, _NO = ("是", "true", "1", "yes"), ("", "否", "false", "0", "no")
_NAME = r"[^;；、,，\s]+"


def read_results_file(table: pd.DataFrame) -> pd.DataFrame:
    """Rows for :func:`~scoring.double_random.results_table.make_results` from a table of text.

    Headers are Chinese or English; 未完成, 原因 and counts of findings may be absent. Several
    inspectors of a visit are parted by ``；``, ``、`` or a comma.

    Raises
    ------
    InputTableError, ResultsError
        Naming every missing column, blank cell, impossible day and repeated row by its row in the
        file (the header is row 1), or every word that is neither yes nor no.
    """
    names = {alias: name for name, aliases in HEADERS.items() for alias in aliases}
    named = table.rename(columns=lambda header: names.get(str(header).strip(), str(header).strip()))
    for name in _MAY_BE_ABSENT:
        if name not in named:
            named[name] = ""
    _refuse_words(named["is_unfulfilled"])
    _refuse_counts(named[list(SEVERITIES)])
    rows = read_table(canonical_table(named), RESULTS_FILE)
    return pd.DataFrame(
        {
            "enterprise_id": rows["uscc"],
            "item": rows["item"],
            "result_code": _or_none(rows["result_code"]),
            "completed_on": pd.to_datetime(_or_none(rows["completed_on"]), format="ISO8601"),
            "inspectors": rows["inspectors"].str.findall(_NAME),
            "is_unfulfilled": rows["is_unfulfilled"].str.lower().isin(_YES),
            "reason": _or_none(rows["reason"]),
            **{name: pd.to_numeric(_or_none(rows[name])).astype("Int32") for name in SEVERITIES},
        }
    )


def _refuse_words(column: "pd.Series[str]") -> None:
    words = column.str.strip().str.lower()
    faulty = column[~words.isin((*_YES, *_NO))]
    refuse(
        ResultsError,
        [
            Message(
                f"第 {place + 2} 行 未完成={value!r}，应写“是”或留空",
                f"row {place + 2}, is_unfulfilled={value!r}: write yes or leave it blank",
            )
            for place, value in list(faulty.items())[:20]
            if isinstance(place, int)
        ],
    )


def _refuse_counts(columns: pd.DataFrame) -> None:
    refuse(
        ResultsError,
        [
            Message(
                f"第 {place + 2} 行 {HEADERS[str(name)][0]}={value!r}，应为 0 至 999 的整数或留空",
                f"row {place + 2}, {name}={value!r}: a whole number, 0 to 999, or blank",
            )
            for name in columns
            for place, value in columns[name].items()
            if isinstance(place, int) and not re.fullmatch(r"\s*\d{0,3}\s*", value, re.ASCII)
        ][:20],
    )


def _or_none(column: "pd.Series[str]") -> "pd.Series[str]":
    return column.astype(object).where(column != "", None)
