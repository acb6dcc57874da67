"""Food: licences, penalties, tests, complaints and checks of the food sector."""

from functools import partial

from features.indicators import food_violations
from features.indicators.common import (
    AGE,
    BASIS_FOOD,
    COUNTED,
    CRITICAL,
    EXPIRED,
    FOOD,
    OWN_WEIGHT,
    PROBLEM,
    REFUSED,
    VALID,
    VERIFIED,
)
from features.indicators.conditions import among, equals, holds
from features.indicators.formulas import (
    Derived,
    Formula,
    difference,
    flag,
    share,
    shrunk_ratio,
)
from features.indicators.indicator import Indicator
from features.indicators.measures import (
    count,
    days_since_last,
    highest,
    total,
)

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


_RISK = "食品生产经营风险分级管理办法（试行）；" + BASIS_FOOD
_SPECIAL = holds("is_special_food", zh="保健、特医、婴配食品", en="special food")
_MASS = holds("is_mass_catering", zh="中央厨房、集体用餐配送", en="central kitchen or delivery")
_RECENT_CHECK = holds(
    "is_recent_food_check",
    zh="法定全覆盖期限内的日常或双随机食品检查",
    en="planned food check within the legal term",
)


def _complaints(within: int) -> Indicator:
    return _row(
        name=f"food_complaints_{within}m",
        zh=f"近{within}个月食品类投诉举报数",
        en=f"complaints about food, {within} months",
        formula=count("complaint", within=within, where=(_COMPLAINT,)),
    )


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
        name="food_static_tier",
        zh="所持食品许可类别的最高静态风险等级（Ⅰ至Ⅳ记1至4）",
        en="highest static risk tier of the food licence categories held, 1 to 4",
        unit="level",
        basis="食品生产经营风险分级管理办法（试行）第十一条、第十二条",
        formula=highest("licence", "food_tier", where=(FOOD_LICENCE, VALID)),
    ),
    _row(
        name="food_categories",
        zh="有效食品许可类别数",
        en="categories of the valid food licences",
        sign=0,
        formula=total("licence", "categories", where=(FOOD_LICENCE, VALID)),
    ),
    _row(
        name="makes_special_food",
        zh="持有保健食品、特医食品或婴配食品生产许可",
        en="licensed to make health food, medical food or infant formula",
        unit="flag",
        sign=0,
        basis="国家市场监督管理总局令第49号第二十二条",
        formula=flag(count("licence", where=(_PRODUCTION, VALID, _SPECIAL))),
    ),
    _row(
        name="is_mass_caterer",
        zh="中央厨房或集体用餐配送单位",
        en="central kitchen or delivery of collective meals",
        unit="flag",
        sign=0,
        basis="国家市场监督管理总局令第49号第二十二条",
        formula=flag(count("licence", where=(FOOD_LICENCE, VALID, _MASS))),
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
    *food_violations.INDICATORS,
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
        name="food_full_check_overdue",
        zh="超过法定全覆盖检查期限未检查",
        en="no planned food check within the legal term for checking everybody",
        unit="flag",
        sign=0,
        basis="国家市场监督管理总局令第49号第二十二条",
        formula=Derived(
            "check_overdue",
            (
                count("inspection", where=(_RECENT_CHECK,)),
                AGE,
                count("licence", where=(FOOD_LICENCE, VALID)),
            ),
        ),
    ),
    _row(
        name="refused_food_inspections_36m",
        zh="近36个月不配合食品检查次数",
        en="food inspections refused, 36 months",
        basis=_RISK,
        formula=count("inspection", within=36, where=(REFUSED, FOOD)),
    ),
    *(_complaints(months) for months in (6, 12, 24, 36)),
    _row(
        name="verified_food_complaints_24m",
        zh="近24个月查证属实食品类投诉举报数",
        en="complaints about food found true, 24 months",
        formula=count("complaint", within=24, where=(_COMPLAINT, VERIFIED)),
    ),
)
