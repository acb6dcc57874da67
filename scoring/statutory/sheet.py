"""The statutory result of one enterprise as the sheet that a clerk would fill in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import law
from features.workbook import Sheet, workbook_bytes
from scoring.statutory.assess import PROVINCE
from scoring.statutory.food import NEW_OPERATOR
from scoring.statutory.food_static import SHEET, STATIC
from scoring.statutory.items import COUNTED, NOT_ASSESSED, PROVISIONAL
from scoring.statutory.rules import RecordRule, StatutoryRules
from scoring.statutory.special_equipment import CLASS_WORDS, LIST_WORDS

_NOTHING = "—"
NONE, BY_HAND = "none", "by_hand"
STATES = {
    COUNTED: "计入 counted",
    PROVISIONAL: "暂定值 provisional",
    NOT_ASSESSED: "未评：没有归集 not assessed",
    NONE: "无 none",
    BY_HAND: "由人工判断 by hand",
}
SECTIONS = {
    STATIC: ("食品静态分", "Food, static"),
    "food.dynamic_items": ("食品动态分", "Food, dynamic"),
    "food.upgrade_rules": ("食品等级上调", "Food, grade raised"),
    "food.downgrade_rules": ("食品等级下调", "Food, grade lowered"),
    "special_equipment.key_unit_rules": ("特种设备重点单位", "Special equipment, key unit"),
    PROVINCE: ("省级结果", "Province's result"),
}
HEADERS = (
    "部分 part",
    "项目 item",
    "取值 value",
    "得分 points",
    "满分 most",
    "结果 result",
    "情况 state",
    "依据记录 record",
    "日期 day",
    "来源 source",
    "法规依据 basis",
    "法制审核 review",
)
UNCONFIRMED, CONFIRMED = "待法制审核 unconfirmed", "已确认 confirmed"
_WIDTHS = {"部分 part": 20, "项目 item": 44, "情况 state": 24, "依据记录 record": 26,
           "来源 source": 26, "法规依据 basis": 60, "法制审核 review": 20}  # fmt: skip


@dataclass(frozen=True)
class SheetRow:
    """One row of the sheet; `zh` and `en` name the item."""

    part: str
    zh: str
    en: str
    state: str
    basis: str
    confirmed: bool
    value: float | None = None
    points: float | None = None
    most: float | None = None
    result: str | None = None
    reference: str | None = None
    event_on: date | str | None = None
    source: str | None = None

    @property
    def section(self) -> tuple[str, str]:
        """The heading of its part, Chinese and English."""
        return SECTIONS[self.part]

    @property
    def result_text(self) -> str:
        """What follows from it, where that is not points."""
        if self.result is None:
            return ""
        businesses = law.codes("food_businesses")
        named = businesses[self.result].zh if self.result in businesses else self.result
        return LIST_WORDS.get(self.result, named)

    @property
    def state_text(self) -> str:
        """How it came about, in both languages."""
        return STATES[self.state]


def sheet_rows(result: Mapping[str, Any], rules: StatutoryRules) -> list[SheetRow]:
    """Every row of the sheet, those without points too.

    Parameters
    ----------
    result
        One row of ``assess``, as plain data.
    rules
        Those that the result was made with.
    """
    items: Sequence[Mapping[str, Any]] = result["statutory"] or ()
    found = [_of_item(item) for item in items if item["part"] in (STATIC, SHEET, NEW_OPERATOR)]
    if rules.food is not None and result["food_is_provisional"] is not None:
        found += _not_scored(items, rules)
        new = any(item["part"] == NEW_OPERATOR for item in items)
        listed = (*(() if new else rules.food.dynamic), *rules.food.up, *rules.food.down)
        found += [_of_rule(rule, items) for rule in listed]
    if rules.equipment is not None and result["equipment_class"] is not None:
        found += [_of_rule(rule, items) for rule in rules.equipment.key_units]
    return found + [_of_item(item) for item in items if item["part"] == PROVINCE]


def summary_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What comes of it: scores and visits, then the sector's grade and the combination."""
    rows = [
        *score_rows(result),
        ("专业等级 sector grade", result["sector_grade"] or _NOTHING),
        ("综合等级（通用×专业） combined grade", result["combined_grade"] or _NOTHING),
        ("省级结果 province's grade", result["province_grade"] or _NOTHING),
    ]
    if result["food_is_provisional"]:
        rows.append(("说明 note", "食品分含暂定或未评项目 the food score is provisional"))
    return rows


