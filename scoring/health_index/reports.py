"""The health index as Excel and as a page, with its parts, missing data and what it is not."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

import law
from features.workbook import Sheet, workbook_bytes
from scoring.health_index.groups import EVERYBODY, JOINED, By, GroupMean
from scoring.health_index.index import Definition

STATEMENT_ZH = (
    "综合健康指数用于分析辖区和行业的总体状况，不是风险等级，不是对企业的信用评价，"
    "不参与分级、抽查和监管措施，不得与 A 至 D 类混用。"
)
STATEMENT_EN = (
    "The composite health index describes areas and industries. It is no risk grade and no credit"
    " assessment, decides no grade, draw or measure, and must not be mixed with classes A to D."
)
_STYLE = (
    "body{font:15px/1.7 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:64em;"
    "margin:2em auto;padding:0 1em;color:#1b2733}table{border-collapse:collapse;width:100%}"
    "th,td{border-bottom:1px solid #ccd6df;padding:.35em .6em;text-align:right}"
    "th:first-child,td:first-child{text-align:left}.note{background:#fff6dd;padding:.8em 1em}"
    ".bar{display:inline-block;height:.7em;background:#3f7cac;vertical-align:middle}"
)


@dataclass(frozen=True)
class HealthReport:
    """Means of the last run, and the index of each group in the runs before it.

    `trend` maps a run's day to the index by group key; `missing` counts by dimension, in the last
    run, the enterprises whose data is missing.
    """

    by: By
    run_id: str
    definition: Definition
    groups: Sequence[GroupMean]
    trend: Mapping[str, Mapping[str, float]]
    missing: Mapping[str, int]


def group_name(key: str, by: By) -> str:
    """A group as an official reads it."""
    if key == EVERYBODY:
        return "全部"
    if key.startswith(JOINED):
        return "其他（户数少，合并）"
    table = law.codes("areas" if by == "area" else "industry_sections")
    return table[key].zh if key in table else (key or "未登记")


def headers(report: HealthReport) -> list[str]:
    """Of :func:`rows`."""
    kind = "辖区" if report.by == "area" else "行业门类"
    parts = [one["zh"] for one in report.definition.dimensions]
    return [kind, "企业数", "综合健康指数", *parts, "数据不全的企业数"]


def rows(report: HealthReport) -> list[list[Any]]:
    """One row per group; a dimension of which nothing is known is blank."""
    keys = [one["key"] for one in report.definition.dimensions]
    return [
        [
            group_name(group.key, report.by),
            group.enterprises,
            _rounded(group.index),
            *(_rounded(group.dimensions[key]) for key in keys),
            group.incomplete,
        ]
        for group in report.groups
    ]


def trend_rows(report: HealthReport) -> list[list[Any]]:
    """One row per group: the index on each day, blank where the group was too small, the change."""
    days = list(report.trend)
    told = []
    for group in report.groups:
        values = [report.trend[day].get(group.key, math.nan) for day in days]
        told.append(
            [
                group_name(group.key, report.by),
                *(_rounded(value) for value in values),
                _rounded(values[-1] - values[0]) if len(values) > 1 else None,
            ]
        )
    return told


def trend_headers(report: HealthReport) -> list[str]:
    """Of :func:`trend_rows`."""
    kind = "辖区" if report.by == "area" else "行业门类"
    return [kind, *report.trend, "首末变化"]


def definition_rows(report: HealthReport) -> list[list[Any]]:
    """One row per part: dimension, weight, start, indicator, points, most, and who lacks data."""
    return [
        [
            one["zh"],
            one["weight"] / 1000,
            one["start"],
            part["zh"],
            part["points"],
            part["most"],
            report.missing[one["key"]],
        ]
        for one in report.definition.dimensions
        for part in one["parts"]
    ]


_DEFINITION = ["维度", "权重", "起始分", "计分项", "每单位加减分", "最多加减分", "缺数据企业数"]


def health_workbook(report: HealthReport) -> bytes:
    """Sheets 综合健康指数, 趋势, 指标构成, 说明."""
    notes = [
        ("说明", STATEMENT_ZH),
        ("Note", STATEMENT_EN),
        ("依据", report.definition.ground),
        ("批次", report.run_id),
        ("小组合并", f"不足 {report.definition.small_cell} 户的组合并显示"),
    ]
    return workbook_bytes(
        [
            Sheet("综合健康指数（非等级）", headers(report), rows(report)),
            Sheet("趋势", trend_headers(report), trend_rows(report)),
            Sheet("指标构成", _DEFINITION, definition_rows(report), {"计分项": 36}),
            Sheet("说明", ["项目", "内容"], notes, {"项目": 12, "内容": 100}),
        ]
    )


def health_page(report: HealthReport) -> bytes:
    """One page to read or print."""
    bars = [
        f'<span class="bar" style="width:{np.nan_to_num(group.index) * 1.5:.0f}px"></span>'
        for group in report.groups
    ]
    basis = f"依据 basis：{escape(report.definition.ground)}；批次 run：{escape(report.run_id)}"
    body = (
        '<p class="note"><strong>不是等级 · not a grade</strong><br>'
        f"{STATEMENT_ZH}<br>{STATEMENT_EN}</p>"
        f"<p>{basis}；不足 {report.definition.small_cell} 户的组合并显示。</p>"
        f"{_table(headers(report), rows(report), bars=bars)}"
        f"<h2>趋势 trend</h2>{_table(trend_headers(report), trend_rows(report))}"
        f"<h2>指标构成 definition</h2>{_table(_DEFINITION, definition_rows(report))}"
    )
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>企业综合健康指数</title><style>{_STYLE}</style></head><body>"
        f"<h1>企业综合健康指数 composite health index</h1>{body}</body></html>"
    ).encode()


def _table(head: Sequence[str], body: Sequence[Sequence[Any]], bars: Sequence[str] = ()) -> str:
    cells = "".join(f"<th>{escape(text)}</th>" for text in head)
    lines = []
    for number, row in enumerate(body):
        told = ["" if value is None else escape(str(value)) for value in row]
        if bars:
            told[2] = f"{bars[number]} {told[2]}"
        lines.append("<tr>" + "".join(f"<td>{text}</td>" for text in told) + "</tr>")
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1) + 0.0  # never -0.0
