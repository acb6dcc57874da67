"""Complaints and honours: what others say of an enterprise."""

import numpy as np

from features.simulation.arrays import Array, joined, optional, pick, stream
from features.simulation.city import City
from features.simulation.industries import FOOD_GROUPS
from features.simulation.matters import matter_of, matter_zh
from features.simulation.naming import text_of
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_PENDING_SHARE = 0.06
_ABOUT_CONSUMER_SHARE = 0.25
_HONOURED_A_YEAR = 0.0085
_HONOURED_BY_LAXNESS = -1.3
_INDIVIDUAL_FACTOR = 0.2
_LEVELS = {"city": 0.55, "county": 0.25, "provincial": 0.17, "national": 0.03}
_LEVEL_ZH = {"city": "市级", "county": "县级", "provincial": "省级", "national": "国家级"}
_TITLES = ("守合同重信用企业", "诚信经营示范单位", "质量管理体系认证", "政府质量奖提名")
_FOOD_TITLES = (
    "食品安全示范店",
    "危害分析与关键控制点体系认证",
    "放心消费示范单位",
    "守合同重信用企业",
)
_TITLE_KINDS = {
    "质量管理体系认证": "体系认证",
    "危害分析与关键控制点体系认证": "体系认证",
    "政府质量奖提名": "质量奖",
}
_OTHER_TITLES = "荣誉称号"
_HONOUR_YEARS = 3


def complaint_file(city: City) -> SourceFile:
    """Complaints; whether they were verified is empty while they are still looked into."""
    rng = stream(city.seed, "complaints")
    events = city.history.complaints
    rows = events["enterprise"]
    day = city.timeline.days_within(events["month"], rng)
    matter = matter_of(city.people, rows, holders=city.holders, rng=rng)
    matter = np.where(rng.random(len(rows)) < _ABOUT_CONSUMER_SHARE, "consumer", matter)
    verified = np.where(events["verified"] > 0, "属实", "不属实")
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "登记编号": numbered("模诉", years_of(day), rng=rng, width=8),
        "接收日期": day,
        "投诉类别": matter_zh(matter),
        "是否属实": optional(verified, rng.random(len(rows)) >= _PENDING_SHARE),
    }
    return SourceFile(
        source="city_complaints",
        name="模拟_投诉举报.csv",
        layout="csv",
        columns=finished(columns, "接收日期", timeline=city.timeline, rng=rng),
        event_column="接收日期",
        code_column="投诉类别",
        required_column="登记编号",
        encoding="utf-8",
    )


def honour_file(city: City) -> SourceFile:
    """Honours go to enterprises that are run well, and hardly to individual businesses."""
    rng = stream(city.seed, "honours")
    months, rows = _honoured(city, rng)
    day = city.timeline.days_within(months, rng)
    place = rng.integers(0, 4, len(rows))
    is_food = np.isin(city.people.group[rows], FOOD_GROUPS)
    title = np.where(is_food, np.array(_FOOD_TITLES)[place], np.array(_TITLES)[place])
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "证书编号": joined(numbered("模荣", years_of(day), rng=rng), "号"),
        "荣誉名称": title,
        "类别": _kinds_of(title),
        "级别": text_of(pick(rng, _LEVELS, size=len(rows)), _LEVEL_ZH),
        "授予日期": day,
        "有效期至": day + np.timedelta64(_HONOUR_YEARS * 365, "D"),
    }
    return SourceFile(
        source="city_honours",
        name="模拟_荣誉认证.xlsx",
        layout="excel",
        columns=finished(columns, "授予日期", timeline=city.timeline, rng=rng),
        event_column="授予日期",
        code_column="级别",
        required_column="证书编号",
        sheet="荣誉",
    )


def _kinds_of(titles: Array) -> Array:
    return np.select(
        [titles == title for title in _TITLE_KINDS],
        list(_TITLE_KINDS.values()),
        default=_OTHER_TITLES,
    )


def _honoured(city: City, rng: np.random.Generator) -> tuple[Array, Array]:
    """Months and enterprises of the honours."""
    laxness = city.history.laxness
    rate = _HONOURED_A_YEAR / 12 * np.exp(_HONOURED_BY_LAXNESS * laxness)
    rate *= np.where(city.people.entity_type == "individual_business", _INDIVIDUAL_FACTOR, 1.0)
    months, rows = np.nonzero(rng.random(laxness.shape, dtype=np.float32) < rate)
    open_then = city.in_business(rows, months)
    return months[open_then], rows[open_then]
