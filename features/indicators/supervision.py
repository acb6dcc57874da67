"""Supervision: penalties, inspections and lists."""

from functools import partial

from features.indicators import incidents, inspections
from features.indicators.common import (
    ABNORMAL,
    BASIS_HEAVIER,
    BASIS_LIST,
    BASIS_PENALTY,
    ESTABLISHED,
    HEAVIER,
    ON_ABNORMAL_LIST,
    ON_SERIOUS_LIST,
    OPEN,
    REPEAT,
    SERIOUS,
)
from features.indicators.conditions import equals, lists
from features.indicators.formulas import flag, log1p, months_since, or_zero, trend
from features.indicators.indicator import Indicator
from features.indicators.measures import (
    count,
    days_since_last,
    fading_count,
    highest,
    lowest,
    total,
)

_penalty = partial(Indicator, dimension="supervision", basis=BASIS_PENALTY, sign=1)
_list = partial(Indicator, dimension="supervision", basis=BASIS_LIST, sign=1)

_SUSPENSION = lists("penalty_kinds", "suspension", zh="责令停产停业", en="suspension of business")
_LICENCE = lists("penalty_kinds", "licence_revocation", zh="吊销许可证", en="licence revocation")
_WARNING = lists("penalty_kinds", "warning", zh="警告", en="warning")
_MARKED = equals("list", "marked_state", zh="标记为经营异常状态", en="marked state")
_NO_CONTACT = equals("ground_code", "4", zh="通过住所无法联系", en="unreachable at the address")


def _penalties(within: int) -> Indicator:
    return _penalty(
        name=f"penalties_{within}m",
        zh=f"近{within}个月行政处罚次数",
        en=f"penalties, {within} months",
        unit="count",
        formula=count("penalty", within=within),
    )


PENALTIES: tuple[Indicator, ...] = (
    _penalties(3),
    _penalties(6),
    _penalties(12),
    _penalties(24),
    _penalties(36),
    _penalties(60),
    _penalty(
        name="penalties_fading",
        zh="行政处罚次数（随时间衰减）",
        en="penalties, fading with time",
        unit="count",
        formula=fading_count("penalty", half_life=12),
    ),
    _penalty(
        name="penalties_trend_24m",
        zh="行政处罚次数变化（近12个月较此前12个月）",
        en="penalties, last 12 months against the 12 before",
        unit="change",
        formula=trend(lambda months: count("penalty", within=months)),
    ),
    _penalty(
        name="penalty_free_months",
        zh="未受行政处罚月数（从未受罚则自成立起）",
        en="months without a penalty, since the establishment if there never was one",
        unit="months",
        sign=-1,
        formula=months_since(highest("penalty", "event_on"), ESTABLISHED),
    ),
    _penalty(
        name="same_matter_penalties_in_a_year",
        zh="任一年内同领域处罚次数的最大值",
        en="most penalties for one matter within any year",
        unit="count",
        basis="食品安全法第一百三十四条；" + BASIS_PENALTY,
        formula=or_zero(highest("penalty", "in_a_year")),
    ),
    _penalty(
        name="serious_penalties_36m",
        zh="近36个月较重行政处罚次数",
        en="heavier penalties, 36 months",
        unit="count",
        basis=BASIS_HEAVIER,
        formula=count("penalty", within=36, where=(HEAVIER,)),
    ),
    _penalty(
        name="serious_penalties_60m",
        zh="近60个月较重行政处罚次数",
        en="heavier penalties, 60 months",
        unit="count",
        basis=BASIS_HEAVIER,
        formula=count("penalty", within=60, where=(HEAVIER,)),
    ),
    _penalty(
        name="fines_12m_log",
        zh="近12个月罚款总额",
        en="fines, 12 months",
        unit="log_cny",
        formula=log1p(total("penalty", "fine_cny", within=12)),
    ),
    _penalty(
        name="fines_36m_log",
        zh="近36个月罚款总额",
        en="fines, 36 months",
        unit="log_cny",
        formula=log1p(total("penalty", "fine_cny", within=36)),
    ),
    _penalty(
        name="largest_fine_60m_log",
        zh="近60个月最大单笔罚款",
        en="largest fine, 60 months",
        unit="log_cny",
        formula=log1p(highest("penalty", "fine_cny", within=60)),
    ),
    _penalty(
        name="days_since_last_penalty",
        zh="距最近一次行政处罚天数",
        en="days since the last penalty",
        unit="days",
        sign=-1,
        formula=days_since_last("penalty"),
    ),
    _penalty(
        name="repeat_penalties_60m",
        zh="近60个月一年内同领域再犯处罚次数",
        en="penalties for the same matter again within a year, 60 months",
        unit="count",
        basis="食品安全法实施条例第六十七条；" + BASIS_PENALTY,
        formula=count("penalty", within=60, where=(REPEAT,)),
    ),
    _penalty(
        name="suspension_penalties_60m",
        zh="近60个月责令停产停业次数",
        en="suspensions of business, 60 months",
        unit="count",
        basis=BASIS_HEAVIER,
        formula=count("penalty", within=60, where=(_SUSPENSION,)),
    ),
    _penalty(
        name="licence_revocations_60m",
        zh="近60个月吊销许可证次数",
        en="licence revocations, 60 months",
        unit="count",
        basis=BASIS_HEAVIER,
        formula=count("penalty", within=60, where=(_LICENCE,)),
    ),
    _penalty(
        name="warnings_36m",
        zh="近36个月警告次数",
        en="warnings, 36 months",
        unit="count",
        formula=count("penalty", within=36, where=(_WARNING,)),
    ),
)

