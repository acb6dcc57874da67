"""Accidents, and recalls of what was sold: rare, and more frequent where much goes wrong."""

import numpy as np

from features.simulation.arrays import Array, joined, optional, pick, sigmoid, stream
from features.simulation.city import City
from features.simulation.happenings import Happenings, by_group, days_after, size_factor
from features.simulation.matters import matter_of, matter_zh
from features.simulation.products import FOOD, GOODS, deals_in, product_of
from features.simulation.source_file import (
    ID_COLUMN,
    KNOWN_COLUMN,
    SourceFile,
    finished,
    numbered,
    years_of,
)

_ACCIDENTS_A_YEAR = {
    "construction": 0.006,
    "amusement": 0.006,
    "equipment_trade": 0.005,
    "manufacturing": 0.004,
    "property": 0.004,
    "transport": 0.004,
    "food_production": 0.003,
}
_ACCIDENTS_OTHERWISE, _ACCIDENTS_BY_RISK = 0.001, 0.8
_HOLDERS_FACTOR = 2.0
_DANGEROUS_MATTERS = ("food", "special_equipment", "product_quality")
_LEVELS = {"一般": 0.93, "较大": 0.06, "重大": 0.01}
_DEATHS = {"一般": (0, 2), "较大": (3, 5), "重大": (10, 14)}
_INJURED = {"一般": (0, 6), "较大": (4, 20), "重大": (20, 60)}
_LIABLE, _LIABLE_BY_RISK, _UNDECIDED_SHARE = 0.3, 0.6, 0.15
_INVESTIGATED_DAYS = (20, 60)

_RECALLS_A_YEAR = {
    "food_production": 0.030,
    "manufacturing": 0.020,
    "equipment_trade": 0.010,
    "food_wholesale": 0.006,
    "wholesale": 0.006,
    "retail": 0.002,
}
_RECALLS_BY_RISK = 0.5
_ORDERED, _ORDERED_BY_RISK = -0.7, 1.0
_COMPLETED, _COMPLETED_BY_RISK = 1.9, -0.6
_CONCLUDED_DAYS = (30, 110)
_RECALL_LEVELS = {"一级": 0.2, "二级": 0.5, "三级": 0.3}


def accident_file(city: City, happenings: Happenings) -> SourceFile:
    """Accidents, collected when the investigation reported; some liability is still open then."""
    rng = stream(city.seed, "accidents")
    a_year = by_group(city, _ACCIDENTS_A_YEAR, otherwise=_ACCIDENTS_OTHERWISE)
    a_year *= size_factor(city, power=0.3)
    a_year[city.holders] *= _HOLDERS_FACTOR
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_ACCIDENTS_BY_RISK)
    day, size = city.timeline.days_within(months, rng), len(rows)
    level = pick(rng, _LEVELS, size=size)
    liable = rng.random(size) < sigmoid(_LIABLE + _LIABLE_BY_RISK * happenings.risk[months, rows])
    matter = matter_of(city.people, rows, holders=city.holders, rng=rng)
    matter = np.where(np.isin(matter, _DANGEROUS_MATTERS), matter, "other")
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "事故编号": numbered("模事", years_of(day), rng=rng, width=5),
        "事故领域": matter_zh(matter),
        "事故等级": level,
        "死亡人数": _casualties(level, _DEATHS, often=0.15, rng=rng),
        "受伤人数": _casualties(level, _INJURED, often=0.35, rng=rng),
        "责任认定": optional(
            np.where(liable, "负有责任", "不负责任"), rng.random(size) >= _UNDECIDED_SHARE
        ),
        "事故日期": day,
        KNOWN_COLUMN: days_after(
            day, soonest=_INVESTIGATED_DAYS[0], latest=_INVESTIGATED_DAYS[1], rng=rng
        ),
    }
    return SourceFile(
        source="city_accidents",
        name="模拟_生产安全事故.xlsx",
        layout="excel",
        columns=finished(columns, "事故日期", timeline=city.timeline, rng=rng),
        event_column="事故日期",
        code_column="事故等级",
        required_column="事故编号",
        sheet="事故",
    )


def _casualties(
    level: Array, bounds: dict[str, tuple[int, int]], *, often: float, rng: np.random.Generator
) -> Array:
    """Between the bounds of the level, mostly near the lower one."""
    known = np.array([level == name for name in bounds])
    low, high = (np.select(known, list(side)) for side in zip(*bounds.values(), strict=True))
    return np.asarray(low + rng.binomial(high - low, often))


def recall_file(city: City, happenings: Happenings) -> SourceFile:
    """Recalls, collected with their final report: the risky are ordered to, and finish less."""
    rng = stream(city.seed, "recalls")
    is_food = deals_in(city.people, FOOD)
    a_year = by_group(city, _RECALLS_A_YEAR, otherwise=0.0) * size_factor(city, power=0.2)
    a_year *= is_food | deals_in(city.people, GOODS)
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_RECALLS_BY_RISK)
    risk, size = happenings.risk[months, rows], len(rows)
    day, food = city.timeline.days_within(months, rng), is_food[rows]
    ordered = rng.random(size) < sigmoid(_ORDERED + _ORDERED_BY_RISK * risk)
    completed = rng.random(size) < sigmoid(_COMPLETED + _COMPLETED_BY_RISK * risk)
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "召回编号": joined(numbered("模召", years_of(day), rng=rng, width=5), "号"),
        "召回方式": np.where(ordered, "责令召回", "主动召回"),
        "召回领域": np.where(food, "食品安全", "产品质量"),
        "召回级别": np.where(food, pick(rng, _RECALL_LEVELS, size=size), ""),
        "产品名称": product_of(city.people, rows),
        "是否按期完成": np.where(completed, "是", "否"),
        "召回启动日期": day,
        KNOWN_COLUMN: days_after(
            day, soonest=_CONCLUDED_DAYS[0], latest=_CONCLUDED_DAYS[1], rng=rng
        ),
    }
    return SourceFile(
        source="city_recalls",
        name="模拟_召回管理.csv",
        layout="csv",
        columns=finished(columns, "召回启动日期", timeline=city.timeline, rng=rng),
        event_column="召回启动日期",
        code_column="召回方式",
        required_column="召回编号",
        encoding="gb18030",
    )
