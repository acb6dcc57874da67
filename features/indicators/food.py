"""Food: licences, penalties, tests, complaints and checks of the food sector."""

from functools import partial

from features.indicators.common import (
    AGE,
    BASIS_FOOD,
    BROKEN,
    CONCLUDED_TEST,
    COUNTED,
    CRITICAL,
    ESTABLISHED,
    EXPIRED,
    FAILED,
    FOOD,
    FOOD_TEST,
    HEAVIER,
    ORDERED,
    OWN_WEIGHT,
    PROBLEM,
    REFUSED,
    REPEAT,
    UNCOMPLETED,
    VALID,
    VERIFIED,
)
from features.indicators.conditions import Condition, among, equals, holds
from features.indicators.formulas import (
    Derived,
    Formula,
    difference,
    first_known,
    flag,
    greater,
    log1p,
    months_since,
    or_zero,
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
_TOO_MANY = holds(
    "is_too_many", zh="一年内累计达到法定次数", en="as many in a year as the law allows"
)
_HIGH_FAILURE = holds(
    "is_high_failure",
    zh="国家级、省级抽检不合格",
    en="failed in a national or provincial programme",
)
_SAFETY_FAILURE = holds("is_safety_failure", zh="安全性指标不合格", en="failed for safety")
_LABEL_FAILURE = holds("is_label_failure", zh="标签不合格", en="failed for the label")
_SPECIAL = holds("is_special_food", zh="保健、特医、婴配食品", en="special food")
_MASS = holds("is_mass_catering", zh="中央厨房、集体用餐配送", en="central kitchen or delivery")
_SYSTEM = holds("is_food_safety_system", zh="HACCP或GMP", en="HACCP or GMP")
_RECENT_CHECK = holds(
    "is_recent_food_check",
    zh="法定全覆盖期限内的日常或双随机食品检查",
    en="planned food check within the legal term",
)


def _failed_tests(within: int) -> Indicator:
    return _row(
        name=f"failed_food_tests_{within}m",
        zh=f"近{within}个月食品抽检不合格批次",
        en=f"failed food sampling tests, {within} months",
        basis=_RISK,
        formula=count("sampling_test", within=within, where=(FOOD_TEST, FAILED)),
    )


def _tests_failed_for(name: str, zh: str, en: str, *, failure: Condition) -> Indicator:
    return _row(
        name=f"failed_food_{name}_36m",
        zh=f"近36个月食品{zh}批次",
        en=f"food sampling tests {en}, 36 months",
        formula=count("sampling_test", within=36, where=(FOOD_TEST, failure)),
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
        name="food_penalties_in_a_year",
        zh="任一年内食品类处罚次数的最大值",
        en="most food penalties within any year",
        basis="食品安全法第一百三十四条；" + BASIS_FOOD,
        formula=or_zero(highest("penalty", "in_a_year", where=(FOOD,))),
    ),
    _row(
        name="food_penalties_too_many_36m",
        zh="近36个月达到一年累计法定次数的食品类处罚次数",
        en="food penalties that reached the legal number within a year, 36 months",
        basis="食品安全法第一百三十四条；" + BASIS_FOOD,
        formula=count("penalty", within=36, where=(FOOD, _TOO_MANY)),
    ),
    _row(
        name="food_violation_free_months",
        zh="无食品违法和抽检不合格记录月数（从未有则自成立起）",
        en="months without a food penalty or failed test, else since the establishment",
        unit="months",
        sign=-1,
        basis=_RISK,
        formula=months_since(
            first_known(
                greater(
                    highest("penalty", "event_on", where=(FOOD,)),
                    highest("sampling_test", "event_on", where=(FOOD_TEST, FAILED)),
                ),
                ESTABLISHED,
            )
        ),
    ),
    _row(
        name="food_compulsory_measures_36m",
        zh="近36个月食品类行政强制次数",
        en="compulsory measures about food, 36 months",
        formula=count("compulsory_measure", within=36, where=(FOOD,)),
    ),
    _row(
        name="food_tests_36m",
        zh="近36个月食品抽检批次",
        en="food sampling tests, 36 months",
        sign=0,
        formula=count("sampling_test", within=36, where=(FOOD_TEST,)),
    ),
    *(_failed_tests(months) for months in (12, 24, 36)),
    _row(
        name="food_test_failure_ratio_36m",
        zh="近36个月食品抽检不合格率",
        en="share of food sampling tests failed, 36 months",
        unit="ratio",
        formula=shrunk_ratio(
            count("sampling_test", within=36, where=(FOOD_TEST, FAILED)),
            count("sampling_test", within=36, where=(FOOD_TEST, CONCLUDED_TEST)),
            weight=OWN_WEIGHT,
        ),
    ),
    _tests_failed_for(
        "high_level_tests",
        "国家级、省级抽检不合格",
        "failed in national and provincial programmes",
        failure=_HIGH_FAILURE,
    ),
    _tests_failed_for(
        "safety_tests", "安全性指标抽检不合格", "failed for safety", failure=_SAFETY_FAILURE
    ),
    _tests_failed_for(
        "label_tests", "标签抽检不合格", "failed for the label", failure=_LABEL_FAILURE
    ),
    _row(
        name="food_recalls_uncompleted",
        zh="未按期完成的食品召回次数",
        en="food recalls not completed in time",
        basis=_RISK,
        formula=count("recall", where=(FOOD, UNCOMPLETED)),
    ),
    _row(
        name="food_ordered_recalls_36m",
        zh="近36个月责令召回食品次数",
        en="ordered food recalls, 36 months",
        formula=count("recall", within=36, where=(FOOD, ORDERED)),
    ),
    _row(
        name="food_accidents_60m",
        zh="近60个月食品安全事故次数",
        en="food-safety accidents, 60 months",
        basis=_RISK,
        formula=count("accident", within=60, where=(FOOD,)),
    ),
    _row(
        name="food_commitments_broken",
        zh="尚未补正的食品类违诺数",
        en="commitments about food broken at their newest check",
        formula=count("commitment", where=(FOOD, BROKEN)),
    ),
    _row(
        name="food_safety_systems_valid",
        zh="有效HACCP、GMP认证数",
        en="valid HACCP and GMP certifications",
        sign=-1,
        basis=_RISK,
        formula=count("honour", where=(VALID, _SYSTEM)),
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
        name="food_full_check_overdue",
        zh="超过法定全覆盖检查期限未检查",
        en="no planned food check within the legal term for checking everybody",
        unit="flag",
        sign=0,
        basis="国家市场监督管理总局令第49号第二十二条",
        formula=Derived("check_overdue", (count("inspection", where=(_RECENT_CHECK,)), AGE)),
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
