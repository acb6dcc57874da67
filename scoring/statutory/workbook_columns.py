"""Statutory results as columns of the Excel file of a batch."""

from collections.abc import Mapping
from typing import Any

from scoring.statutory.items import NOT_ASSESSED, PROVISIONAL
from scoring.statutory.special_equipment import CLASS_WORDS

STATUTORY_HEADERS = {
    "food_static": "食品静态分",
    "food_dynamic": "食品动态分",
    "food_score": "食品风险总分",
    "food_grade": "食品法定等级",
    "food_is_provisional": "食品分含暂定或未评项",
    "equipment_class": "特种设备单位类别",
    "sector_grade": "专业等级",
    "combined_grade": "综合等级（通用×专业，待法制审核）",
    "province_grade": "省级结果",
    "statutory": "法定分级项目",
}
_STATES = {PROVISIONAL: "暂定", NOT_ASSESSED: "未评"}


def statutory_cells(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its statutory columns in Chinese."""
    row["equipment_class"] = CLASS_WORDS.get(row["equipment_class"] or "", "").split(" ")[0]
    row["statutory"] = "；".join(item_text(item) for item in row["statutory"])
    return row


def item_text(item: Mapping[str, Any]) -> str:
    """One item in Chinese: what, how many points, from which record, whether it is confirmed."""
    told = [_STATES[item["state"]]] if item["state"] in _STATES else []
    if item["points"] is not None:
        told.append(f"{item['points']:g}/{item['most']:g} 分")
    elif item["result"] in ("+1", "+2", "+3", "-1"):
        told.append(f"{item['result']} 级")
    if item["reference"]:
        told.append(f"见 {item['reference']}（{item['event_on']}）")
    if not item["confirmed"]:
        told.append("待法制审核")
    return f"{item['zh']}（{'，'.join(told)}）"
