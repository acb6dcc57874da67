"""Food: licences, penalties, tests, complaints and checks of the food sector."""

from functools import partial

from features.indicators.common import (
    BASIS_FOOD,
    COUNTED,
    CRITICAL,
    EXPIRED,
    FOOD,
    HEAVIER,
    OWN_WEIGHT,
    PROBLEM,
    REPEAT,
    SAMPLING_TEST,
    VALID,
    VERIFIED,
)
from features.indicators.conditions import among, equals
from features.indicators.formulas import Formula, difference, flag, log1p, share, shrunk_ratio
from features.indicators.indicator import Indicator
from features.indicators.measures import count, days_since_last, highest, total

_row = partial(Indicator, dimension="food", sector="food", basis=BASIS_FOOD, sign=1, unit="count")

FOOD_LICENCE = among(
    "licence_kind",
    ("food_production", "food_operation", "food_filing"),
    zh="食品生产、经营许可或备案",
    en="food production or operation licence or filing",
)
_PRODUCTION = equals("licence_kind", "food_production", zh="食品生产许可", en="food production")
_COMPLAINT = equals("category", "food", zh="食品类", en="about food")
_VISITS = count("inspection", within=36, where=(COUNTED, FOOD))
_PROBLEMS = count("inspection", within=36, where=(COUNTED, FOOD, PROBLEM))


def _critical_mean(within: int) -> Formula:
    """Critical findings a food inspection."""
    visits = (COUNTED, FOOD)
    return share(
        total("inspection", "critical", within=within, where=visits),
        count("inspection", within=within, where=visits),
    )


INDICATORS: tuple[Indicator, ...] = (
    _row(
        name="has_valid_food_licence",
        zh="持有有效食品许可或备案",
        en="holds a valid food licence or filing",
        unit="flag",
        sign=0,
        formula=flag(count("licence", where=(FOOD_LICENCE, VALID))),
    ),
    _row(
        name="food_production_licences",
        zh="有效食品生产许可证数",
        en="valid food production licences",
        sign=0,
        formula=count("licence", where=(_PRODUCTION, VALID)),
    ),
    _row(
        name="food_licences_expired",
        zh="过期未续食品许可数",
        en="food licences expired and not renewed",
        formula=count("licence", where=(FOOD_LICENCE, EXPIRED)),
    ),
    _row(
        name="days_to_food_licence_expiry",
        zh="食品许可剩余有效天数（最晚到期）",
        en="days to the last expiry of the valid food licences",
        unit="days",
        sign=0,
        formula=highest("licence", "days_left", where=(FOOD_LICENCE, VALID)),
    ),
    _row(
        name="food_category_problem_ratio_36m",
        zh="所持食品许可类别中最高的近36个月检查问题率",
        en="riskiest food licence category held: share of inspections with a problem, 36 months",
        unit="ratio",
        basis="食品生产经营风险分级管理办法（试行）第十二条；" + BASIS_FOOD,
        formula=highest("licence", "category_problem_ratio", where=(FOOD_LICENCE, VALID)),
    ),
    _row(
        name="food_penalties_12m",
        zh="近12个月食品类处罚次数",
        en="food penalties, 12 months",
        basis="食品安全法第一百三十四条；" + BASIS_FOOD,
        formula=count("penalty", within=12, where=(FOOD,)),
    ),
    _row(
        name="food_penalties_36m",
        zh="近36个月食品类处罚次数",
        en="food penalties, 36 months",
        formula=count("penalty", within=36, where=(FOOD,)),
    ),
    _row(
        name="food_serious_penalties_60m",
        zh="近60个月食品类较重处罚次数",
        en="heavier food penalties, 60 months",
        formula=count("penalty", within=60, where=(FOOD, HEAVIER)),
    ),
    _row(
        name="food_repeat_penalties_60m",
        zh="近60个月一年内再次受食品类处罚次数",
        en="food penalties again within a year, 60 months",
        basis="食品安全法实施条例第六十七条",
        formula=count("penalty", within=60, where=(FOOD, REPEAT)),
    ),
    _row(
        name="food_fines_36m_log",
        zh="近36个月食品类罚款总额",
        en="food fines, 36 months",
        unit="log_cny",
        formula=log1p(total("penalty", "fine_cny", within=36, where=(FOOD,))),
    ),
    _row(
        name="food_tests_36m",
        zh="近36个月食品抽检批次",
        en="food sampling tests, 36 months",
        sign=0,
        formula=count("inspection", within=36, where=(SAMPLING_TEST, FOOD)),
    ),
    _row(
        name="failed_food_tests_12m",
        zh="近12个月食品抽检不合格批次",
        en="failed food sampling tests, 12 months",
        formula=count("inspection", within=12, where=(SAMPLING_TEST, FOOD, PROBLEM)),
    ),
    _row(
        name="failed_food_tests_36m",
        zh="近36个月食品抽检不合格批次",
        en="failed food sampling tests, 36 months",
        formula=count("inspection", within=36, where=(SAMPLING_TEST, FOOD, PROBLEM)),
    ),
    _row(
        name="food_inspections_36m",
        zh="近36个月食品检查次数",
        en="food inspections, 36 months",
        sign=0,
        formula=_VISITS,
    ),
    _row(
        name="food_problem_ratio_36m",
        zh="近36个月食品检查问题率",
        en="share of food inspections with a problem, 36 months",
        unit="ratio",
        formula=shrunk_ratio(_PROBLEMS, _VISITS, weight=OWN_WEIGHT),
    ),
    _row(
        name="food_critical_inspections_36m",
        zh="近36个月有严重问题的食品检查次数",
        en="food inspections with a critical finding, 36 months",
        formula=count("inspection", within=36, where=(COUNTED, FOOD, CRITICAL)),
    ),
    _row(
        name="food_critical_trend_36m",
        zh="近12个月食品检查严重问题均数较近36个月之差",
        en="critical findings a food inspection, 12 months against 36 months",
        unit="change",
        formula=difference(_critical_mean(12), _critical_mean(36)),
    ),
    _row(
        name="days_since_last_food_inspection",
        zh="距最近一次食品检查天数",
        en="days since the last food inspection",
        unit="days",
        sign=0,
        basis="国家市场监督管理总局令第49号第二十二条",
        formula=days_since_last("inspection", where=(COUNTED, FOOD)),
    ),
    _row(
        name="food_complaints_24m",
        zh="近24个月食品类投诉举报数",
        en="complaints about food, 24 months",
        formula=count("complaint", within=24, where=(_COMPLAINT,)),
    ),
    _row(
        name="verified_food_complaints_24m",
        zh="近24个月查证属实食品类投诉举报数",
        en="complaints about food found true, 24 months",
        formula=count("complaint", within=24, where=(_COMPLAINT, VERIFIED)),
    ),
)