LISTS: tuple[Indicator, ...] = (
    _list(
        name="on_abnormal_operations_list",
        zh="在经营异常名录中",
        en="on the abnormal operations list",
        unit="flag",
        formula=ON_ABNORMAL_LIST,
    ),
    _list(
        name="in_marked_state",
        zh="被标记为经营异常状态",
        en="marked as operating abnormally",
        unit="flag",
        formula=flag(count("listing", where=(_MARKED, OPEN))),
    ),
    _list(
        name="on_serious_violation_list",
        zh="在严重违法失信名单中",
        en="on the serious violation list",
        unit="flag",
        formula=ON_SERIOUS_LIST,
    ),
    _list(
        name="abnormal_listings_36m",
        zh="近36个月列入经营异常名录次数",
        en="listings as abnormal, 36 months",
        unit="count",
        formula=count("listing", within=36, where=(ABNORMAL,)),
    ),
    _list(
        name="listings_60m",
        zh="近60个月列入各类名单次数",
        en="listings of any kind, 60 months",
        unit="count",
        formula=count("listing", within=60),
    ),
    _list(
        name="months_on_abnormal_list",
        zh="在经营异常名录中已满月数",
        en="months on the abnormal operations list",
        unit="months",
        formula=months_since(lowest("listing", "event_on", where=(ABNORMAL, OPEN))),
    ),
    _list(
        name="serious_listings",
        zh="列入严重违法失信名单次数（含已移出）",
        en="listings as serious violator, removed ones included",
        unit="count",
        formula=count("listing", where=(SERIOUS,)),
    ),
    _list(
        name="unreachable_listings_60m",
        zh="近60个月因无法联系列入次数",
        en="listings as unreachable, 60 months",
        unit="count",
        formula=count("listing", within=60, where=(_NO_CONTACT,)),
    ),
    _list(
        name="days_since_last_listing",
        zh="距最近一次列入名单天数",
        en="days since the last listing",
        unit="days",
        sign=-1,
        formula=days_since_last("listing"),
    ),
)

INDICATORS: tuple[Indicator, ...] = (
    PENALTIES + inspections.INDICATORS + LISTS + incidents.INDICATORS
)
