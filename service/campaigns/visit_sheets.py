"""Rows of visits, publications and follow-ups as officials read them. No grade is in any."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from features.workbook import Sheet
from law import codes
from scoring.double_random.results_table import SEVERITIES
from scoring.double_random.visits import FOLLOW_UP_STATES, ItemKey
from scoring.double_random.visits.board import PUBLISHING, STATES
from service.campaigns.visits import RoundVisits

VISIT_HEADERS = [
    "统一社会信用代码",
    "企业 enterprise",
    "地址 address",
    "检查人员 inspectors",
    "事项 items",
    "已录 entered",
    "状态 state",
    "结论 conclusion",
    "公示期限 publish by",
    "公示 publishing",
    "入样 role",
]
FOLLOW_UP_HEADERS = [
    "统一社会信用代码",
    "企业 enterprise",
    "事项 item",
    "结果 result",
    "检查日期 checked on",
    "后续处理 follow-up",
    "期限 due by",
    "部门 department",
    "状态 state",
    "办理 done",
]
_RESULT_HEADERS = [
    "统一社会信用代码",
    "企业名称",
    "事项",
    "部门",
    "结果代码",
    "结果",
    "完成日期",
    "检查人员",
    "严重问题数",
    "较重问题数",
    "一般问题数",
    "附件 SHA-256",
    "未完成原因",
    "录入日期",
    "更正次数",
    "公示期限",
    "公示日期",
    "公示状态",
]
_ACT_HEADERS = ["序号", "时间（UTC）", "类别", "经办", "理由", "行数", "涉及", "前一行 SHA-256"]
_KINDS = {
    "entered": "录入",
    "corrected": "更正",
    "imported": "文件导入",
    "published": "公示",
    "followed": "后续处理",
}
_ROLES = {"drawn": "抽中 drawn", "reserve": "备选 reserve", "replaced": "已替补 replaced"}
_WIDTHS = {"地址 address": 40, "企业 enterprise": 32, "企业名称": 32, "统一社会信用代码": 22}
_SHOWN = 3


def visit_rows(visits: RoundVisits, *, state: str | None = None) -> list[list[Any]]:
    """One row per visit in the order of codes; `state` is one of a visit or of publishing."""
    told = visits.board.visits
    if state is not None:
        told = told[(told["state"] == state) | (told["publishing"] == state)]
    conclusions = {code: one.zh for code, one in codes("inspection_conclusions").items()}
    return [
        [
            row["enterprise_id"],
            visits.objects[row["enterprise_id"]]["name"],
            visits.objects[row["enterprise_id"]]["address"],
            _team(visits, visits.teams[row["enterprise_id"]]),
            row["items"],
            row["entered"],
            STATES[row["state"]],
            conclusions.get(row["conclusion"], ""),
            row["publish_by"],
            PUBLISHING[row["publishing"]],
            _ROLES[row["role"]],
        ]
        for row in told.to_dict("records")
    ]


def follow_up_rows(visits: RoundVisits) -> list[list[Any]]:
    """One row per enterprise, item and thing to do."""
    results = codes("inspection_results")
    return [
        [
            row["enterprise_id"],
            visits.objects[row["enterprise_id"]]["name"],
            row["item"],
            f"{row['result_code']} {results[row['result_code']].zh}",
            row["completed_on"],
            f"{row['what']} {row['what_en']}",
            row["due_by"],
            row["department"],
            FOLLOW_UP_STATES[row["state"]],
            "" if pd.isna(row["done_on"]) else f"{row['done_on']} {row['done_by']} {row['note']}",
        ]
        for row in visits.follow_ups().to_dict("records")
    ]


def publication_sheet(visits: RoundVisits, keys: Sequence[ItemKey]) -> Sheet:
    """What goes to the publicity system: results only, no grade, no name of a person."""
    results = codes("inspection_results")
    chosen = {(key.enterprise_id, key.item) for key in keys}
    headers = ["统一社会信用代码", "企业名称", "抽查轮次", "抽查事项", "检查机关", "检查日期"]
    rows = [
        [
            row["enterprise_id"],
            visits.objects[row["enterprise_id"]]["name"],
            visits.standing.plan.round,
            row["item"],
            row["department"],
            row["completed_on"],
            row["result_code"],
            results[row["result_code"]].zh,
        ]
        for row in visits.board.items.to_dict("records")
        if (row["enterprise_id"], row["item"]) in chosen
    ]
    return Sheet("抽查检查结果公示", [*headers, "检查结果代码", "检查结果"], rows, _WIDTHS)


def sheets_of(visits: RoundVisits) -> list[Sheet]:
    """Visits, results, follow-ups and the journal."""
    return [
        Sheet("检查进度", VISIT_HEADERS, visit_rows(visits), _WIDTHS),
        Sheet("检查结果", _RESULT_HEADERS, _result_rows(visits), _WIDTHS),
        Sheet("后续处理", FOLLOW_UP_HEADERS, follow_up_rows(visits), _WIDTHS),
        Sheet("日志", _ACT_HEADERS, _act_rows(visits), {"涉及": 40, "理由": 30}),
    ]


def _result_rows(visits: RoundVisits) -> list[list[Any]]:
    results = codes("inspection_results")
    items = visits.board.items.astype(object)
    items = items.where(items.notna(), None)
    return [
        [
            row["enterprise_id"],
            visits.objects[row["enterprise_id"]]["name"],
            row["item"],
            row["department"],
            row["result_code"],
            results[row["result_code"]].zh if row["result_code"] else "",
            row["completed_on"],
            _team(visits, [] if row["inspectors"] is None else row["inspectors"]),
            *(None if row[name] is None else int(row[name]) for name in SEVERITIES),
            "\n".join([] if row["attachments"] is None else row["attachments"]),
            row["reason"],
            row["entered_on"],
            row["corrections"],
            row["publish_by"],
            row["published_on"],
            PUBLISHING[row["publishing"]],
        ]
        for row in items.to_dict("records")
    ]


def _act_rows(visits: RoundVisits) -> list[list[Any]]:
    rows = []
    for act in visits.acts:
        keys = [*act.rows, *act.published, *act.followed]
        named = "；".join(f"{key.enterprise_id} {key.item}" for key in keys[:_SHOWN])
        more = f" …（共 {len(keys)}）" if len(keys) > _SHOWN else ""
        at = f"{act.at:%Y-%m-%d %H:%M:%S}"
        what = _KINDS[act.kind]
        rows.append(
            [act.number, at, what, act.by, act.reason, len(keys), named + more, act.previous_sha256]
        )
    return rows


def _team(visits: RoundVisits, people: Sequence[str]) -> str:
    names: pd.Series = visits.people["name"]
    return "；".join(f"{person} {names.get(person, '')}".strip() for person in people)
