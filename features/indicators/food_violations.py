"""Food violations and what makes up for them: penalties, tests, recalls, accidents, systems."""

from functools import partial

from features.indicators.common import (
    BASIS_FOOD,
    BROKEN,
    CONCLUDED_TEST,
    ESTABLISHED,
    FAILED,
    FOOD,
    FOOD_TEST,
    HEAVIER,
    ORDERED,
    OWN_WEIGHT,
    REPEAT,
    UNCOMPLETED,
    VALID,
)
from features.indicators.conditions import Condition, holds
from features.indicators.formulas import (
    first_known,
    greater,
    log1p,
    months_since,
    or_zero,
    shrunk_ratio,
)
from features.indicators.indicator import Indicator
from features.indicators.measures import (
    count,
    highest,
    total,
)

_row = partial(Indicator, dimension="food", sector="food", basis=BASIS_FOOD, sign=1, unit="count")

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
_SYSTEM = holds("is_food_safety_system", zh="HACCP或GMP", en="HACCP or GMP")


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


INDICATORS: tuple[Indicator, ...] = (
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
)
