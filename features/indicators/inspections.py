"""Inspections, a part of supervision: what visits found, and how that goes on."""

from functools import partial

from features.indicators.common import (
    BASIS_INSPECTION,
    COUNTED,
    CRITICAL,
    CRITICAL_VISITS,
    FADING_CRITICAL,
    FADING_PROBLEMS,
    FADING_VISITS,
    LAST,
    OWN_WEIGHT,
    PROBLEM,
    PROBLEM_VISITS,
    REFUSED,
    VISITS,
)
from features.indicators.conditions import at_least, equals, fails, holds
from features.indicators.formulas import difference, flag, share, shrunk_ratio, trend
from features.indicators.indicator import Indicator
from features.indicators.measures import (
    count,
    days_since_last,
    latest,
    lowest,
    total,
)

_visit = partial(Indicator, dimension="supervision", basis=BASIS_INSPECTION, sign=1)

_BEFORE_LAST = fails("is_last", zh="最近一次除外", en="all but the last one")
_FOLLOW_UP = holds("is_followup", zh="复查", en="follow-up")
_UNREACHABLE = holds("is_unreachable", zh="无法联系", en="unreachable")
_AFTER = holds(
    "is_after_last_problem", zh="最近一次发现问题之后", en="after the last with a problem"
)
_REPEATED = at_least("times", 2, zh="两次以上检查均发现", en="found on two visits or more")
_CRITICAL_ITEM = equals("severity", "critical", zh="严重", en="critical")


def _last_findings(severity: str, zh: str) -> Indicator:
    return _visit(
        name=f"last_{severity}_findings",
        zh=f"最近一次检查{zh}问题数",
        en=f"{severity} findings at the last inspection",
        unit="count",
        formula=latest("inspection", severity, where=(COUNTED,)),
    )


def _mean_findings(severity: str, zh: str) -> Indicator:
    return _visit(
        name=f"{severity}_findings_mean_36m",
        zh=f"近36个月每次检查{zh}问题数",
        en=f"{severity} findings an inspection, 36 months",
        unit="count",
        formula=share(total("inspection", severity, within=36, where=(COUNTED,)), VISITS),
    )


def _trend(severity: str, zh: str) -> Indicator:
    before = (COUNTED, _BEFORE_LAST)
    return _visit(
        name=f"{severity}_findings_trend_36m",
        zh=f"最近一次检查{zh}问题数较此前均值之差",
        en=f"{severity} findings at the last inspection, against the mean of those before",
        unit="change",
        formula=difference(
            latest("inspection", severity, where=(COUNTED,)),
            share(
                total("inspection", severity, within=36, where=before),
                count("inspection", within=36, where=before),
            ),
        ),
    )