def score_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Scores, visits and class of the sectors."""
    visits = _visits(result["food_visits_least"], result["food_visits_most"])
    unit_class = result["equipment_class"]
    facts: list[tuple[str, Any]] = [
        ("食品静态分 food static (40)", _number(result["food_static"])),
        ("食品动态分 food dynamic (60)", _number(result["food_dynamic"])),
        ("食品风险总分 food score", _number(result["food_score"])),
        ("按分值的食品等级 food grade by score", result["food_band"]),
        ("调整后的食品等级 food grade", result["food_grade"]),
        ("每年监督检查次数 visits a year", visits),
        ("特种设备单位类别 equipment class", CLASS_WORDS.get(unit_class or "", "")),
    ]
    return [(name, value or _NOTHING) for name, value in facts]


def sheet_workbook(
    heading: Sequence[tuple[str, Any]], result: Mapping[str, Any], rules: StatutoryRules
) -> bytes:
    """Sheets 汇总, 评分表 and 待审参数."""
    return workbook_bytes(
        [
            Sheet(
                "汇总",
                ["项目 item", "内容 value"],
                [*heading, *summary_rows(result)],
                {"项目 item": 40, "内容 value": 60},
            ),
            Sheet("评分表", HEADERS, [cells(row) for row in sheet_rows(result, rules)], _WIDTHS),
            Sheet("待审参数", ["参数 parameter"], [(name,) for name in rules.unconfirmed],
                  {"参数 parameter": 50}),
        ]
    )  # fmt: skip


def cells(row: SheetRow) -> list[Any]:
    """A row below `HEADERS`."""
    return [
        " ".join(row.section),
        f"{row.zh} {row.en}",
        row.value,
        row.points,
        row.most,
        row.result_text,
        row.state_text,
        row.reference,
        row.event_on,
        row.source,
        row.basis,
        CONFIRMED if row.confirmed else UNCONFIRMED,
    ]


def _of_item(item: Mapping[str, Any]) -> SheetRow:
    part = item["part"] if item["part"] in SECTIONS else STATIC
    names = [field.name for field in fields(SheetRow) if field.name != "part"]
    return SheetRow(part=part, **{name: item[name] for name in names})


def _of_rule(rule: RecordRule, items: Sequence[Mapping[str, Any]]) -> SheetRow:
    for item in items:
        if (item["part"], item["key"]) == (rule.part, rule.key):
            return _of_item(item)
    scored = rule.part == "food.dynamic_items"
    return SheetRow(
        part=rule.part,
        zh=rule.zh,
        en=rule.en,
        state=NONE if rule.is_recorded else BY_HAND,
        basis=rule.basis,
        confirmed=rule.confirmed,
        points=0.0 if scored else None,
        most=rule.most if scored else None,
        result=rule.list_name or None,
    )


def _not_scored(items: Sequence[Mapping[str, Any]], rules: StatutoryRules) -> list[SheetRow]:
    """The rows of the static table of the business that decides, where no sheet was handed in."""
    assert rules.food is not None
    if any(item["part"] == SHEET for item in items):
        return []
    business = [item["result"] for item in items if item["part"] == STATIC and item["result"]]
    table = rules.food.static_tables.get(business[0]) if business else None
    return [
        SheetRow(
            part=STATIC,
            zh=row["zh"],
            en=row["en"],
            state=NOT_ASSESSED,
            basis=rules.food.bases["static_tables"],
            confirmed=False,
            most=float(row["most"]),
        )
        for row in (table["items"] if table else ())
    ]


def _visits(least: int | None, most: int | None) -> str:
    if least is None:
        return ""
    return f"≥ {least}" if most is None else f"{least}" if most == least else f"{least}–{most}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