INDICATORS: tuple[Indicator, ...] = (
    _visit(
        name="inspections_12m",
        zh="近12个月检查次数",
        en="inspections, 12 months",
        unit="count",
        sign=0,
        formula=count("inspection", within=12, where=(COUNTED,)),
    ),
    _visit(
        name="inspections_36m",
        zh="近36个月检查次数",
        en="inspections, 36 months",
        unit="count",
        sign=0,
        formula=VISITS,
    ),
    _visit(
        name="problem_inspections_12m",
        zh="近12个月发现问题的检查次数",
        en="inspections with a problem, 12 months",
        unit="count",
        formula=count("inspection", within=12, where=(COUNTED, PROBLEM)),
    ),
    _visit(
        name="problem_inspections_36m",
        zh="近36个月发现问题的检查次数",
        en="inspections with a problem, 36 months",
        unit="count",
        formula=PROBLEM_VISITS,
    ),
    _visit(
        name="problem_inspections_trend_24m",
        zh="发现问题的检查次数变化（近12个月较此前12个月）",
        en="inspections with a problem, last 12 months against the 12 before",
        unit="change",
        formula=trend(lambda months: count("inspection", within=months, where=(COUNTED, PROBLEM))),
    ),
    _visit(
        name="problem_ratio_36m",
        zh="近36个月检查问题率",
        en="share of inspections with a problem, 36 months",
        unit="ratio",
        formula=shrunk_ratio(PROBLEM_VISITS, VISITS, weight=OWN_WEIGHT),
    ),
    _visit(
        name="problem_ratio_fading",
        zh="检查问题率（随时间衰减）",
        en="share of inspections with a problem, fading with time",
        unit="ratio",
        formula=shrunk_ratio(
            FADING_PROBLEMS, FADING_VISITS, weight=OWN_WEIGHT, overall=(PROBLEM_VISITS, VISITS)
        ),
    ),
    _visit(
        name="critical_ratio_36m",
        zh="近36个月有严重问题的检查占比",
        en="share of inspections with a critical finding, 36 months",
        unit="ratio",
        formula=shrunk_ratio(CRITICAL_VISITS, VISITS, weight=OWN_WEIGHT),
    ),
    _visit(
        name="critical_ratio_fading",
        zh="有严重问题的检查占比（随时间衰减）",
        en="share of inspections with a critical finding, fading with time",
        unit="ratio",
        formula=shrunk_ratio(
            FADING_CRITICAL, FADING_VISITS, weight=OWN_WEIGHT, overall=(CRITICAL_VISITS, VISITS)
        ),
    ),
    _visit(
        name="critical_inspections_12m",
        zh="近12个月有严重问题的检查次数",
        en="inspections with a critical finding, 12 months",
        unit="count",
        formula=count("inspection", within=12, where=(COUNTED, CRITICAL)),
    ),
    _visit(
        name="last_inspection_problem",
        zh="最近一次检查发现问题",
        en="problem at the last inspection",
        unit="flag",
        formula=flag(count("inspection", where=(LAST, PROBLEM))),
    ),
    _last_findings("critical", "严重"),
    _last_findings("serious", "较重"),
    _last_findings("minor", "一般"),
    _mean_findings("critical", "严重"),
    _mean_findings("serious", "较重"),
    _mean_findings("minor", "一般"),
    _visit(
        name="last_inspection_score",
        zh="最近一次有得分的检查得分",
        en="score at the last inspection that has one",
        unit="points",
        sign=-1,
        formula=latest("inspection", "score", where=(COUNTED,)),
    ),
    _visit(
        name="inspection_score_lowest_36m",
        zh="近36个月检查最低得分",
        en="lowest score of an inspection, 36 months",
        unit="points",
        sign=-1,
        formula=lowest("inspection", "score", within=36, where=(COUNTED,)),
    ),
    _trend("critical", "严重"),
    _trend("minor", "一般"),
    _visit(
        name="days_since_last_inspection",
        zh="距最近一次检查天数",
        en="days since the last inspection",
        unit="days",
        sign=0,
        formula=days_since_last("inspection", where=(COUNTED,)),
    ),
    _visit(
        name="days_since_last_problem",
        zh="距最近一次检查发现问题天数",
        en="days since the last inspection with a problem",
        unit="days",
        sign=-1,
        formula=days_since_last("inspection", where=(COUNTED, PROBLEM)),
    ),
    _visit(
        name="inspections_since_last_problem",
        zh="最近一次发现问题后的检查次数",
        en="inspections since the last one with a problem",
        unit="count",
        sign=0,
        formula=count("inspection", where=(COUNTED, _AFTER)),
    ),
    _visit(
        name="distinct_findings_36m",
        zh="近36个月发现的问题项数",
        en="distinct checklist items found, 36 months",
        unit="count",
        formula=count("finding", within=36),
    ),
    _visit(
        name="repeated_findings_36m",
        zh="近36个月反复发现的问题项数",
        en="checklist items found more than once, 36 months",
        unit="count",
        formula=count("finding", within=36, where=(_REPEATED,)),
    ),
    _visit(
        name="distinct_critical_findings_36m",
        zh="近36个月发现的严重问题项数",
        en="distinct critical items found, 36 months",
        unit="count",
        formula=count("finding", within=36, where=(_CRITICAL_ITEM,)),
    ),
    _visit(
        name="follow_ups_36m",
        zh="近36个月复查次数",
        en="follow-up visits, 36 months",
        unit="count",
        sign=0,
        formula=count("inspection", within=36, where=(_FOLLOW_UP,)),
    ),
    _visit(
        name="failed_follow_ups_36m",
        zh="近36个月复查仍有问题次数",
        en="follow-up visits with a problem, 36 months",
        unit="count",
        formula=count("inspection", within=36, where=(_FOLLOW_UP, PROBLEM)),
    ),
    _visit(
        name="refused_inspections_60m",
        zh="近60个月不配合检查次数",
        en="inspections refused, 60 months",
        unit="count",
        formula=count("inspection", within=60, where=(REFUSED,)),
    ),
    _visit(
        name="unreachable_inspections_36m",
        zh="近36个月检查无法联系次数",
        en="inspections where nobody could be reached, 36 months",
        unit="count",
        formula=count("inspection", within=36, where=(_UNREACHABLE,)),
    ),
)
